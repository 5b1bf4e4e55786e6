"""Tiingo: daily prices of the United States and China with their actions in one call, quotes of many in one.  https://www.tiingo.com/documentation

A symbol is a ticker (AAPL; BRK-B for a share class), or a coin or pair of currencies with a mark before it: `crypto:btcusd`,
`fx:eurusd`.  Daily rows hold raw prices beside adjusted ones; only the raw are read.  `divCash` and `splitFactor` stand on the ex-day.
A refusal often comes with status 200.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar, Self
from urllib.parse import quote as escaped
from zoneinfo import ZoneInfo

from market.choices import ActionKind, Quality
from market.exchanges import known_exchange
from market.providers.articles import TITLE, link, merged, text
from market.providers.base import ActionRow, ArticleRow, Bar, History, Intraday, PriceRow, Profile, SymbolQuote
from market.providers.exchanges import mic_of_name
from market.providers.failures import (
    BadAnswer,
    Failure,
    NoData,
    NotConfigured,
    PlanRestricted,
    ProviderFailed,
    Throttled,
    UnknownSymbol,
)
from market.providers.limits import DAY, HOUR, Limits, Window
from market.providers.reading import count, day, fields, items, moment, number, price, ratio, unit
from market.providers.web import Reply, Web, classified, one_by_one

BASE = "https://api.tiingo.com"
AT_ONCE = 100  # tickers in one address
FIRST = date(1900, 1, 1)  # without a first day only the newest is given
CRYPTO, FX = "crypto:", "fx:"
NEW_YORK = ZoneInfo("America/New_York")
_OHLCV = "open,high,low,close,volume"


@dataclass(frozen=True, slots=True)
class Tiingo:
    name: ClassVar[str] = "tiingo"
    quotes_at_once: ClassVar[int] = AT_ONCE
    news_at_once: ClassVar[int] = AT_ONCE
    LIMITS: ClassVar[Limits] = Limits((Window(50, HOUR), Window(1_000, DAY)), symbols_a_month=500)

    web: Web

    @classmethod
    def open(cls, key: str, *, base: str = BASE, gate: Callable[[int], None] = lambda cost: None) -> Self:
        return cls(Web(base, headers={"Authorization": f"Token {key}"}, secrets=(key,), gate=gate))

    def quotes(self, symbols: Sequence[str], now: datetime) -> dict[str, SymbolQuote | Failure]:
        """Newest prices: a call for all shares, one for all coins, one for all pairs.  What is left out of an answer is not known."""
        coins, pairs = ([each for each in symbols if each.startswith(mark)] for mark in (CRYPTO, FX))
        shares = [each for each in symbols if each not in coins and each not in pairs]
        found: dict[str, SymbolQuote | Failure] = {}
        for asked, path, read in ((shares, "/iex/", _share), (coins, "/tiingo/crypto/top", _coin), (pairs, "/tiingo/fx/top", _pair)):
            if asked:
                found |= self._bulk(asked, path, read)
        return {symbol: found[symbol] for symbol in symbols}

    def histories(self, after: Mapping[str, date | None], now: datetime) -> dict[str, History | Failure]:
        """Raw daily prices after a day, of shares with their splits and dividends."""
        return one_by_one(after, lambda symbol: self._history(symbol, after[symbol], now))

    def intraday(self, symbols: Sequence[str], now: datetime, days: int = 1) -> dict[str, Intraday | Failure]:
        """Prices of shares on the IEX exchange, every five minutes of its newest days."""
        return one_by_one(symbols, lambda symbol: self._intraday(symbol, now, days))

    def profiles(self, symbols: Sequence[str]) -> dict[str, Profile | Failure]:
        """Name and exchange of a share; no more is told."""
        return one_by_one(symbols, self._profile)

    def news(self, symbols: Sequence[str], since: datetime, now: datetime) -> list[ArticleRow]:
        """Articles about shares, one call for all.  Paid for beside the plan: PlanRestricted without."""
        first = since.astimezone(UTC).date().isoformat()
        rows = items(self._json("/tiingo/news", tickers=",".join(map(_ticker, symbols)), startDate=first, sortBy="publishedDate", limit="100"))
        asked = {_ticker(symbol): symbol for symbol in symbols}
        return merged(article for row in rows if (article := _article(fields(row), asked)) and since <= article.published_at <= now)

    # ── inside ──────────────────────────────────────────────────────────────

    def _bulk(self, symbols: Sequence[str], path: str, read: Callable[[str, Mapping[str, Any]], SymbolQuote]) -> dict[str, SymbolQuote | Failure]:
        rows = items(self._json(path, tickers=",".join(map(_ticker, symbols))))
        told = {str(row.get("ticker") or "").lower(): row for row in map(fields, rows)}

        def one(symbol: str) -> SymbolQuote:
            if _ticker(symbol) not in told:
                raise UnknownSymbol(f"Tiingo does not know {symbol}.")
            return read(symbol, told[_ticker(symbol)])

        return one_by_one(symbols, one)

    def _history(self, symbol: str, after: date | None, now: datetime) -> History:
        first, ticker = (after + timedelta(days=1) if after else FIRST).isoformat(), escaped(_ticker(symbol), safe="")
        if symbol.startswith(CRYPTO):
            answer = items(self._json("/tiingo/crypto/prices", tickers=_ticker(symbol), startDate=first, resampleFreq="1day"))
            rows, today = items(fields(answer[0]).get("priceData")) if answer else [], now.astimezone(UTC).date()
        elif symbol.startswith(FX):
            rows, today = items(self._json(f"/tiingo/fx/{ticker}/prices", startDate=first, resampleFreq="1day")), now.astimezone(UTC).date()
        else:
            rows, today = items(self._json(f"/tiingo/daily/{ticker}/prices", startDate=first, resampleFreq="daily")), now.astimezone(NEW_YORK).date()
        prices = _daily(row for row in map(fields, rows) if after is None or day(row.get("date")) > after)
        if not prices and after is None:
            raise NoData(f"Tiingo has no daily prices of {symbol}.")
        final = [row.day for row in prices if row.day < today]
        return History(_currency(symbol), prices, _actions(map(fields, rows), after), final[-1] if final else None)

    def _intraday(self, symbol: str, now: datetime, days: int) -> Intraday:
        if symbol.startswith((CRYPTO, FX)):
            raise NoData(f"Tiingo is not asked for prices of {symbol} within the day.")
        first = (now.astimezone(NEW_YORK) - timedelta(days=days + 4)).date().isoformat()  # over a long weekend
        path = f"/iex/{escaped(_ticker(symbol), safe='')}/prices"
        bars = [bar for row in items(self._json(path, startDate=first, resampleFreq="5min", columns=_OHLCV)) if (bar := _bar(fields(row)))]
        if not bars:
            raise NoData(f"Tiingo has no prices of {symbol} within the day.")
        newest = set(sorted({bar.start.astimezone(NEW_YORK).date() for bar in bars})[-days:])
        return Intraday(_currency(symbol), tuple(bar for bar in bars if bar.start.astimezone(NEW_YORK).date() in newest))

    def _profile(self, symbol: str) -> Profile:
        row = fields(self._json(f"/tiingo/daily/{escaped(_ticker(symbol), safe='')}"))
        return Profile(symbol, text(row.get("name"), 200), currency=_currency(symbol), exchange=mic_of_name(row.get("exchangeCode")))

    def _json(self, path: str, **params: str) -> Any:
        """The answer.  Raises by what it says in `detail` or as plain text, whatever the status."""
        reply = self.web.get(path, params)
        try:
            answer = reply.json()
        except BadAnswer:
            if "run over" in reply.text[:1_000].lower():  # a refusal without any form
                raise self._problem(reply, reply.text[:1_000]) from None
            classified(reply, "Tiingo")
            raise
        if isinstance(answer, dict) and "detail" in answer:
            raise self._problem(reply, str(answer["detail"]))
        classified(reply, "Tiingo")
        return answer

    def _problem(self, reply: Reply, said: str) -> ProviderFailed:
        words = said.lower()
        if "run over" in words or reply.status == 429:
            pause = HOUR if "hourly" in words else DAY
            return Throttled(f"Tiingo was asked too often: {self.web.scrubbed(said)}", retry_after=reply.retry_after() or float(pause))
        if "not found" in words:
            return UnknownSymbol(f"Tiingo does not know this: {self.web.scrubbed(said)}")
        if "permission" in words or "upgrade" in words or "access to" in words:
            return PlanRestricted(f"Tiingo does not give this to the key: {self.web.scrubbed(said)}")
        if "token" in words or reply.status in {401, 403}:
            return NotConfigured(f"Tiingo refuses the key: {self.web.scrubbed(said)}")
        if reply.status >= 500:
            classified(reply, "Tiingo")
        return BadAnswer(f"Tiingo answered with an error: {self.web.scrubbed(said)}")


def symbol_for(ticker: str, mic: str) -> str | None:
    """Tiingo's symbol of a ticker at an exchange (BRK.B at XNYS: BRK-B); None outside the United States and China."""
    known = known_exchange(mic)
    return ticker.strip().upper().replace(".", "-").replace("/", "-") if known and known.country in {"US", "CN"} else None


