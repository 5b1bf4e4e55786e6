"""Yahoo's chart: daily prices with dividends and splits, and prices within the newest session.

Yahoo rewrites history after a split: its closes and dividends are those of today's units.  Here they are turned back to what they
were on the day, by the product of new/old of all splits with a later ex-day; so the splits up to now must be in the answer.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from market.providers import reading
from market.providers.base import ActionRow, Bar, History, Intraday, PriceRow
from market.providers.failures import BadAnswer, NoData
from market.providers.yahoo.numbers import SINGLE, Unit
from market.providers.yahoo.symbols import same
from market.splits import ONE, Factor, units_since
from portfolio_site.kernel.decimals import EXACT, exact, rounded

log = logging.getLogger(__name__)
SETTLED = timedelta(minutes=30)  # after the session: closing auctions, and what comes late
STEP = 300  # seconds of a part of a day
_NAMES = ("open", "high", "low", "close", "volume")
_TRADED = frozenset({"EQUITY", "ETF", "CRYPTOCURRENCY", "FUTURE"})  # a volume of zero says something about these alone


@dataclass(frozen=True, slots=True)
class Series:
    """What is in an answer: the meta data, and arrays as long as the stamps."""

    meta: dict[str, Any]
    unit: Unit
    zone: str
    stamps: list[Any]
    arrays: Mapping[str, list[Any]]
    events: dict[str, Any]

    @classmethod
    def of(cls, inside: dict[str, Any], symbol: str, granularity: str) -> Series:
        """Raises BadAnswer where it is about something else, or cannot be told apart; NoData where there is none."""
        results = reading.items(inside.get("result") or [], "a list of series")
        if not results:
            raise NoData(f"Yahoo has no prices of {symbol}.")
        result = reading.fields(results[0], "a series")
        meta = reading.fields(result.get("meta"), "meta data")
        if not same(symbol, str(meta.get("symbol") or symbol)):
            raise BadAnswer(f"Yahoo answered about another symbol than {symbol}.")
        if (told := meta.get("dataGranularity")) not in (None, granularity):
            raise BadAnswer(f"Yahoo answered about {symbol} in steps of {str(told)[:10]} in place of {granularity}.")
        stamps = reading.items(result.get("timestamp") or [], "times")
        events = result.get("events")
        zone = str(meta.get("exchangeTimezoneName") or "")
        return cls(meta, Unit.of(meta), zone, stamps, _arrays(result, len(stamps)), events if isinstance(events, dict) else {})

    def day(self, stamp: Any) -> date:
        """The exchange's day of a stamp: by the zone's name, for the offset told is today's."""
        return reading.epoch(stamp, self.zone).date()

    def volume(self, value: Any) -> int | None:
        found = reading.count(value)
        return found if found or str(self.meta.get("instrumentType")) in _TRADED else None


def _arrays(result: dict[str, Any], length: int) -> dict[str, list[Any]]:
    """The arrays by name, those that are shorter than the stamps filled up with nothing.  Raises BadAnswer for a longer one."""
    indicators = reading.fields(result.get("indicators") or {}, "indicators")
    quotes = reading.items(indicators.get("quote") or [{}], "a list of indicators")
    first = reading.fields(quotes[0] or {}, "arrays of prices")
    arrays = {}
    for name in _NAMES:
        values = reading.items(first.get(name) or [], f"an array of {name}")
        if len(values) > length:
            raise BadAnswer("Yahoo sent more prices than times: nobody can tell which belong together.")
        arrays[name] = values + [None] * (length - len(values))
    return arrays


# ── days ────────────────────────────────────────────────────────────────────


def history_of(inside: dict[str, Any], symbol: str, after: date | None, now: datetime) -> History:
    """Daily prices and actions later than `after`.  Raises NoData where there is none at all and none was to be expected."""
    series = Series.of(inside, symbol, "1d")
    splits = _splits(series)
    factor = units_since((one.ex_day, one.ratio_new or ONE, one.ratio_old or ONE) for one in splits)
    rows: dict[date, PriceRow] = {}
    for index, stamp in enumerate(series.stamps):
        day = series.day(stamp)
        row = _row(series, index, day, factor(day))
        if row is not None and (after is None or day > after):
            rows[day] = row  # a second bar of the running day is the newer one
    if not rows and after is None:
        raise NoData(f"Yahoo has no prices of {symbol}.")
    prices = tuple(rows[day] for day in sorted(rows))
    actions = sorted([*splits, *_dividends(series, symbol, factor)], key=lambda each: (each.ex_day, each.kind))
    kept = tuple(each for each in actions if after is None or each.ex_day > after)
    return History(series.unit.currency, prices, kept, _final_until(series, prices, now), series.unit.factor)


