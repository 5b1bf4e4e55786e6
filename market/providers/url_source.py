"""Prices from any address that an administrator sets up: JSON or CSV, one symbol a call.

A `Feed` says where the price stands.  In JSON by a path of names and numbers ("data.items[0]['last price']"; [-1] is the last), in CSV
by the name of a column.  With `rows` (JSON) or in CSV each row is a day where `day` names its date: then there is a history, and the
newest day is the quote.  Without `day` there is a quote only, of the first row.

The address is somebody's input: it is fetched through `web/outgoing.py`, so that it can neither reach into a private network nor be led there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Self
from urllib.parse import quote, urlsplit

from market.choices import Quality
from market.providers import reading
from market.providers.base import History, PriceRow, SymbolQuote
from market.providers.failures import BadAnswer, Failure, NoData, UnknownSymbol
from market.providers.limits import MINUTE, Limits, Window
from market.providers.web import Reply, Web, classified, one_by_one
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolio_site.kernel.money import CURRENCIES
from portfolio_site.web import outgoing

LARGEST = 4 * 1024 * 1024  # bytes of a body
WHOLE = 15.0  # seconds for all of it
JSON, CSV = "json", "csv"
SYMBOL, SECRET = "{symbol}", "{secret}"
SHOWN = 10  # rows of a sample
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,59}")
_OURS = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "upgrade", "accept-encoding", "expect"}
)  # that the way itself sets
_STEP = re.compile(r"""\.?([^.\[\]'"\s][^.\[\]'"]*)|\[(-?\d{1,6})\]|\[(?:'([^']*)'|"([^"]*)")\]""")
_CODES = frozenset(str(each) for each in CURRENCIES)
_EPOCH_MS = 10**11  # a number of seconds above this is one of milliseconds


@dataclass(frozen=True, slots=True)
class Feed:
    """How an address is read.

    name       the source's name; prices carry it
    address    with {symbol} where the symbol goes: into the path or the query, never into the host
    price      path (JSON) or column (CSV) of the price; `time` and `day` likewise, empty for none
    rows       path of the list of rows, in JSON
    currency   of the price: an ISO code, or one of pence such as GBp
    factor     what the price is to be multiplied with, besides pence (0.01 for a price in percent)
    delimiter  between the fields of a CSV; with `comma` numbers are written 1.234,56
    header     that the secret goes into; without one it goes where the address says {secret}
    """

    name: str
    address: str
    kind: str
    price: str
    currency: str
    day: str = ""
    time: str = ""
    rows: str = ""
    factor: Decimal = Decimal(1)
    delimiter: str = ","
    comma: bool = False
    header: str = ""
    secret: str = field(default="", repr=False)

    def checked(self) -> Self:
        """Itself.  Raises Invalid with an error by field."""
        errors = [FieldError(name, "invalid", detail) for name, detail in _faults(self) if detail]
        if errors:
            raise Invalid("The source cannot be set up like this.", errors=errors)
        return self


def _faults(feed: Feed) -> Iterable[tuple[str, str]]:
    yield "address", outgoing.faults(_filled(feed.address, "X", "X")) or _where(feed.address)
    yield "header", _header_fault(feed)
    yield "secret", _secret_fault(feed)
    yield "kind", "" if feed.kind in {JSON, CSV} else "Choose JSON or CSV."
    yield "price", "" if feed.price else "Say where the price stands."
    if feed.kind == JSON:
        for name in ("price", "day", "time", "rows"):
            yield name, "" if _is_path(getattr(feed, name)) else "Write a path such as data[0].close."
    yield "day", "Name the list of rows as well." if feed.kind == JSON and bool(feed.day) > bool(feed.rows) else ""
    yield "currency", "" if reading.major(feed.currency)[0] in _CODES else "Write a currency such as EUR, or GBp for pence."
    yield "factor", "" if feed.factor.is_finite() and 0 < feed.factor <= 10**6 else "Write a factor above zero, such as 1 or 0.01."
    yield "delimiter", "" if len(feed.delimiter) == 1 and feed.delimiter not in '"\r\n' else "Write one sign."


def _where(address: str) -> str:
    """What is wrong with the places of {symbol} and {secret}."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "This is no address."
    host, rest = parts.scheme + parts.netloc, parts.path + "?" + parts.query
    if SYMBOL not in rest or SYMBOL in host:
        return "Write {symbol} where the symbol goes, after the host."
    if SECRET in host:
        return "Write {secret} after the host."
    left = rest.replace(SYMBOL, "").replace(SECRET, "")
    return "Write no braces but those of {symbol} and {secret}." if "{" in left or "}" in left else ""


def _filled(address: str, symbol: str, secret: str) -> str:
    """The address to ask at.  Both are escaped: neither can leave its place."""
    return address.replace(SECRET, quote(secret, safe="")).replace(SYMBOL, quote(symbol, safe=""))


def _header_fault(feed: Feed) -> str:
    if not feed.header:
        return ""
    if _HEADER.fullmatch(feed.header) is None or feed.header.lower() in _OURS:
        return "Write the name of a header such as X-Api-Key or Authorization."
    return "Write the secret into a header or into the address, not into both." if SECRET in feed.address else ""


def _secret_fault(feed: Feed) -> str:
    if not feed.secret:
        return "Write the secret." if feed.header or SECRET in feed.address else ""
    if len(feed.secret) > 1_000 or not (feed.secret.isascii() and feed.secret.isprintable()) or feed.secret != feed.secret.strip():
        return "Write the secret in plain letters, digits and signs, on one line, without blanks around it."
    return "" if feed.header or SECRET in feed.address else "Say where the secret goes: name a header, or write {secret} in the address."


@dataclass(frozen=True, slots=True)
class Sample:
    """What one call gives: the newest price, and the newest days where there are any, the last first."""

    quote: SymbolQuote
    prices: tuple[PriceRow, ...] = ()


@dataclass(slots=True)
class UrlSource:
    LIMITS = Limits(windows=(Window(30, MINUTE),), gap=0.2)
    quotes_at_once = 1

    web: Web
    feed: Feed
    name: str = field(init=False)

    def __post_init__(self) -> None:
        self.name = self.feed.checked().name

    @classmethod
    def open(
        cls,
        feed: Feed,
        *,
        allowed: Sequence[outgoing.Network] = (),
        lookup: outgoing.Resolve | None = None,
        gate: Callable[[int], None] = lambda cost: None,
    ) -> Self:
        """`allowed`: private networks that it may go to all the same."""
        headers = {feed.header: feed.secret} if feed.header else {}
        session = outgoing.Way(allowed, lookup)
        web = Web("", headers, (feed.secret,), gate, largest=LARGEST, whole=WHOLE, session=session)
        return cls(web, feed)

    def quotes(self, symbols: Sequence[str], now: datetime) -> Mapping[str, SymbolQuote | Failure]:
        """As `QuoteSource`."""
        return one_by_one(symbols, lambda symbol: self._quote(symbol, now))

    def histories(self, after: Mapping[str, date | None], now: datetime) -> Mapping[str, History | Failure]:
        """As `HistorySource`; NO_DATA for all where the feed has no days."""
        return one_by_one(after, lambda symbol: self._history(symbol, after[symbol], now))

    def sample(self, symbol: str, now: datetime) -> Sample:
        """What one symbol's answer is read as, from one call.  Raises ProviderFailed."""
        rows = self._rows(symbol)
        found = self._read(symbol, rows, now)
        return Sample(found, tuple(reversed(self._prices(rows, now)[-SHOWN:])) if self.feed.day else ())

    def _quote(self, symbol: str, now: datetime) -> SymbolQuote:
        return self._read(symbol, self._rows(symbol), now)

    def _read(self, symbol: str, rows: list[Any], now: datetime) -> SymbolQuote:
        """The newest price.  Raises NoData, BadAnswer."""
        currency, unit = reading.major(self.feed.currency)
        factor = unit * self.feed.factor
        if self.feed.day:
            prices = self._prices(rows, now)
            if not prices:
                raise NoData(f"There is no price of {symbol}.")
            last, before = prices[-1], prices[-2].close if len(prices) > 1 else None
            as_of = datetime.combine(last.day, datetime.min.time(), UTC)
            return SymbolQuote(symbol, last.close, as_of, Quality.CLOSE, before, currency=currency, unit_factor=factor)
        price = self._price(rows[0]) if rows else None
        if price is None:
            raise NoData(f"There is no price of {symbol}.")
        as_of = _moment(self._at(rows[0], self.feed.time)) if self.feed.time else now
        return SymbolQuote(symbol, price, as_of, Quality.DELAYED, currency=currency, unit_factor=factor)

    def _history(self, symbol: str, after: date | None, now: datetime) -> History:
        if not self.feed.day:
            raise NoData("This source has no history.")
        currency, unit = reading.major(self.feed.currency)
        prices = self._prices(self._rows(symbol), now)
        if not prices:
            raise NoData(f"There is no price of {symbol}.")
        kept = tuple(row for row in prices if after is None or row.day > after)
        return History(currency, kept, final_until=now.date() - timedelta(days=1), unit_factor=unit * self.feed.factor)

    def _rows(self, symbol: str) -> list[Any]:
        """The rows of the answer; one where it is not a table.  Raises ProviderFailed."""
        if not symbol or symbol.strip(".") == "":
            raise UnknownSymbol("A symbol of dots alone is none.")
        reply = self.web.get(_filled(self.feed.address, symbol, self.feed.secret))
        if reply.status == 404:
            raise UnknownSymbol(f"There is no {symbol}.")
        classified(reply)
        if self.feed.kind == CSV:
            return _table(reply, self.feed.delimiter)
        body = reply.json()
        return reading.items(_follow(body, self.feed.rows), "a list of rows") if self.feed.rows else [body]

    def _prices(self, rows: list[Any], now: datetime) -> list[PriceRow]:
        """By day, oldest first, without days to come.  Raises BadAnswer where a day has two prices."""
        found: dict[date, Decimal] = {}
        for row in rows:
            price, day = self._price(row), reading.day(self._at(row, self.feed.day))
            if price is None or day > now.date() + timedelta(days=1):
                continue
            if found.setdefault(day, price) != price:
                raise BadAnswer(f"There are two prices of {day}.")
        return [PriceRow(day, found[day]) for day in sorted(found)]

    def _price(self, row: Any) -> Decimal | None:
        """In major units; None for a missing one."""
        value = self._at(row, self.feed.price)
        if self.feed.comma and isinstance(value, str):
            value = value.replace(".", "").replace(",", ".")
        price = reading.price(value)
        _, unit = reading.major(self.feed.currency)
        return None if price is None else reading.price(price * unit * self.feed.factor)

    def _at(self, row: Any, where: str) -> Any:
        if self.feed.kind == JSON:
            return _follow(row, where)
        if where not in row:
            raise BadAnswer(f"There is no column {where[:40]!r}.")
        return row[where]


def _table(reply: Reply, delimiter: str) -> list[dict[str, str]]:
    """Rows by their heads.  Raises BadAnswer for a page, a broken table and rows that do not fit their heads."""
    text = reply.text
    if text.lstrip()[:1] == "<":
        raise BadAnswer("The source answered with a page where a table was expected.")
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row]
    except csv.Error:
        raise BadAnswer("The source answered with a table that is broken.") from None
    if not rows:
        raise BadAnswer("The source answered with nothing where a table was expected.")
    heads = [cell.strip() for cell in rows[0]]
    if any(len(row) != len(heads) for row in rows):
        raise BadAnswer("The source answered with a row that is too short or too long.")
    return [dict(zip(heads, (cell.strip() for cell in row), strict=True)) for row in rows[1:]]


def _steps(path: str) -> list[str | int] | None:
    """The names and numbers of a path; None for what is none."""
    rest, found = path.removeprefix("$"), list[str | int]()
    at = 0
    while at < len(rest):
        match = _STEP.match(rest, at)
        if match is None or (match[1] is not None and at > 0 and rest[at] != "."):
            return None
        found.append(int(match[2]) if match[2] is not None else next(name for name in (match[1], match[3], match[4]) if name is not None))
        at = match.end()
    return found


def _is_path(path: str) -> bool:
    return _steps(path) is not None


def _follow(value: Any, path: str) -> Any:
    """What stands at the path.  Raises BadAnswer where the way there is missing; a null at its end is None."""
    for step in _steps(path) or []:
        if isinstance(step, int) and isinstance(value, list) and -len(value) <= step < len(value):
            value = value[step]
        elif isinstance(value, dict) and str(step) in value:
            value = value[str(step)]
        elif isinstance(value, list) and str(step).isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            raise BadAnswer(f"There is nothing at {path[:60]!r}.")
    return value


def _moment(value: Any) -> datetime:
    """A time in ISO form, or in seconds or milliseconds since 1970."""
    text = str(value).strip()
    if text.lstrip("-").replace(".", "", 1).isdigit() and not isinstance(value, bool):
        seconds = reading.number(text) or Decimal(0)
        return reading.epoch(seconds / 1000 if abs(seconds) > _EPOCH_MS else seconds)
    return reading.moment(value)
