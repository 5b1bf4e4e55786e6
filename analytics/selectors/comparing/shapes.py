"""What the selectors of comparison answer with; conventions as in analytics.selectors.shapes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from analytics.selectors.risk.shapes import AgainstBenchmark
from analytics.selectors.shapes import BenchmarkResult, FloatArray, IntArray
from market.selectors import BenchmarkView
from portfolio_site.kernel.figures import Figure
from portfolios.models import Portfolio
from portfolios.selectors import InstrumentView

BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Other:
    """Something to compare with: an index or blend of the list, or an instrument.

    key  as an address writes it: 12 for a number of the list, i45 for an instrument
    """

    key: str
    view: BenchmarkView


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """What one unit of money became, less the unit: a fraction at each of some closes, day numbers since 1970-01-01.

    Empty where `why_not` says so.
    """

    days: IntArray
    returns: FloatArray
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Alone:
    """What anything did by itself over the days of the comparison."""

    twr: Figure
    twr_annualised: Figure
    volatility: Figure
    maximum_drawdown: Figure
    path: Path


@dataclass(frozen=True, slots=True)
class LineBeside:
    """One line beside the portfolio.

    result   index and same money: its own return, what the same flows would be worth in it, the lead, the excess in points
    against  the portfolio's figures against it, on common days
    """

    other: Other
    alone: Alone
    result: BenchmarkResult
    against: AgainstBenchmark


@dataclass(frozen=True, slots=True)
class Kept:
    """A holding that was there at the close from which nothing is traded.

    units_then, units  at that close, and at the end, after splits and the like
    value_then, value  what they were worth, and are at the end
    """

    instrument: InstrumentView
    units_then: Figure
    units: Figure
    value_then: Figure
    value: Figure
    is_held: bool  # whether any of it is still held


@dataclass(frozen=True, slots=True)
class NeverTraded:
    """The portfolio as it would be had nothing been traded after the close of `since`.  docs/numbers.md: "Had I never traded".

    trades      how many did not happen; None, and every figure undefined, where it cannot be told
    value       at the end; `gain` of the period
    difference  what trading brought: the gain of the period less the one without trades
    points      the same of the time-weighted returns
    other       what the kept holdings do not account for: cash, and what stands at its cost
    """

    since: date | None
    trades: int | None
    value: Figure
    gain: Figure
    alone: Alone
    difference: Figure
    points: Figure
    kept: tuple[Kept, ...]
    other: Figure
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A portfolio, or several together, beside up to four others, over one period."""

    start: date
    end: date
    currency: str
    days: int  # common trading days
    start_value: Figure
    end_value: Figure
    net_flows: Figure
    gain: Figure
    alone: Alone
    lines: tuple[LineBeside, ...]
    untraded: NeverTraded
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Side:
    """One portfolio among others, over the part of the period in which it existed.

    since         the first day of that part; None where nothing was recorded up to the end
    begins_later  than the first of those that it stands beside
    income        booked on the days of the period, before tax
    """

    portfolio: Portfolio
    since: date | None
    begins_later: bool
    value: Figure
    net_flows: Figure
    gain: Figure
    alone: Alone
    mwr: Figure
    mwr_is_annual: bool
    risk_level: Figure
    income: Figure
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sides:
    """Portfolios side by side, in one currency over one period."""

    start: date | None  # None: each from its first entry
    end: date
    currency: str
    rows: tuple[Side, ...]