def _row(series: Series, index: int, day: date, times: Decimal) -> PriceRow | None:
    """The bar, raw; None for a hole."""

    def price(name: str) -> Decimal | None:
        return series.unit.price(series.arrays[name][index], times)

    close = price("close")
    if close is None:
        return None
    volume = series.volume(series.arrays["volume"][index])
    return PriceRow(day, close, price("open"), price("high"), price("low"), None if volume is None else int(rounded(volume / times, 0)))


def _final_until(series: Series, prices: Sequence[PriceRow], now: datetime) -> date | None:
    """The last day that has ended: days before today, and today once its session is over and settled."""
    today = now.astimezone(reading.known_zone(series.zone)).date()
    period = series.meta.get("currentTradingPeriod")
    regular = period.get("regular") if isinstance(period, dict) else None
    if isinstance(regular, dict) and regular.get("start") and regular.get("end") and series.day(regular["start"]) == today:
        over = now >= reading.epoch(regular["end"]) + SETTLED
    else:
        over = False
    return max((row.day for row in prices if row.day < today or (row.day == today and over)), default=None)


# ── actions ─────────────────────────────────────────────────────────────────


def _splits(series: Series) -> list[ActionRow]:
    found: dict[date, ActionRow] = {}
    for event in _events(series, "splits"):
        new, old = reading.price(event.get("numerator")), reading.price(event.get("denominator"))
        if new is None or old is None:
            raise BadAnswer("Yahoo sent a split without its ratio, and prices that follow it.")
        day = series.day(event["date"])
        found[day] = ActionRow("split", day, ratio_new=new, ratio_old=old)
    return [found[day] for day in sorted(found)]


def _dividends(series: Series, symbol: str, factor: Factor) -> list[ActionRow]:
    """Dividends in major units and as they were paid.  Several of one day are one; those in a third currency are left out."""
    found: dict[date, Decimal] = {}
    for event in _events(series, "dividends"):
        amount, day = reading.number(event.get("amount")), series.day(event["date"])
        if amount is None or amount <= 0:
            continue
        currency, unit_factor = reading.major(str(event["currency"])) if event.get("currency") else (series.unit.currency, series.unit.factor)
        if currency != series.unit.currency:
            log.info("yahoo.dividend_in_another_currency", extra={"symbol": symbol, "day": day.isoformat(), "currency": currency[:8]})
            continue
        times = factor(day)
        raw = EXACT.multiply(amount, times)
        found[day] = found.get(day, Decimal(0)) + exact(rounded(EXACT.multiply(rounded(raw, _places(times)), unit_factor)))
    return [ActionRow("dividend", day, amount=amount) for day, amount in found.items() if amount]


def _places(times: Decimal) -> int:
    """Places of a dividend that are certain: Yahoo keeps six of the adjusted one, and their error grows with the factor."""
    return SINGLE if times <= 1 else max(2, SINGLE - 1 - times.adjusted())


def _events(series: Series, name: str) -> list[dict[str, Any]]:
    """Events of a kind, each with its date: that of the event, or the key that it stands under."""
    told = series.events.get(name) or {}
    found = []
    for key, event in reading.fields(told, f"a list of {name}").items():
        event = reading.fields(event, "an event")
        at = event.get("date", int(key) if key.isdigit() else None)
        found.append({**event, "date": at})
    return found


# ── parts of a day ──────────────────────────────────────────────────────────


def bars_of(inside: dict[str, Any], symbol: str, granularity: str = "5m", days: int = 1) -> Intraday:
    """Prices within the newest sessions.  The live point that Yahoo puts behind the last part is a part of that.  Raises NoData."""
    series = Series.of(inside, symbol, granularity)
    bars: dict[datetime, Bar] = {}
    for index, stamp in enumerate(series.stamps):
        prices = {name: series.unit.price(series.arrays[name][index]) for name in ("open", "high", "low", "close")}
        close = prices["close"]
        if close is None:
            continue
        at = reading.epoch(stamp, series.zone)
        start = at - timedelta(seconds=at.timestamp() % STEP)
        bar = Bar(start, close, prices["open"], prices["high"], prices["low"], series.volume(series.arrays["volume"][index]))
        bars[start] = _joined(bars[start], bar) if start in bars else bar
    if not bars:
        raise NoData(f"Yahoo has no prices of {symbol} within the day.")
    newest = set(sorted({start.date() for start in bars})[-days:])
    return Intraday(series.unit.currency, tuple(bars[start] for start in sorted(bars) if start.date() in newest))


def _joined(first: Bar, then: Bar) -> Bar:
    highs, lows = [each for each in (first.high, then.high) if each], [each for each in (first.low, then.low) if each]
    return Bar(first.start, then.close, first.open, max(highs, default=None), min(lows, default=None), first.volume or then.volume)
