"""The report of returns: a period with its falls and its months, and the years of the calendar beside the benchmark.

docs/numbers.md: "Returns", "Calendar", "drawdown", "rolling".  One `Stretch` computes the period; the page, the API, the files and the explanations
share what it found.  Months and years are those of the whole history: a month is where a period can be taken from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TypeVar

from analytics.engine.drawdown import Drawdown, drawdown_series, drawdowns, maximum_drawdown
from analytics.engine.errors import Undefined
from analytics.selectors.dashboard import chart_of
from analytics.selectors.explain_performance import performance_explanations
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import Scope, figure
from analytics.selectors.shapes import ChartSeries, Explanation, Performance
from portfolio_site.kernel.figures import Figure, Unit

MOST_FALLS = 5
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Fall:
    """One fall from a high: `days` from the high to the recovery, or to the end of the period while it lasts."""

    depth: Figure
    high: date
    low: date
    recovered: date | None
    days: int


@dataclass(frozen=True, slots=True)
class YearRow:
    """One year of the calendar; `is_whole`: it lies in the history from its first day to its last."""

    year: int
    twr: Figure
    benchmark_twr: Figure
    excess: Figure
    is_whole: bool
    first: date  # of its days with entries behind them
    last: date


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """The report.

    performance       the period, with its series
    worst_fall        of the period; `falls`: its five deepest, deepest first
    chart             its series, thinned; `drawdown`: how far each of its closes lies under the highest before; empty without a return
    years             latest first
    """

    performance: Performance
    worst_fall: Figure
    falls: tuple[Fall, ...]
    drawdown: tuple[float, ...]
    years: tuple[YearRow, ...]
    chart: ChartSeries
    explanations: Mapping[str, Explanation]


def returns_of(scope: Scope, start: date | None = None, end: date | None = None) -> Returns:
    """The report of a period, from what a scope has read.  No query of its own but the closes of an opening value."""
    return _Report(scope, Stretch(scope, start, end)).made()


class _Report:
    def __init__(self, scope: Scope, stretch: Stretch) -> None:
        self.scope, self.stretch = scope, stretch

    def _day(self, place: int) -> date:
        return self.stretch.daily.first + timedelta(days=place)

    @cached_property
    def worst_fall(self) -> Figure:
        return figure("maximum_drawdown", Unit.FRACTION, lambda: maximum_drawdown(self.stretch.index))

    def falls(self) -> tuple[Fall, ...]:
        none: list[Drawdown] = []
        return tuple(self._fall(one) for one in known_or(lambda: drawdowns(self.stretch.index, MOST_FALLS), none))

    def _fall(self, one: Drawdown) -> Fall:
        recovered = None if one.recovery is None else self._day(one.recovery)
        return Fall(Figure("drawdown", Unit.FRACTION, one.depth), self._day(one.peak), self._day(one.trough), recovered, one.length)

    def years(self) -> tuple[YearRow, ...]:
        if self.scope.is_empty:
            return ()
        begun, today = self.scope.daily.first + timedelta(days=1), self.scope.today
        return tuple(self._year(year) for year in range(today.year, begun.year - 1, -1))

    def _year(self, year: int) -> YearRow:
        first, last = date(year, 1, 1), date(year, 12, 31)
        one = Stretch(self.scope, first, last)
        whole = one.first == first and one.last == last
        return YearRow(year, one.twr, one.benchmark_twr, one.excess, whole, one.first, one.last)

    def made(self) -> Returns:
        found = self.stretch.result()
        chart = chart_of(self.stretch)
        places = [(day - self.stretch.daily.first).days for day in chart.days]
        fallen: tuple[float, ...] = known_or(lambda: tuple(drawdown_series(self.stretch.index)[places].tolist()), ())
        explained = performance_explanations(self.scope, self.stretch, self.worst_fall)
        return Returns(found, self.worst_fall, self.falls(), fallen, self.years(), chart, explained)


def known_or(compute: Callable[[], Found], otherwise: Found) -> Found:
    """What is computed, or something else where the engine says that there is none."""
    try:
        return compute()
    except Undefined:
        return otherwise
