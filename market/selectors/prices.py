"""Daily prices of one instrument, exact, in its currency.

A price is what is quoted.  For most instruments that is what one unit is worth; a bond is quoted in percent of its face, and
some contracts stand for many units.  `per_unit` is the one place that turns the one into the other.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby

from django.db.models import OuterRef, Subquery

from market.models import Instrument, Price
from market.selectors.bar_pages import Page, page_around
from portfolio_site.kernel.decimals import product

ONE = Decimal(1)


def per_unit(price: Decimal, factor: Decimal) -> Decimal:
    """What one unit is worth at a quoted price; factor: Instrument.price_factor."""
    return price if factor == ONE else product(price, factor)


class Interval(enum.StrEnum):
    """How long one bar is."""

    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class PriceView:
    """The close of a day, as quoted; `worth` is that of one unit."""

    instrument_id: int
    day: date
    close: Decimal
    source: str
    simulated: bool
    factor: Decimal = ONE

    @property
    def worth(self) -> Decimal:
        return per_unit(self.close, self.factor)


@dataclass(frozen=True, slots=True)
class PriceBar:
    """One bar.  `day` is its last day with a price; open, high, low and volume are None where a day of it has none."""

    day: date
    open: Decimal | None
    high: Decimal | None
    low: Decimal | None
    close: Decimal
    volume: int | None
    source: str
    simulated: bool


_VIEWED = ("day", "close", "source", "simulated", "instrument__price_factor")


def price_on(instrument_id: int, day: date) -> PriceView | None:
    """The last close on or before that day, or None.  One query."""
    row = Price.objects.filter(instrument_id=instrument_id, day__lte=day).order_by("-day").values_list(*_VIEWED).first()
    return None if row is None else PriceView(instrument_id, *row)


Told = Callable[[Iterable[PriceBar]], Iterable[PriceBar]]  # the bars of days as they are to be told, before longer ones are made of them


def price_history(
    instrument_id: int, *, start: date | None = None, end: date | None = None, interval: Interval = Interval.DAY, told: Told = iter
) -> list[PriceBar]:
    """Bars from `start` to `end`, both included, oldest first.  One query."""
    rows = Price.objects.filter(instrument_id=instrument_id).order_by("day")
    if start is not None:
        rows = rows.filter(day__gte=start)
    if end is not None:
        rows = rows.filter(day__lte=end)
    columns = ("day", "open", "high", "low", "close", "volume", "source", "simulated")
    days = told(PriceBar(*row) for row in rows.values_list(*columns).iterator(chunk_size=5000))
    return list(days) if interval is Interval.DAY else list(_merged(days, interval))


BarPage = Page[PriceBar]


def price_page(
    instrument_id: int,
    size: int,
    *,
    start: date | None = None,
    end: date | None = None,
    interval: Interval = Interval.DAY,
    after: date | None = None,
    before: date | None = None,
    told: Told = iter,
) -> BarPage:
    """At most `size` bars from `start` to `end`: the first ones, those next after the bar of a day, or those next before it.  One query."""
    if interval is Interval.DAY:
        rows = Price.objects.filter(instrument_id=instrument_id).order_by("day" if before is None else "-day")
        bounds = {"day__gte": start, "day__lte": end, "day__gt": after, "day__lt": before}
        rows = rows.filter(**{key: day for key, day in bounds.items() if day is not None})
        columns = ("day", "open", "high", "low", "close", "volume", "source", "simulated")
        made = list(told(PriceBar(*row) for row in rows.values_list(*columns)[: size + 1]))
        if before is not None:
            made.reverse()
    else:  # a bar is of its whole period, so all of them are made and then chosen from
        made = price_history(instrument_id, start=start, end=end, interval=interval, told=told)
    return page_around(made, size, lambda bar: bar.day, after, before)


def newest_prices(instrument_id: int, count: int) -> list[PriceView]:
    """The last closes, newest first.  One query."""
    rows = Price.objects.filter(instrument_id=instrument_id).order_by("-day").values_list(*_VIEWED)[:count]
    return [PriceView(instrument_id, *row) for row in rows]


def _merged(days: Iterable[PriceBar], interval: Interval) -> Iterator[PriceBar]:
    def period(bar: PriceBar) -> tuple[int, int]:
        return bar.day.isocalendar()[:2] if interval is Interval.WEEK else (bar.day.year, bar.day.month)

    for _, group in groupby(days, key=period):
        bars = list(group)
        highs = [bar.high for bar in bars if bar.high is not None]
        lows = [bar.low for bar in bars if bar.low is not None]
        volumes = [bar.volume for bar in bars if bar.volume is not None]
        yield PriceBar(
            day=bars[-1].day,
            open=bars[0].open,
            high=max(highs) if len(highs) == len(bars) else None,
            low=min(lows) if len(lows) == len(bars) else None,
            close=bars[-1].close,
            volume=sum(volumes) if len(volumes) == len(bars) else None,
            source=bars[-1].source,
            simulated=any(bar.simulated for bar in bars),
        )


def prices_on(instrument_ids: Iterable[int], day: date) -> dict[int, PriceView]:
    """The last close on or before that day of each instrument that has one.  One query, none for no instruments."""
    wanted = set(instrument_ids)
    if not wanted:
        return {}
    last = Price.objects.filter(instrument=OuterRef("pk"), day__lte=day).order_by("-day").values("pk")[:1]
    newest = Instrument.objects.filter(pk__in=wanted).annotate(last=Subquery(last)).order_by().values("last")
    rows = Price.objects.filter(pk__in=newest).order_by().values_list("instrument_id", *_VIEWED)
    return {row[0]: PriceView(*row) for row in rows}
