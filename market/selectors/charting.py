"""Daily prices of one instrument for a chart of a span: bars so long that a screen can show them, all raw or all adjusted for splits."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial

from django.db.models import Max, Min

from market.models import Instrument, Price
from market.selectors.actions import ActionView
from market.selectors.adjusting import Adjustment, adjusted, factors, why_not_adjusted
from market.selectors.prices import ONE, Interval, PriceBar, price_history
from market.splits import Factor
from portfolio_site.kernel.dates import years_before


class Span(enum.StrEnum):
    """What a chart reaches back to, from the newest price on."""

    MONTH = "1M"
    HALF_YEAR = "6M"
    YEAR_TO_DATE = "YTD"
    YEAR = "1Y"
    FIVE_YEARS = "5Y"
    ALL = "ALL"


_DAYS = {Span.MONTH: 30, Span.HALF_YEAR: 182}
_YEARS = {Span.YEAR: 1, Span.FIVE_YEARS: 5}
_DAILY, _WEEKLY = 800, 12 * 366  # days that are shown one by one, and week by week


@dataclass(frozen=True, slots=True)
class ChartHistory:
    """The bars of a span, oldest first.

    spans           those that the history can fill, and the span that is shown
    step            how long one bar is
    adjustment      what is told; `why_not` says why there is no choice, and is empty where there is one
    factor          units of today for one of a day: 1 where prices are raw
    actions         dividends and splits of the span
    """

    bars: tuple[PriceBar, ...]
    span: Span
    spans: tuple[Span, ...]
    step: Interval
    adjustment: Adjustment
    why_not: str
    factor: Factor
    actions: tuple[ActionView, ...]


def chart_history(instrument: Instrument, actions: Iterable[ActionView], *, span: Span, adjustment: Adjustment) -> ChartHistory:
    """The prices of a span up to the newest one.  Two queries; `actions`: all of the instrument."""
    known = tuple(actions)
    why_not = why_not_adjusted(instrument)
    told = Adjustment.RAW if why_not else adjustment
    factor: Factor = factors(known) if told is Adjustment.SPLITS else _same
    ends = Price.objects.filter(instrument=instrument).aggregate(first=Min("day"), last=Max("day"))
    first, last = ends["first"], ends["last"]
    if first is None or last is None:
        return ChartHistory((), span, (), Interval.DAY, told, why_not, factor, ())
    start = max(first, _start(span, last))
    step = _step((last - start).days)
    bars = price_history(instrument.pk, start=start, interval=step, told=partial(adjusted, factor=factor))
    spans = tuple(one for one in Span if one in {Span.ALL, span} or first <= _start(one, last) + timedelta(days=7))
    return ChartHistory(tuple(bars), span, spans, step, told, why_not, factor, tuple(one for one in known if start <= one.ex_day <= last))


def _same(_: date) -> Decimal:
    return ONE


def _start(span: Span, last: date) -> date:
    if span is Span.ALL:
        return date.min
    if span is Span.YEAR_TO_DATE:
        return date(last.year - 1, 12, 31)  # the year's gain is against its last close
    return years_before(last, _YEARS[span]) if span in _YEARS else last - timedelta(days=_DAYS[span])


def _step(days: int) -> Interval:
    return Interval.DAY if days <= _DAILY else Interval.WEEK if days <= _WEEKLY else Interval.MONTH
