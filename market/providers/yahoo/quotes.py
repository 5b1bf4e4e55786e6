"""Yahoo's newest prices: the bulk quote, and spark, which wants no crumb and tells less."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from market.providers import reading
from market.providers.base import SymbolQuote
from market.providers.failures import BadAnswer, Failure, FailureKind, NoData, ProviderFailed
from market.providers.yahoo.numbers import Unit
from market.providers.yahoo.symbols import by_symbol

LIVE, DELAYED, CLOSE = "live", "delayed", "close"
Read = Callable[[dict[str, Any]], SymbolQuote]


def quotes_of(inside: dict[str, Any], asked: Sequence[str]) -> dict[str, SymbolQuote | Failure]:
    """Answers of the bulk quote by the symbols asked for.  An unknown symbol is left out of it without a word, and the order is Yahoo's."""
    found = ((str(row.get("symbol") or ""), row) for row in map(reading.fields, reading.items(inside.get("result"), "a list of quotes")))
    return _answers(by_symbol(found, asked), asked, _quote)


def sparks_of(inside: dict[str, Any], asked: Sequence[str]) -> dict[str, SymbolQuote | Failure]:
    """Answers of spark by the symbols asked for, in either of the shapes that it has been seen in."""
    if "result" in inside:
        return _answers(by_symbol(_meta(inside["result"]), asked), asked, _from_meta)
    series = ((name, row) for name, row in inside.items() if isinstance(row, dict))
    return _answers(by_symbol(series, asked), asked, _from_series)


def _answers(found: Mapping[str, dict[str, Any]], asked: Sequence[str], read: Read) -> dict[str, SymbolQuote | Failure]:
    answers: dict[str, SymbolQuote | Failure] = {}
    for symbol in asked:
        if symbol not in found:
            answers[symbol] = Failure(FailureKind.UNKNOWN_SYMBOL, f"Yahoo does not know {symbol}.")
            continue
        try:
            answers[symbol] = read({**found[symbol], "symbol": symbol})
        except ProviderFailed as problem:
            answers[symbol] = problem.failure
    return answers


def _quote(row: dict[str, Any]) -> SymbolQuote:
    symbol = row["symbol"]
    if row.get("quoteType") == "NONE":
        raise _Renamed(f"{symbol} has another symbol by now, or none.")
    delay = reading.count(row.get("exchangeDataDelayedBy"))
    running = row.get("marketState") == "REGULAR"
    quality = CLOSE if not running else LIVE if delay == 0 else DELAYED
    return _told(row, quality, delay=None if delay is None else delay * 60, cap=reading.price(row.get("marketCap")))


class _Renamed(NoData):
    """The symbol is of the past: merged, renamed or delisted."""

    kind = FailureKind.UNKNOWN_SYMBOL


def _meta(results: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for row in map(reading.fields, reading.items(results, "a list of series")):
        for response in map(reading.fields, reading.items(row.get("response") or [], "a list of responses")):
            yield str(row.get("symbol") or ""), reading.fields(response.get("meta"), "meta data")


def _from_meta(meta: dict[str, Any]) -> SymbolQuote:
    traded, period = meta.get("regularMarketTime"), meta.get("currentTradingPeriod")
    regular = period.get("regular") if isinstance(period, dict) else None
    ended = isinstance(regular, dict) and isinstance(traded, int) and isinstance(regular.get("end"), int) and traded >= regular["end"]
    before = meta.get("previousClose") or meta.get("chartPreviousClose")
    return _told({**meta, "regularMarketPreviousClose": before}, CLOSE if ended else DELAYED)


def _told(row: dict[str, Any], quality: str, *, delay: int | None = None, cap: Decimal | None = None) -> SymbolQuote:
    symbol, unit = row["symbol"], Unit.of(row)
    price, as_of = unit.price(row.get("regularMarketPrice")), _time(row)
    if price is None or as_of is None:
        raise NoData(f"Yahoo has no price of {symbol} with a time.")
    before = unit.price(row.get("regularMarketPreviousClose"))
    volume = reading.count(row.get("regularMarketVolume"))
    return SymbolQuote(symbol, price, as_of, quality, before, volume, unit.currency, unit.factor, delay, cap)


def _from_series(row: dict[str, Any]) -> SymbolQuote:
    """The newest close that is not null, of a shape that tells neither currency nor places."""
    unit = Unit("", Decimal(1), None)
    stamps, closes = reading.items(row.get("timestamp") or []), reading.items(row.get("close") or [])
    if len(closes) > len(stamps):
        raise BadAnswer("Yahoo sent more prices than times.")
    for at, close in zip(reversed(stamps[: len(closes)]), reversed(closes), strict=True):
        if (price := unit.price(close)) is not None:
            before = unit.price(row.get("previousClose") or row.get("chartPreviousClose"))
            return SymbolQuote(row["symbol"], price, reading.epoch(at), DELAYED, before)
    raise NoData(f"Yahoo has no price of {row['symbol']} of today.")


def _time(row: dict[str, Any]) -> datetime | None:
    """When it was traded, told where the exchange is."""
    at, zone = row.get("regularMarketTime"), row.get("exchangeTimezoneName")
    return reading.epoch(at, str(zone or "UTC")) if at else None
