"""What the selectors of this app answer with.  Frozen; fractions, never percent; money in the currency of the report.

A figure that cannot be computed is a `Figure` with its reason.  Names of figures are their entries in docs/numbers.md.  Exact
figures are decimals; ratios and what comes from daily series are floats.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from analytics.selectors.amounts import Slice
from analytics.selectors.completeness import Completeness
from analytics.selectors.explanations import Explanation
from analytics.selectors.income.shapes import HoldingIncome
from market.selectors import BenchmarkView
from portfolio_site.kernel.figures import Figure
from portfolios.selectors import HoldingRow, HoldingsTable, InstrumentView, LotView, MatchView

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


# ── performance ─────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """The benchmark over the same days.

    is_total     whether its dividends are counted; `notes`: what is not, in sentences
    same_money   what the same flows would be worth in it at the end
    lead         end value − same_money
    excess       portfolio's return − benchmark's, in points
    """

    benchmark: BenchmarkView
    is_total: bool
    notes: tuple[str, ...]
    twr: Figure
    twr_annualised: Figure
    same_money: Figure
    lead: Figure
    excess: Figure


@dataclass(frozen=True, slots=True, eq=False)
class PerformanceSeries:
    """Daily series of the period: entry 0 is the close before it.  Days on which cash had no rate are left off.

    invested       paid in less taken out, since the portfolio began
    twr            return since the start of the period, a fraction
    benchmark_twr  the same of the benchmark; None without one, or where it cannot be computed
    same_money     the same flows in the benchmark; None likewise
    """

    days: IntArray  # day numbers since 1970-01-01
    value: FloatArray
    invested: FloatArray
    twr: FloatArray
    benchmark_twr: FloatArray | None
    same_money: FloatArray | None


@dataclass(frozen=True, slots=True)
class Performance:
    """How the portfolios did from the start of `start` to the end of `end`.

    start_value       at the close before `start`
    net_flows         paid in less taken out inside; units moved in kind count with their value of the day
    gain              end_value − start_value − net_flows
    mwr               money-weighted: a year over 365 days or more (`mwr_is_annual`), else for the period
    is_gross          returns are before fees and taxes; amounts of money are what they are
    """

    start: date
    end: date
    currency: str
    start_value: Figure
    end_value: Figure
    net_flows: Figure
    gain: Figure
    twr: Figure
    twr_annualised: Figure
    mwr: Figure
    mwr_is_annual: bool
    modified_dietz: Figure
    simple_return: Figure
    is_gross: bool
    volatility: Figure
    risk_level: Figure
    benchmark: BenchmarkResult | None
    series: PerformanceSeries
    warnings: tuple[str, ...] = ()


# ── pages ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class ChartSeries:
    """Series for a chart, thinned: every day of the last year, fewer before; all of one length.

    index       growth of one unit of money, time-weighted
    benchmark   the benchmark on the same days, any base; empty without one
    same_money  the same flows in the benchmark since the beginning; empty without one
    """

    days: tuple[date, ...] = ()
    value: tuple[float, ...] = ()
    invested: tuple[float, ...] = ()
    index: tuple[float, ...] = ()
    benchmark: tuple[float, ...] = ()
    same_money: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Dashboard:
    """Everything that the dashboard shows, from one computation.

    year_gain         what the past year brought, in money; `year_return` its modified Dietz return, which has the same sign
    gain_on_cost      total gain over everything that was ever paid for holdings
    over_benchmark    the past year's time-weighted return less the benchmark's, in points
    money_weighted    since `since`; a year where `money_weighted_is_annual`
    sparks            closes of the last 30 days by instrument
    complete          how much of the value has a price of today
    benchmark_notes   what the comparison leaves out of the benchmark, such as dividends, in sentences
    """

    currency: str
    as_of: date
    portfolios: int
    table: HoldingsTable
    complete: Completeness
    net_worth: Figure
    day_change: Figure
    day_change_fraction: Figure
    year_start: date
    year_gain: Figure
    year_return: Figure
    year_twr: Figure
    benchmark: BenchmarkView | None
    benchmark_notes: tuple[str, ...]
    benchmark_year_twr: Figure
    total_gain: Figure
    gain_on_cost: Figure
    over_benchmark: Figure
    money_weighted: Figure
    money_weighted_is_annual: bool
    since: date | None
    risk_level: Figure
    volatility: Figure
    cash: Figure
    cash_weight: Figure
    chart: ChartSeries
    sparks: dict[int, tuple[float, ...]]
    by_class: tuple[Slice, ...]
    by_currency: tuple[Slice, ...]
    explanations: Mapping[str, Explanation]  # by name, each made when it is asked for
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PriceMark:
    """Something that a person did with an instrument on a day.  `price` is in the instrument's currency."""

    kind: str  # of the event, such as "buy"
    side: str  # "in" and "out" for units, "paid" for money, "" for what changes units only
    day: date
    price: float
    quantity: Decimal | None
    amount: Figure  # what was paid or received, in the report currency
    ratio: str = ""


@dataclass(frozen=True, slots=True)
class YearIncome:
    """Income of one year: before tax, what was withheld or charged, and after."""

    year: int
    gross: Decimal
    expenses: Decimal

    @property
    def net(self) -> Decimal:
        return self.gross - self.expenses


@dataclass(frozen=True, slots=True)
class LotRow:
    """An open lot with where it lies."""

    portfolio_id: int
    lot: LotView


@dataclass(frozen=True, slots=True)
class SoldRow:
    """A part of a sale with where it lies."""

    portfolio_id: int
    match: MatchView


@dataclass(frozen=True, slots=True)
class HoldingDetail:
    """Everything that the page of one instrument shows.

    row           the position; None where none of the portfolios ever had an entry of it
    parts         where the gain came from: named figures that add up to the total gain
    yield_on_cost income of the last 365 days over the cost of what is held
    paying        what it pays and is expected to pay; None where it was never held
    """

    instrument: InstrumentView
    currency: str
    as_of: date
    row: HoldingRow | None
    table: HoldingsTable
    lots: tuple[LotRow, ...]
    sold: tuple[SoldRow, ...]
    days: tuple[date, ...]
    closes: tuple[float, ...]
    simulated_from: date | None
    average_cost_local: Figure
    marks: tuple[PriceMark, ...]
    parts: tuple[tuple[str, Figure], ...]
    income: tuple[YearIncome, ...]
    income_net: Figure
    yield_on_cost: Figure
    paying: HoldingIncome | None
    money_weighted: Figure
    money_weighted_is_annual: bool
    previous_id: int | None
    next_id: int | None
    explanations: Mapping[str, Explanation]  # by name, each made when it is asked for
