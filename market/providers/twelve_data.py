"""Twelve Data: quotes and daily prices of exchanges all over the world, with currency and MIC.  https://twelvedata.com/docs

A symbol is a ticker with the exchange behind a colon (VOD:LSE); without it the United States are meant.  Pairs have a slash (EUR/USD).
Each symbol of a call costs a credit, so that many symbols in one call save calls and no budget.  Numbers are text.  Errors stand inside
a 200, for one symbol or for all.  Splits and dividends are paid for and not asked for; prices are asked for as they were on the day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self, TypeVar

from market.choices import AssetClass, Quality
from market.providers.base import Found, History, PriceRow, Profile, SymbolQuote
from market.providers.exchanges import whole_exchange
from market.providers.failures import (
    BadAnswer,
    Failure,
    FailureKind,
    NoData,
    NotConfigured,
    PlanRestricted,
    ProviderFailed,
    Throttled,
    UnknownSymbol,
    Unreachable,
)
from market.providers.limits import DAY, MINUTE, Limits, Window
from market.providers.naming import country, plain_name, sector
from market.providers.reading import count, day, epoch, fields, items, known_zone, major, price, token, unit
from market.providers.web import PAUSE, Reply, Web, classified, one_by_one

BASE = "https://api.twelvedata.com"
AT_ONCE = 8  # symbols a call: a minute's credits of the free plan
MOST_ROWS = 5_000  # of a series
PROFILE_COST = 10  # credits
_KINDS = {
    "common stock": AssetClass.STOCK,
    "preferred stock": AssetClass.STOCK,
    "depositary receipt": AssetClass.STOCK,
    "american depositary receipt": AssetClass.STOCK,
    "global depositary receipt": AssetClass.STOCK,
    "reit": AssetClass.STOCK,
    "etf": AssetClass.ETF,
    "exchange-traded note": AssetClass.ETF,
    "mutual fund": AssetClass.FUND,
    "closed-end fund": AssetClass.FUND,
    "bond": AssetClass.BOND,
    "digital currency": AssetClass.CRYPTO,
    "physical currency": AssetClass.CURRENCY,
    "index": AssetClass.INDEX,
}
# Twelve Data's name of an exchange by its MIC; none is needed in the United States
_EXCHANGES = {
    "XLON": "LSE", "XETR": "XETR", "XFRA": "FSX", "XPAR": "Euronext", "XAMS": "Euronext", "XBRU": "Euronext", "XLIS": "Euronext", "XDUB": "Euronext",
    "XMIL": "MTA", "XMAD": "BME", "XSWX": "SIX", "XWBO": "VSE", "XCSE": "OMXC", "XSTO": "OMX", "XHEL": "OMXH", "XOSL": "OSE", "XWAR": "GPW",
    "XTSE": "TSX", "XTSX": "TSXV", "XASX": "ASX", "XNZE": "NZX", "XTKS": "JPX", "XHKG": "HKEX", "XSHG": "SSE", "XSHE": "SZSE", "XKRX": "KRX",
    "XTAI": "TWSE", "XSES": "SGX", "XNSE": "NSE", "XBOM": "BSE", "XJSE": "JSE", "XTAE": "TASE", "BVMF": "Bovespa", "XMEX": "BMV",
}  # fmt: skip
_STATES = frozenset({"XNAS", "XNYS", "XASE", "ARCX", "BATS", "OTCM"})
_PLAN_WORDS = ("your plan", "available starting with", "upgrad", "exclusively", "pro plan", "enterprise")
Parsed = TypeVar("Parsed")


@dataclass(frozen=True, slots=True)
class TwelveData:
    name: ClassVar[str] = "twelve_data"
    quotes_at_once: ClassVar[int] = AT_ONCE
    LIMITS: ClassVar[Limits] = Limits((Window(8, MINUTE), Window(800, DAY)))  # credits, not calls

    web: Web

    @classmethod
    def open(cls, key: str, *, base: str = BASE, gate: Callable[[int], None] = lambda cost: None) -> Self:
        return cls(Web(base, headers={"Authorization": f"apikey {key}"}, secrets=(key,), gate=gate))

    def quotes(self, symbols: Sequence[str], now: datetime) -> dict[str, SymbolQuote | Failure]:
        """Newest prices of at most 8 symbols."""
        return self._each("/quote", symbols, _quote)

    def histories(self, after: Mapping[str, date | None], now: datetime) -> dict[str, History | Failure]:
        """Raw daily prices after a day, the newest 5 000 without one; a call for 8 symbols that have the same day."""
        alike: dict[date | None, list[str]] = defaultdict(list)
        for symbol, known in after.items():
            alike[known].append(symbol)
        chunks = [(known, names[at : at + AT_ONCE]) for known, names in alike.items() for at in range(0, len(names), AT_ONCE)]
        found: dict[str, History | Failure] = {}
        for number, (known, names) in enumerate(chunks):
            try:
                found |= self._series(names, known, now)
            except ProviderFailed as problem:
                if number == 0:
                    raise
                found |= {symbol: problem.failure for _, rest in chunks[number:] for symbol in rest}
                break
        return {symbol: found[symbol] for symbol in after}

    def prices(self, symbols: Sequence[str]) -> dict[str, Decimal | Failure]:
        """Newest prices alone, in the source's own unit and without a time: a second opinion on a quote, and never one."""
        return self._each("/price", symbols, lambda symbol, row: _some(symbol, price(row.get("price"))))

    def exchange_rates(self, pairs: Sequence[str], now: datetime) -> dict[str, SymbolQuote | Failure]:
        """Newest rates of pairs such as EUR/USD: units of the second for one of the first."""
        return self._each("/exchange_rate", pairs, _rate)

    def search(self, text: str) -> list[Found]:
        """By symbol or name, the best first, with currencies."""
        rows = items(fields(self._json("/symbol_search", 1, symbol=text, outputsize="30")).get("data"))
        return [found for row in rows if (found := _found(fields(row)))]

    def profiles(self, symbols: Sequence[str]) -> dict[str, Profile | Failure]:
        """Reference data, 10 credits each; paid for."""
        return one_by_one(symbols, self._profile)

    # ── inside ──────────────────────────────────────────────────────────────

    def _series(self, symbols: Sequence[str], after: date | None, now: datetime) -> dict[str, History | Failure]:
        start = {"start_date": (after + timedelta(days=1)).isoformat()} if after else {}
        given = {"interval": "1day", "outputsize": str(MOST_ROWS), "order": "ASC", "adjust": "none", **start}
        found = self._each("/time_series", symbols, lambda symbol, row: _history(symbol, row, after, now), **given)
        empty = {symbol for symbol, each in found.items() if isinstance(each, Failure) and each.kind is FailureKind.NO_DATA}
        return found if after is None else found | {symbol: History("", ()) for symbol in empty}  # a window without a day is told as an error

    def _profile(self, symbol: str) -> Profile:
        row = fields(self._json("/profile", PROFILE_COST, symbol=symbol))
        return Profile(
            symbol,
            plain_name(row.get("name")),
            _kind(row.get("type")),
            exchange=whole_exchange(row.get("mic_code")),
            sector=sector(row.get("sector")),
            industry=plain_name(row.get("industry"))[:60],
            country=country(row.get("country")),
        )

    def _each(self, path: str, symbols: Sequence[str], read: Callable[[str, Mapping[str, Any]], Parsed], **more: str) -> dict[str, Parsed | Failure]:
        """What `read` makes of each symbol's part.  Of one symbol the answer is the part itself, of several it is keyed by symbol."""
        try:
            answer = fields(self._json(path, len(symbols), symbol=",".join(symbols), **more))
        except (UnknownSymbol, NoData, PlanRestricted) as problem:  # told of a call, and true of those that it names
            other = Failure(FailureKind.MALFORMED, "Twelve Data refused the call because of another symbol.")
            named = {word.strip(".,") for word in problem.detail.replace(",", " ").split()}
            return {symbol: problem.failure if len(symbols) == 1 or symbol in named else other for symbol in symbols}
        parts = {symbols[0]: answer} if len(symbols) == 1 and symbols[0] not in answer else answer

        def one(symbol: str) -> Parsed:
            if symbol not in parts:
                raise UnknownSymbol(f"Twelve Data does not know {symbol}.")
            part = fields(parts[symbol])
            if part.get("status") == "error":
                raise self._problem(None, part)
            return read(symbol, part)

        return one_by_one(symbols, one)

    def _json(self, path: str, cost: int, **params: str) -> Any:
        reply = self.web.get(path, params, cost=cost)
        try:
            answer = reply.json()
        except BadAnswer:
            classified(reply, "Twelve Data")
            raise
        if isinstance(answer, dict) and answer.get("status") == "error":
            raise self._problem(reply, answer)
        classified(reply, "Twelve Data")
        return answer

    def _problem(self, reply: Reply | None, told: Mapping[str, Any]) -> ProviderFailed:
        """By the code in the body: 429 and 400 arrive with status 200 as well."""
        code, said = told.get("code"), self.web.scrubbed(str(told.get("message") or ""))
        words = said.lower()
        if code == 429:
            return Throttled("Twelve Data has no credits left for now.", retry_after=_pause(reply, words))
        if code == 401 or "**apikey**" in words:
            return NotConfigured("Twelve Data refuses the key.")
        if code == 403 or any(each in words for each in _PLAN_WORDS):
            return PlanRestricted(f"Twelve Data does not give this to the key: {said}")
        if "no data is available" in words:
            return NoData(f"Twelve Data has nothing of this: {said}")
        if code in {400, 404} and ("not found" in words or "**symbol**" in words or "figi" in words):
            return UnknownSymbol(f"Twelve Data does not know this: {said}")
        if isinstance(code, int) and code >= 500:
            return Unreachable(f"Twelve Data has a fault of its own: {said}")
        return BadAnswer(f"Twelve Data answered with an error: {said}")


