"""What the report of risk is asked, and what it answers with.  As `shapes`: frozen; fractions, never percent.

A loss is a fraction of the value, positive where money is lost; a fall is one at or below zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from analytics.engine.tail import Method
from analytics.selectors.shapes import FloatArray, IntArray
from market.selectors import BenchmarkView
from portfolio_site.kernel.figures import Figure
from portfolios.selectors import InstrumentView

# ── what is asked ───────────────────────────────────────────────────────────

CLASS, CURRENCY, HOLDING = "class", "currency", "holding"


@dataclass(frozen=True, slots=True)
class Shock:
    """One cause and what it does: `change` -0.2 lowers by a fifth.

    kind  "class" (key: an asset class), "currency" (a code, against the report currency) or "holding" (number of an instrument)
    """

    kind: str
    key: str
    change: float


@dataclass(frozen=True, slots=True)
class RiskAsked:
    """start, end  first and last day of the window; where missing, the year up to the end, and today
    whole       the window begins with the first entry, whatever `start` says
    rate        without risk, a year, that the person sets; None: the stored one of the report currency
    least       the least acceptable return, a year
    shocks      of a stress of the person's own; causes of one holding multiply
    """

    start: date | None = None
    end: date | None = None
    whole: bool = False
    rate: float | None = None
    least: float = 0.0
    shocks: tuple[Shock, ...] = ()


# ── the whole ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class TailRow:
    """Value at risk and expected shortfall one way: fractions, and money of the value at the end of the window."""

    method: Method
    level: float
    horizon: int  # trading days
    value_at_risk: Figure
    expected_shortfall: Figure
    value_at_risk_money: Figure
    expected_shortfall_money: Figure


@dataclass(frozen=True, slots=True)
class TestedRow:
    """How often the value at risk of one day failed; the figures are undefined with the reason where it cannot be tested.

    estimated_on  trading days from which each evening's value at risk was made
    accepted      whether luck explains so many failures in one case of twenty or more; None where it cannot be tested
    """

    method: Method
    level: float
    estimated_on: int
    days: Figure
    failures: Figure
    expected: Figure
    p_value: Figure
    accepted: bool | None


@dataclass(frozen=True, slots=True)
class Fall:
    """One fall: from the day of the peak over the trough to the day on which it was made good, None while it lasts.

    days  calendar days under water, up to the end of the window while it lasts
    """

    depth: float
    peak: date
    trough: date
    recovery: date | None
    days: int


@dataclass(frozen=True, slots=True, eq=False)
class Dated:
    """A series by day number since 1970-01-01; empty where `why_not` says so."""

    days: IntArray
    values: FloatArray
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Riskless:
    """The rate without risk that counts: a year, fraction.  `source`: whose it is; `newest`: the day of its last publication."""

    figure: Figure
    source: str
    newest: date | None
    set_by_person: bool


# ── by holding ──────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class HoldingRisk:
    """One thing that is held now, over the days of the window, whether or not it was held on all of them.

    instrument    None for cash, then `cash` is its currency
    contribution  what it adds to the volatility of the holdings; `share` the same over that volatility
    """

    instrument: InstrumentView | None
    cash: str
    value: Figure
    weight: Figure
    volatility: Figure
    maximum_drawdown: Figure
    value_at_risk: Figure  # 95 %, one day, historical
    expected_shortfall: Figure
    beta: Figure
    contribution: Figure
    share: Figure

    @property
    def name(self) -> str:
        return self.instrument.name if self.instrument is not None else f"Cash, {self.cash}"

    @property
    def symbol(self) -> str:
        return self.instrument.symbol if self.instrument is not None else self.cash


@dataclass(frozen=True, slots=True)
class CorrelationTable:
    """Correlations of the largest holdings, in the order of their weight.

    rows      one row of figures for each of `names`; 1 on the diagonal
    left_out  how many further holdings have correlations that are not shown
    """

    names: tuple[str, ...]
    symbols: tuple[str, ...]
    rows: tuple[tuple[Figure, ...], ...]
    left_out: int
    average: Figure


@dataclass(frozen=True, slots=True)
class HoldingsRisk:
    """What is held now, together.

    volatility   a year, of the present mix by the covariance; the contributions add up to it
    covered      share of what can vary, by gross exposure, that the covariance covers
    days         common trading days
    """

    rows: tuple[HoldingRisk, ...]  # largest exposure first
    volatility: Figure
    covered: Figure
    days: int
    shrinkage: Figure
    correlation: CorrelationTable


# ── stress ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class StressPart:
    """What one holding adds to a change: a fraction of the whole, and money."""

    instrument: InstrumentView | None
    cash: str
    change: Figure
    money: Figure


@dataclass(frozen=True, slots=True)
class StressRow:
    """What the present holdings would have lost in a past period, or would lose under shocks.

    covered  share of the exposure that has prices in the period; None for shocks
    deepest  the worst fall on the way; None for shocks
    """

    key: str
    name: str
    start: date | None
    end: date | None
    change: Figure
    money: Figure
    covered: Figure | None
    deepest: Figure | None
    parts: tuple[StressPart, ...] = ()


# ── all of it ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AgainstBenchmark:
    """The portfolio beside its benchmark on common days.  Without a benchmark every figure is undefined."""

    benchmark: BenchmarkView | None
    notes: tuple[str, ...]
    beta: Figure
    alpha: Figure
    r_squared: Figure
    correlation: Figure
    tracking_error: Figure
    information_ratio: Figure
    up_capture: Figure
    down_capture: Figure


@dataclass(frozen=True, slots=True)
class Risk:
    """The whole report, over one window.

    start, end   first and last day of the window
    days         trading days in it that have a return
    periods      trading days of a year
    level_reason the sentence that places the level
    returns      of the trading days, by the day on which they end
    rolling      volatility of the `rolling_days` trading days up to each
    drawdown     how far each close lay under the highest one before it in the window
    """

    start: date
    end: date
    currency: str
    days: int
    periods: int
    value: Figure
    level: Figure
    level_reason: str
    volatility: Figure
    downside_deviation: Figure
    sharpe: Figure
    sortino: Figure
    calmar: Figure
    maximum_drawdown: Figure
    ulcer: Figure
    skewness: Figure
    excess_kurtosis: Figure
    riskless: Riskless
    least: Figure
    tails: tuple[TailRow, ...]
    tests: tuple[TestedRow, ...]
    falls: tuple[Fall, ...]
    drawdown: Dated
    returns: Dated
    rolling: Dated
    rolling_days: int
    benchmark: AgainstBenchmark
    holdings: HoldingsRisk
    past: tuple[StressRow, ...]
    own: StressRow | None
    warnings: tuple[str, ...] = ()

    def tail(self, method: str = "historical", level: float = 0.95, horizon: int = 1) -> TailRow:
        """One of the rows."""
        return next(row for row in self.tails if (row.method, row.level, row.horizon) == (method, level, horizon))
