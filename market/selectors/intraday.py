"""Prices within the newest days, as far as somebody asked for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from market.models import IntradayDay
from market.selectors.bar_pages import Page, page_around

INTERVAL = "5m"  # how long one bar is
DAYS_KEPT = 10  # days of the calendar


@dataclass(frozen=True, slots=True)
class IntradayBar:
    """Prices of five minutes, from `start` on, in the instrument's currency; `day` is the trading day."""

    day: date
    start: datetime
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal
    volume: int | None
    source: str
    simulated: bool = False


@dataclass(frozen=True, slots=True)
class IntradayPrices:
    """Bars of the newest trading days that are stored, oldest first; `fetched_at`: when the newest of them came."""

    bars: tuple[IntradayBar, ...]
    fetched_at: datetime | None
    source: str

    @property
    def days(self) -> tuple[date, ...]:
        return tuple(sorted({bar.day for bar in self.bars}))


def intraday_prices(instrument_id: int, *, days: int | None = None, start: date | None = None, end: date | None = None) -> IntradayPrices:
    """The newest `days` trading days of those from `start` to `end`; all that are stored where nothing is said.  One query."""
    rows = IntradayDay.objects.filter(instrument=instrument_id).order_by("-day")
    if start is not None:
        rows = rows.filter(day__gte=start)
    if end is not None:
        rows = rows.filter(day__lte=end)
    found = list(rows[:days])[::-1]
    bars = tuple(_bar(row, values) for row in found for values in row.bars)
    return IntradayPrices(bars, found[-1].fetched_at if found else None, found[-1].source if found else "")


IntradayPage = Page[IntradayBar]


def intraday_page(
    instrument_id: int,
    size: int,
    *,
    start: date | None = None,
    end: date | None = None,
    after: datetime | None = None,
    before: datetime | None = None,
) -> IntradayPage:
    """At most `size` bars of the days from `start` to `end`: the first ones, those next after a time, or next before it.  One query."""
    every = intraday_prices(instrument_id, start=start, end=end).bars
    return page_around(every, size, lambda bar: bar.start, after, before)


def _bar(row: IntradayDay, values: list[Any]) -> IntradayBar:
    at, *prices, volume = values
    open_, high, low, close = (None if price is None else Decimal(price) for price in prices)
    if close is None:
        raise ValueError(f"A bar of {row} has no close.")
    return IntradayBar(row.day, datetime.fromtimestamp(at, UTC), open_, high, low, close, volume, row.source)