def _ticker(symbol: str) -> str:
    return symbol.removeprefix(CRYPTO).removeprefix(FX).lower()


def _currency(symbol: str) -> str:
    """What a symbol is priced in: exchanges of the United States trade in dollars, and Chinese tickers are numbers.  Tiingo tells none."""
    ticker = _ticker(symbol)
    if symbol.startswith(FX):
        return ticker[3:].upper()
    if symbol.startswith(CRYPTO):
        return next((each.upper() for each in ("usd", "eur", "gbp", "jpy", "btc", "eth") if ticker.endswith(each)), "")
    return "CNY" if ticker.isdigit() else "USD"


def _share(symbol: str, row: Mapping[str, Any]) -> SymbolQuote:
    """`last` is empty without an agreement with the exchange; `tngoLast` is then a price of Tiingo's own between bid and ask.

    The volume is that of one small exchange while the day runs, and is not read.
    """
    value, at = price(row.get("tngoLast")) or price(row.get("last")), row.get("timestamp")
    if value is None or not at:
        raise NoData(f"Tiingo has no price of {symbol}.")
    return SymbolQuote(symbol, value, moment(at), Quality.LIVE, previous_close=price(row.get("prevClose")), currency=_currency(symbol))


def _coin(symbol: str, row: Mapping[str, Any]) -> SymbolQuote:
    top = next(iter(items(row.get("topOfBookData"))), None)
    told = fields(top) if top is not None else {}
    value, at = price(told.get("lastPrice")), told.get("lastSaleTimestamp")
    if value is None or not at:
        raise NoData(f"Tiingo has no price of {symbol}.")
    return SymbolQuote(symbol, value, moment(at), Quality.LIVE, currency=(unit(row.get("quoteCurrency")) or _currency(symbol)).upper())