def symbol_for(ticker: str, mic: str) -> str | None:
    """Twelve Data's symbol of a ticker at an exchange: VOD:LSE; None where it does not have the exchange."""
    if mic in _STATES:
        return ticker.upper().replace("-", ".")
    return f"{ticker.upper()}:{_EXCHANGES[mic]}" if mic in _EXCHANGES else None


def _pause(reply: Reply | None, words: str) -> float:
    """Credits of a day come back at 00:00 UTC."""
    if "for the day" not in words:
        return (reply.retry_after() if reply else None) or PAUSE
    now = reply.said_at.astimezone(UTC) if reply else datetime.now(UTC)
    return (datetime.combine(now.date() + timedelta(days=1), time(), UTC) - now).total_seconds()


def _some(symbol: str, value: Parsed | None) -> Parsed:
    if value is None:
        raise NoData(f"Twelve Data has no price of {symbol}.")
    return value


def _unit(symbol: str, row: Mapping[str, Any]) -> tuple[str, Decimal]:
    """Currency and what a price is to be multiplied with.  A pair tells no currency: it is what stands behind the slash.

    Raises BadAnswer without one: pence could not be told from pounds.
    """
    told = unit(row.get("currency")) or unit(symbol.partition(":")[0].partition("/")[2])
    if not told:
        raise BadAnswer(f"Twelve Data did not tell the currency of {symbol}.")
    return major(told)


