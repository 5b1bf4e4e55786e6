"""Returns over a period, and the same period in the benchmark.  docs/numbers.md: "Returns", "Risk".

The period runs from the start of `start` to the end of `end`; its opening value is that of the close before.  It cannot begin
before the first entry.  Where nothing was at work at the opening close, the benchmark is counted from the close of the first
day with money: that is when the money came in, and when the same money would have bought the benchmark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property

import numpy as np

from analytics.border import BoolArray, FloatArray, IntArray
from analytics.engine.arrays import finite
from analytics.engine.benchmark import index_return, same_money
from analytics.engine.errors import Undefined
from analytics.engine.rates import one_rate
from analytics.engine.returns import DAYS_A_YEAR, annualised, daily_growth, modified_dietz, simple_return
from analytics.engine.risk import annual_volatility, risk_level
from analytics.selectors.scope import Scope, figure, less, renamed
from analytics.selectors.shapes import BenchmarkResult, Performance, PerformanceSeries
from analytics.selectors.value import value_on
from analytics.series import Daily, each_day
from analytics.trading import TradingReturns, trading_returns
from market.selectors import BenchmarkView, day_number
from portfolio_site.kernel.dates import years_before
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.models import Portfolio

ONE_DAY = timedelta(days=1)
BEYOND = "the growth over the period is beyond all numbers"
NOTHING_YET = "Nothing has been recorded up to the end of the period."


def performance(
    portfolios: Sequence[Portfolio],
    *,
    currency: str = "",
    start: date | None = None,
    end: date | None = None,
    benchmark: BenchmarkView | None = None,
    today: date | None = None,
) -> Performance:
    """How some portfolios did, together.

    start, end  first and last day of the period; where missing, the first entry and today
    benchmark   where missing, that of the first portfolio that has one
    """
    return performance_of(Scope(portfolios, currency, today=today, benchmark=benchmark), start, end)


def performance_of(scope: Scope, start: date | None = None, end: date | None = None) -> Performance:
    """The same from what a scope has read."""
    return Stretch(scope, start, end).result()


def past_year(scope: Scope) -> Stretch:
    """The year up to today: it opens at the close of the same day a year ago."""
    return Stretch(scope, start=years_before(scope.today, 1) + ONE_DAY)


@dataclass(eq=False)
class Stretch:
    """One period of a scope, with the series it is computed from.

    is_exact  its opening value is asked for to the last digit; else it is that of the series, without a query
    """

    scope: Scope
    start: date | None = None
    end: date | None = None
    is_exact: bool = True

    @cached_property
    def last(self) -> date:
        return min(self.end or self.scope.today, self.scope.today)

    @cached_property
    def daily(self) -> Daily:
        """Entry 0 is the close before the period."""
        whole = self.scope.daily
        before = whole.first if self.start is None else max(self.start - ONE_DAY, whole.first)
        return whole.between(before, self.last)

    @cached_property
    def earning(self) -> Daily:
        """The series that returns are made of: gross, with fees and taxes as money taken out."""
        return self.before_costs if self.scope.gross else self.daily

    @cached_property
    def before_costs(self) -> Daily:
        return self.daily.before_costs(self.costs)

    @cached_property
    def costs(self) -> FloatArray:
        """Fees and taxes of each day, those inside of trades too."""
        return each_day(((one.day, one.amount) for one in self.scope.costs_paid), self.daily.first, self.days)

    def beside(self, scope: Scope) -> Stretch:
        """The same period of the same portfolios beside another benchmark; what they are worth is asked for once."""
        other = Stretch(scope, self.start, self.end)
        other.start_value, other.end_value, other.net_flows = self.start_value, self.end_value, self.net_flows
        return other

    @property
    def first(self) -> date:
        """The first day."""
        return self.daily.first + ONE_DAY

    @property
    def days(self) -> int:
        return len(self.daily.value) - 1

    @property
    def is_empty(self) -> bool:
        return self.days == 0 or self.last <= self.scope.daily.first

    def _require_known(self) -> None:
        if self.is_empty:
            raise Undefined(NOTHING_YET)
        if not self.daily.known.all():
            raise Undefined(self.scope.why_unknown())

    # ── money ───────────────────────────────────────────────────────────────

    @cached_property
    def start_value(self) -> Figure:
        """At the close before the period."""
        if self.is_empty or self.daily.first == self.scope.daily.first:
            return Figure("start_value", Unit.MONEY, Decimal(0), currency=self.scope.currency)
        if not self.is_exact:
            return figure("start_value", Unit.MONEY, self._opening_value, self.scope.currency)
        return renamed("start_value", self._value_on(self.daily.first))

    def _opening_value(self) -> float:
        self._require_known()
        return float(self.daily.value[0])

    @cached_property
    def end_value(self) -> Figure:
        """Exact; today at the newest quotes."""
        if self.last == self.scope.today:
            return renamed("end_value", self.scope.table.value)
        return renamed("end_value", self._value_on(self.last))

    def _value_on(self, day: date) -> Figure:
        return value_on(self.scope.books, self.scope.instruments, self.scope.currency, day, costs=self.scope.costs, user=self.scope.rated_by)

    @cached_property
    def net_flows(self) -> Figure:
        """Exact, unless units were moved in kind or something had no price: then from the daily series."""
        flows = [flow for book in self.scope.books for flow in book.flows if self.daily.first < flow.day <= self.last]
        exact = sum((flow.amount for flow in flows), Decimal(0))
        series = float(self.daily.inflow.sum() - self.daily.outflow.sum())
        same = abs(float(exact) - series) <= 1e-9 * max(1.0, float(self.daily.inflow.sum() + self.daily.outflow.sum()))
        return Figure("net_flows", Unit.MONEY, exact if same else series, currency=self.scope.currency)

    @property
    def gain(self) -> Figure:
        """end − start − net flows."""
        return less("gain", less("gain", self.end_value, self.start_value), self.net_flows)

    # ── returns ─────────────────────────────────────────────────────────────

    @cached_property
    def growth(self) -> FloatArray:
        """Growth of each day, 1 where nothing was at work.  Raises Undefined."""
        return self._grown[0]

    @cached_property
    def working(self) -> BoolArray:
        """Which days had money at work.  Raises Undefined."""
        return self._grown[1]

    @cached_property
    def _grown(self) -> tuple[FloatArray, BoolArray]:
        return self._growth_of(self.earning)

    def _growth_of(self, series: Daily) -> tuple[FloatArray, BoolArray]:
        self._require_known()
        growth, working = daily_growth(series.value, series.inflow, series.outflow)
        if not working.any():
            raise Undefined("no day in the period had money at work")
        return growth, working

    @cached_property
    def index(self) -> FloatArray:
        """What one unit of money became, from 1 at the opening close.  Raises Undefined."""
        with np.errstate(over="ignore"):
            index = np.concatenate(([1.0], np.cumprod(self.growth)))
        if not np.isfinite(index).all():
            raise Undefined(BEYOND)
        return index

    @cached_property
    def opening(self) -> int:
        """The entry from which the benchmark is counted: 0, or the first one with money where there was none at 0."""
        if self.daily.value[0] != 0:
            return 0
        moved = np.flatnonzero((self.daily.inflow != 0) | (self.daily.value[1:] != 0))
        return int(moved[0]) + 1 if len(moved) else 0

    @cached_property
    def twr(self) -> Figure:
        return figure("twr", Unit.FRACTION, lambda: float(self.index[-1]) - 1.0)

    @cached_property
    def net_twr(self) -> Figure:
        """After fees and taxes, and `gross_twr` before them, whichever of the two the report is told in."""
        return self._linked("twr", self.daily) if self.scope.gross else self.twr

    @cached_property
    def gross_twr(self) -> Figure:
        return renamed("gross_twr", self.twr) if self.scope.gross else self._linked("gross_twr", self.before_costs)

    def _linked(self, name: str, series: Daily) -> Figure:
        with np.errstate(over="ignore"):
            return figure(name, Unit.FRACTION, lambda: finite(float(np.prod(self._growth_of(series)[0])) - 1.0, BEYOND))

    @cached_property
    def twr_annualised(self) -> Figure:
        return figure("twr_annualised", Unit.FRACTION, lambda: annualised(float(self.index[-1]) - 1.0, self.days))

    @cached_property
    def dietz(self) -> Figure:
        return figure("modified_dietz", Unit.FRACTION, self._dietz)

    def _dietz(self) -> float:
        self._require_known()
        series = self.earning
        return modified_dietz(float(series.value[0]), float(series.value[-1]), series.inflow, series.outflow)

    @cached_property
    def simple(self) -> Figure:
        return figure("simple_return", Unit.FRACTION, self._simple)

    def _simple(self) -> float:
        self._require_known()
        series = self.earning
        return simple_return(float(series.value[0]), float(series.value[-1]), series.inflow, series.outflow)

    @cached_property
    def cash_flows(self) -> tuple[IntArray, FloatArray]:
        """Day numbers and amounts of the money-weighted return: opening value and what was paid in below zero, the rest above."""
        series = self.earning
        net = series.outflow - series.inflow
        amounts = np.concatenate(([-series.value[0]], net))
        amounts[-1] += series.value[-1]
        places = np.flatnonzero(amounts)
        return day_number(series.first) + places, amounts[places]

    @cached_property
    def mwr(self) -> Figure:
        return figure("mwr", Unit.FRACTION, self._mwr)

    def _mwr(self) -> float:
        self._require_known()
        near = self.dietz.value
        return one_rate(*self.cash_flows, near=None if near is None else float(near))

    @cached_property
    def mwr_is_annual(self) -> bool:
        if self.is_empty:
            return False
        days, _ = self.cash_flows
        return len(days) > 0 and int(days[-1] - days[0]) >= DAYS_A_YEAR

    # ── risk ────────────────────────────────────────────────────────────────

    @cached_property
    def volatility(self) -> Figure:
        """Annual, over the last year of the period."""
        return figure("volatility", Unit.FRACTION, self._volatility)

    def _volatility(self) -> float:
        returns = self.returns(self.daily.at(years_before(self.last, 1)))
        return annual_volatility(returns.values, periods_per_year=self.daily.periods)

    def returns(self, begin: int = 0) -> TradingReturns:
        """Of business days from entry `begin`, or the opening, on; a day on which nothing was at work has none.  Raises Undefined."""
        return trading_returns(self.index, self.working, self.daily.trading, max(begin, self.opening))

    @cached_property
    def risk_level(self) -> Figure:
        if self.volatility.value is None:
            return Figure.undefined("risk_level", Unit.NUMBER, self.volatility.why_not)
        return Figure("risk_level", Unit.NUMBER, Decimal(risk_level(float(self.volatility.value))))

    # ── benchmark ───────────────────────────────────────────────────────────

    @cached_property
    def benchmark_index(self) -> FloatArray:
        """The benchmark at each entry; before the opening entry as at it.  Raises Undefined where one of its days is not known."""
        series, found = self.scope.daily, self.scope.benchmark_now
        if found is None:
            raise Undefined("no benchmark is chosen")
        self._require_known()
        begin, length = series.at(self.daily.first), len(self.daily.value)
        found.require(begin + self.opening, begin + length)
        index = found.values[begin : begin + length].copy()
        index[: self.opening] = index[self.opening]
        return index

    @cached_property
    def same_money(self) -> FloatArray:
        """The same flows in the benchmark, at each entry.  Raises Undefined."""
        series = self.daily
        return same_money(float(series.value[0]), series.inflow, series.outflow, self.benchmark_index)

    @cached_property
    def benchmark_twr(self) -> Figure:
        return figure("benchmark_twr", Unit.FRACTION, lambda: index_return(self.benchmark_index[self.opening :]))

    @property
    def excess(self) -> Figure:
        """Portfolio's return less the benchmark's, in points."""
        return less("excess", self.twr, self.benchmark_twr, unit=Unit.POINTS)

    def benchmark(self) -> BenchmarkResult | None:
        if self.scope.benchmark is None:
            return None
        level = self.scope.benchmark_now
        ends = figure("same_money", Unit.MONEY, lambda: float(self.same_money[-1]), self.scope.currency)
        return BenchmarkResult(
            benchmark=self.scope.benchmark,
            is_total=level is not None and level.is_total,
            notes=self.scope.benchmark_notes,
            twr=self.benchmark_twr,
            twr_annualised=figure(
                "benchmark_twr", Unit.FRACTION, lambda: annualised(index_return(self.benchmark_index[self.opening :]), self.days - self.opening)
            ),
            same_money=ends,
            lead=less("lead", self.end_value, ends),
            excess=self.excess,
        )

    # ── all of it ───────────────────────────────────────────────────────────

    def series(self) -> PerformanceSeries:
        """See PerformanceSeries.  Where the return has no number, its series is flat up to there."""
        daily = self.daily
        known = daily.known & (not self.is_empty)
        whole = self.scope.daily
        invested = whole.invested[whole.at(daily.first) : whole.at(daily.first) + len(daily.value)]
        try:
            returns = self.index - 1.0
        except Undefined:
            returns = np.zeros(len(daily.value))
        try:
            bench, same = self.benchmark_index, self.same_money
            benchmark_twr: FloatArray | None = (bench / bench[self.opening] - 1.0)[known]
            money: FloatArray | None = same[known]
        except Undefined:
            benchmark_twr = money = None
        return PerformanceSeries(daily.days[known], daily.value[known], invested[known], returns[known], benchmark_twr, money)

    def result(self) -> Performance:
        return Performance(
            start=self.first if not self.is_empty else (self.start or self.last),
            end=self.last,
            currency=self.scope.currency,
            start_value=self.start_value,
            end_value=self.end_value,
            net_flows=self.net_flows,
            gain=self.gain,
            twr=self.twr,
            twr_annualised=self.twr_annualised,
            mwr=self.mwr,
            mwr_is_annual=self.mwr_is_annual,
            modified_dietz=self.dietz,
            simple_return=self.simple,
            is_gross=self.scope.gross,
            volatility=self.volatility,
            risk_level=self.risk_level,
            benchmark=self.benchmark(),
            series=self.series(),
            warnings=self.scope.warnings,
        )