def _pair(symbol: str, row: Mapping[str, Any]) -> SymbolQuote:
    value, at = price(row.get("midPrice")), row.get("quoteTimestamp")
    if value is None or not at:
        raise NoData(f"Tiingo has no rate of {symbol}.")
    return SymbolQuote(symbol, value, moment(at), Quality.LIVE, currency=_currency(symbol))


def _daily(rows: Iterable[Mapping[str, Any]]) -> tuple[PriceRow, ...]:
    """Raw prices by day, oldest first.  A row without a close is no day."""
    found = {}
    for row in rows:
        on, close = day(row.get("date")), price(row.get("close"))
        if close is not None:
            found[on] = PriceRow(on, close, price(row.get("open")), price(row.get("high")), price(row.get("low")), count(row.get("volume")))
    return tuple(found[on] for on in sorted(found))


def _actions(rows: Iterable[Mapping[str, Any]], after: date | None) -> tuple[ActionRow, ...]:
    found: dict[tuple[date, str], ActionRow] = {}
    for row in rows:
        on, factor, cash = day(row.get("date")), number(row.get("splitFactor")), number(row.get("divCash"))
        if after is not None and on <= after:
            continue
        if (factor is not None and factor < 0) or (cash is not None and cash < 0):
            raise BadAnswer("Tiingo sent an action with a number below zero.")
        if factor and factor != 1:
            new, old = ratio(factor)
            found[on, "split"] = ActionRow(ActionKind.SPLIT, on, ratio_new=new, ratio_old=old)
        if cash:
            found[on, "dividend"] = ActionRow(ActionKind.DIVIDEND, on, amount=cash)
    return tuple(found[key] for key in sorted(found))


def _bar(row: Mapping[str, Any]) -> Bar | None:
    close = price(row.get("close"))
    if close is None:
        return None
    return Bar(moment(row.get("date")), close, price(row.get("open")), price(row.get("high")), price(row.get("low")), count(row.get("volume")))


def _article(row: Mapping[str, Any], asked: Mapping[str, str]) -> ArticleRow | None:
    """Tickers are in small letters; those that were not asked for are left out."""
    address, title, at = link(row.get("url")), text(row.get("title"), TITLE), row.get("publishedDate")
    if not (address and title and at):
        return None
    symbols = tuple(asked[each] for each in items(row.get("tickers") or []) if isinstance(each, str) and each in asked)
    summary = text(row.get("description"))
    return ArticleRow(address, title, moment(at), text(row.get("source"), 100), "" if summary == title else summary, symbols=symbols)