def _quote(symbol: str, row: Mapping[str, Any]) -> SymbolQuote:
    """`timestamp` is when the day began; `last_quote_at`, where it is told, when the price was made."""
    currency, factor = _unit(symbol, row)
    value, before = _some(symbol, price(row.get("close"))), price(row.get("previous_close"))
    quality = Quality.DELAYED if row.get("is_market_open") else Quality.CLOSE
    return SymbolQuote(
        symbol,
        value * factor,
        epoch(row.get("last_quote_at") or row.get("timestamp")),
        quality,
        None if before is None else before * factor,
        count(row.get("volume")),
        currency,
        factor,
    )


def _rate(symbol: str, row: Mapping[str, Any]) -> SymbolQuote:
    value = _some(symbol, price(row.get("rate")))
    return SymbolQuote(symbol, value, epoch(row.get("timestamp")), Quality.LIVE, currency=symbol.partition("/")[2].upper())


def _history(symbol: str, row: Mapping[str, Any], after: date | None, now: datetime) -> History:
    """Days are those of the exchange; the one that runs there now is not final."""
    meta = fields(row.get("meta"))
    currency, factor = _unit(symbol, meta)
    found = {}
    for each in map(fields, items(row.get("values"))):
        on, close = day(each.get("datetime")), price(each.get("close"))
        if close is None or (after is not None and on <= after):
            continue
        opened, high, low = (None if (value := price(each.get(name))) is None else value * factor for name in ("open", "high", "low"))
        found[on] = PriceRow(on, close * factor, opened, high, low, count(each.get("volume")))
    if not found and after is None:
        raise NoData(f"Twelve Data has no daily prices of {symbol}.")
    today = now.astimezone(known_zone(str(meta.get("exchange_timezone") or "UTC"))).date()
    final = [on for on in found if on < today]
    return History(currency, tuple(found[on] for on in sorted(found)), final_until=max(final, default=None), unit_factor=factor)


def _kind(name: object) -> AssetClass:
    return _KINDS.get(str(name or "").strip().lower(), AssetClass.OTHER)


def _found(row: Mapping[str, Any]) -> Found | None:
    """With the exchange in the symbol where that is not in the United States."""
    symbol, exchange, place = token(row.get("symbol")), whole_exchange(row.get("mic_code")), token(row.get("exchange"))
    if not symbol:
        return None
    abroad = exchange and exchange not in _STATES and "/" not in symbol and place
    return Found(
        f"{symbol}:{place}" if abroad else symbol,
        plain_name(row.get("instrument_name")),
        _kind(row.get("instrument_type")),
        exchange,
        major(unit(row.get("currency")))[0],
        country=country(row.get("country")),
    )
