"""The report of returns: a period with its falls and its months, and the years of the calendar beside the benchmark.

docs/numbers.md: "Returns", "Calendar", "drawdown", "rolling".  One `Stretch` computes the period; the page, the API, the files and the explanations
share what it found.  Months and years are those of the whole history: a month is where a period can be taken from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property, partial
from typing import TypeVar

import numpy as np

from analytics.border import FloatArray
from analytics.engine.answers import Answers
from analytics.engine.drawdown import Drawdown, drawdown_series, drawdowns, maximum_drawdown
from analytics.engine.errors import Undefined
from analytics.engine.months import Months, best_and_worst, calendar_returns
from analytics.engine.returns import DAYS_A_YEAR
from analytics.engine.rolling import rolling_returns
from analytics.selectors.dashboard import chart_of
from analytics.selectors.explaining.performance import performance_makers
from analytics.selectors.explaining.periods import fall_makers, growth_makers, stretch_makers, year_makers
from analytics.selectors.explanations import Explanation, Explanations
from analytics.selectors.parts import Bridge, Part, Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.period.growth import Growth, GrowthReport
from analytics.selectors.period.unusual import UnusualDay, UnusualDays
from analytics.selectors.scope import Scope, figure, in_words, sentence
from analytics.selectors.shapes import ChartSeries, Performance
from portfolio_site.kernel.dates import months_before
from portfolio_site.kernel.figures import Figure, Unit

MOST_FALLS = 5
ROLLED = (1, 3, 5)  # years
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
class MonthCell:
    """A month of the calendar; `text` is the period that an address calls it; `is_whole`: all its days lie in the history."""

    text: str
    first: date
    twr: Figure
    is_whole: bool
    is_inside: bool  # some of its days do


@dataclass(frozen=True, slots=True)
class YearRow:
    """One year of the calendar with its twelve months; `is_whole`: it lies in the history from its first day to its last."""

    year: int
    months: tuple[MonthCell, ...]
    twr: Figure
    benchmark_twr: Figure
    excess: Figure
    is_whole: bool
    first: date  # of its days with entries behind them
    last: date


@dataclass(frozen=True, slots=True)
class Extreme:
    """Best and worst day, month or year of the period: figures, first days, and how many of them gained, a fraction."""

    unit: str  # "day", "month", "year"
    best: Figure
    best_on: date | None
    worst: Figure
    worst_on: date | None
    gained: Figure


@dataclass(frozen=True, slots=True)
class Rolling:
    """Returns a year over every stretch of so many years that ends in the period: the latest, best, worst and the middle one."""

    years: int
    latest: Figure
    best: Figure
    worst: Figure
    median: Figure


@dataclass(frozen=True, slots=True, eq=False)
class Returns:
    """The report.

    performance       the period, with its series
    worst_fall        of the period; `falls`: its five deepest, deepest first
    chart             its series, thinned; `drawdown`: how far each of its closes lies under the highest before; empty without a return
    years             latest first
    bridge, parts     what changed the value, and what each holding added to the return
    growth            of the value: its trend, its months, what changed it today and this month
    unusual           days that are unlike the portfolio's own past, newest first
    net_twr           after fees and taxes, and gross_twr before them, whichever the rest is told in
    """

    performance: Performance
    worst_fall: Figure
    falls: tuple[Fall, ...]
    drawdown: tuple[float, ...]
    years: tuple[YearRow, ...]
    extremes: tuple[Extreme, ...]
    rolling: tuple[Rolling, ...]
    bridge: Bridge
    parts: tuple[Part, ...]
    net_twr: Figure
    gross_twr: Figure
    growth: Growth
    unusual: tuple[UnusualDay, ...]
    chart: ChartSeries
    explanations: Mapping[str, Explanation]


def returns_of(scope: Scope, start: date | None = None, end: date | None = None) -> Returns:
    """The report of a period, from what a scope has read.  No query of its own but the closes of an opening value."""
    return ReturnsReport(scope, start, end).made()


class ReturnsReport:
    """The parts of the report, each computed when it is asked for."""

    def __init__(self, scope: Scope, start: date | None = None, end: date | None = None) -> None:
        self.scope, self.stretch = scope, Stretch(scope, start, end)
        self.parts = Parts(self.stretch)

    def _day(self, place: int) -> date:
        return self.stretch.daily.first + timedelta(days=place)

    @cached_property
    def worst_fall(self) -> Figure:
        return figure("maximum_drawdown", Unit.FRACTION, lambda: maximum_drawdown(self.stretch.index))

    def falls(self) -> tuple[Fall, ...]:
        return tuple(self._fall(one) for one in self.fallen)

    @cached_property
    def fallen(self) -> list[Drawdown]:
        none: list[Drawdown] = []
        return known_or(lambda: drawdowns(self.stretch.index, MOST_FALLS), none)

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
        return YearRow(year, self._months(one, year), one.twr, one.benchmark_twr, one.excess, whole, one.first, one.last)

    def _months(self, one: Stretch, year: int) -> tuple[MonthCell, ...]:
        try:
            found = _calendar(one)
            figures = [figure("twr", Unit.FRACTION, partial(found.months.at, 0, month)) for month in range(12)]
            whole = found.whole_months[0].tolist()
        except Undefined as problem:
            figures, whole = [Figure.undefined("twr", Unit.FRACTION, sentence(problem.reason))] * 12, [False] * 12
        firsts = [date(year, month, 1) for month in range(1, 13)]
        inside = [one.first <= _last_of(first) and first <= one.last for first in firsts]
        told = zip(firsts, figures, inside, strict=True)
        figures = [found if within else self._outside(first) for first, found, within in told]
        return tuple(MonthCell(f"{first:%Y-%m}", first, *rest) for first, *rest in zip(firsts, figures, whole, inside, strict=True))

    def _outside(self, first: date) -> Figure:
        """A month without a day in the history."""
        begun = self.scope.daily.first + timedelta(days=1)
        why = "It is still to come." if first > self.scope.today else f"It lies before your first entry, of {in_words(begun)}."
        return Figure.undefined("twr", Unit.FRACTION, why)

    def extremes(self) -> tuple[Extreme, ...]:
        """Of days, months and years of the period."""
        try:
            calendar, growth = _calendar(self.stretch), self.stretch.growth
        except Undefined:
            return ()
        first, years = self.stretch.first, calendar.years.tolist()
        days = Answers.of(growth - 1.0, (~self.stretch.working, "no money was at work then"))
        return (
            _extreme("day", days, lambda at: first + timedelta(days=at[0])),
            _extreme("month", calendar.months, lambda at: date(years[at[0]], at[1] + 1, 1)),
            _extreme("year", calendar.totals, lambda at: date(years[at[0]], 1, 1)),
        )

    def rolling(self) -> tuple[Rolling, ...]:
        return tuple(self._rolling(years) for years in ROLLED)

    def _rolling(self, years: int) -> Rolling:
        """Stretches may begin before the period, as far as entries go back."""

        def over(pick: Callable[[FloatArray], float]) -> Figure:
            return figure("rolling_return", Unit.FRACTION, lambda: pick(self._rolled(years * DAYS_A_YEAR)))

        return Rolling(
            years, over(lambda r: float(r[-1])), over(lambda r: float(r.max())), over(lambda r: float(r.min())), over(lambda r: float(np.median(r)))
        )

    def _rolled(self, days: int) -> FloatArray:
        whole = Stretch(self.scope, None, self.stretch.last)
        found = rolling_returns(whole.index, days=days)
        ending = found.values[found.known & (np.arange(len(found)) + days > self.stretch.daily.first.toordinal() - whole.daily.first.toordinal())]
        if not len(ending):
            raise Undefined(f"no stretch of {days} days ends in the period")
        return ending

    def made(self) -> Returns:
        found = self.stretch.result()
        chart = chart_of(self.stretch)
        places = [(day - self.stretch.daily.first).days for day in chart.days]
        fallen: tuple[float, ...] = known_or(lambda: tuple(drawdown_series(self.stretch.index)[places].tolist()), ())
        bridge, shares = self.parts.bridge(), self.parts.parts()
        return Returns(
            performance=found,
            worst_fall=self.worst_fall,
            falls=self.falls(),
            drawdown=fallen,
            years=self.years(),
            extremes=self.extremes(),
            rolling=self.rolling(),
            bridge=bridge,
            parts=shares,
            net_twr=self.stretch.net_twr,
            gross_twr=self.stretch.gross_twr,
            growth=self.growth.result(),
            unusual=self.unusual_days,
            chart=chart,
            explanations=Explanations(self.makers()),
        )

    @cached_property
    def unusual(self) -> UnusualDays:
        return UnusualDays(self.stretch, self.parts)

    @cached_property
    def unusual_days(self) -> tuple[UnusualDay, ...]:
        return self.unusual.days()

    @cached_property
    def growth(self) -> GrowthReport:
        return GrowthReport(self.scope, self.stretch)

    def makers(self) -> dict[str, Callable[[], Explanation]]:
        """Explanations of everything that the report shows, by name."""
        rolled = [(one.years, one.latest) for one in self.rolling()]
        return {
            **performance_makers(self.scope, self.stretch, self.worst_fall, self.parts),
            **year_makers(self.scope),
            **fall_makers(self.scope, self.stretch, self.fallen),
            **stretch_makers(self.scope, self.stretch, rolled),
            **growth_makers(self.growth),
            **self.unusual.makers(self.unusual_days),
        }


def _calendar(stretch: Stretch) -> Months:
    return calendar_returns(stretch.growth, stretch.working, stretch.first)


def _last_of(first: date) -> date:
    return months_before(first, -1) - timedelta(days=1)


def _extreme(unit: str, returns: Answers, on: Callable[[tuple[int, ...]], date]) -> Extreme:
    try:
        found = best_and_worst(returns)
    except Undefined as problem:
        none = Figure.undefined("best_and_worst", Unit.FRACTION, sentence(problem.reason))
        return Extreme(unit, none, None, none, None, none)
    best, worst = (Figure("best_and_worst", Unit.FRACTION, value) for value in (found.best, found.worst))
    return Extreme(unit, best, on(found.best_at), worst, on(found.worst_at), Figure("share", Unit.FRACTION, found.gained / found.counted))


def known_or(compute: Callable[[], Found], otherwise: Found) -> Found:
    """What is computed, or something else where the engine says that there is none."""
    try:
        return compute()
    except Undefined:
        return otherwise
