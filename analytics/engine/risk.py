"""Risk of a return series.  Returns: simple, per period, fractions.  Periods per year are passed.  Spread uses n - 1.

What a return is measured against (`risk_free`, the rate without risk; `least`, the least acceptable return) is a return per
period too: one number, or one for each period.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, checked
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

BUSINESS_DAYS = 252
LEAST_OBSERVATIONS = 20
STILL = 1e-12  # returns that differ by no more than this differ by the rounding of their prices
# Upper edges of classes 1 to 6 of the European synthetic risk indicator: annual volatility, fractions.
LEVEL_EDGES = (0.005, 0.02, 0.05, 0.10, 0.15, 0.25)


def returns_between(index: FloatArray, chosen: BoolArray) -> FloatArray:
    """Returns from one chosen close to the next.  What happens in between (a weekend) belongs to the later one.

    index   (n,)  a growth index, close by close
    chosen  (n,)  which closes count

    Returns (number chosen - 1,), empty if fewer than two.  Raises MalformedSeries if lengths disagree; Undefined if the index
    was at or below zero at a chosen close before the last, where a return has no base.
    """
    series = checked("index", index)
    if chosen.shape != series.shape:
        raise MalformedSeries(f"{len(chosen)} marks stand beside {len(series)} entries")
    closes = series[chosen]
    if (closes[:-1] <= 0).any():
        raise Undefined("everything was lost inside the period, and nothing was left to vary")
    return np.asarray(closes[1:] / closes[:-1] - 1.0) if len(closes) > 1 else np.zeros(0)


def enough(returns: FloatArray) -> FloatArray:
    """The returns, checked.  Raises Undefined for fewer than 20, which every figure of risk needs."""
    series = checked("returns", returns)
    if len(series) < LEAST_OBSERVATIONS:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} trading days lie in the period: {len(series)}")
    return series


def over(returns: FloatArray, against: FloatArray | float) -> FloatArray:
    """Returns less what they are measured against, (n,).  Raises as `enough`, and MalformedSeries if lengths disagree."""
    series = enough(returns)
    rate = np.asarray(against, dtype=np.float64)
    return series - (checked("the rate", rate, len(series)) if rate.ndim else checked("the rate", rate.reshape(1), 1))


def is_still(series: FloatArray) -> bool:
    """Whether the entries differ by nothing but rounding, so that a spread of them measures only that."""
    return float(np.ptp(series)) <= STILL


@finite_or("the volatility is beyond all numbers")
def annual_volatility(returns: FloatArray, *, periods_per_year: float) -> float:
    """Sample standard deviation scaled to a year, std(r)·√periods.  numbers.md: "volatility".

    returns  (n,)  n >= 20

    Returns a fraction.  Raises Undefined for fewer than 20 returns.
    """
    series = enough(returns)
    return float(np.std(series, ddof=1) * np.sqrt(periods_per_year))


@finite_or("the downside deviation is beyond all numbers")
def downside_deviation(returns: FloatArray, *, periods_per_year: float, least: FloatArray | float = 0.0) -> float:
    """What returns fall short of the least acceptable one, √(mean(min(r - mar, 0)²))·√periods.  numbers.md: "downside_deviation".

    returns  (n,)  n >= 20; the mean is over all of them, also those that fall short of nothing
    least    per period, one number or (n,)

    Returns a fraction a year, 0 where nothing fell short.  Raises Undefined for fewer than 20 returns.
    Source: Sortino and van der Meer (1991), Downside risk, Journal of Portfolio Management 17(4).
    """
    short = np.minimum(over(returns, least), 0.0)
    return float(np.sqrt(np.mean(short**2) * periods_per_year))


@finite_or("the Sharpe ratio is beyond all numbers")
def sharpe_ratio(returns: FloatArray, *, periods_per_year: float, risk_free: FloatArray | float = 0.0) -> float:
    """Return over the rate without risk for each unit of spread, mean(r - rf)/std(r - rf)·√periods.  numbers.md: "sharpe".

    returns    (n,)  n >= 20
    risk_free  per period, one number or (n,)

    Returns a plain number.  Raises Undefined for fewer than 20 returns, or if they do not vary.
    Source: Sharpe (1994), The Sharpe ratio, Journal of Portfolio Management 21(1).
    """
    excess = over(returns, risk_free)
    if is_still(excess):
        raise Undefined("the returns do not vary, and nothing can be divided by their spread")
    return float(np.mean(excess) / np.std(excess, ddof=1) * np.sqrt(periods_per_year))


@finite_or("the Sortino ratio is beyond all numbers")
def sortino_ratio(returns: FloatArray, *, periods_per_year: float, least: FloatArray | float = 0.0) -> float:
    """Return over the least acceptable one for each unit of downside deviation, mean(r - mar)·periods/downside.  numbers.md: "sortino".

    Shapes as `downside_deviation`.  Returns a plain number.  Raises Undefined for fewer than 20 returns, or if none fell short.
    Source: Sortino and Price (1994), Performance measurement in a downside risk framework, Journal of Investing 3(3).
    """
    excess = over(returns, least)
    downside = downside_deviation(returns, periods_per_year=periods_per_year, least=least)
    if float(excess.min()) >= -STILL:
        raise Undefined("no day fell short of the least acceptable return, and there is no downside to divide by")
    return float(np.mean(excess)) * periods_per_year / downside


# ── the level ───────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class RiskClass:
    """A class of the European synthetic risk indicator, and the volatility that put something into it."""

    level: int  # 1 (calm) to 7 (wild)
    volatility: float
    at_least: float  # the lower edge of the class
    below: float | None  # its upper edge; the highest class has none

    @property
    def reason(self) -> str:
        """A clause such as "a volatility of 12.3 % a year lies between 10 % and 15 %"."""
        said = f"a volatility of {self.volatility:.1%} a year".replace("%", " %")
        low = f"{100 * self.at_least:g} %"
        if self.below is None:
            return f"{said} is {low} or more"
        high = f"{100 * self.below:g} %"
        return f"{said} is below {high}" if self.level == 1 else f"{said} lies between {low} and {high}"


def risk_level(volatility: float) -> int:
    """1 (calm) to 7 (wild), by annual volatility.  numbers.md: "risk level".  An edge belongs to the class above it."""
    if not volatility >= 0:
        raise MalformedSeries("a volatility is zero or more")
    return bisect_right(LEVEL_EDGES, volatility) + 1


def risk_class(volatility: float) -> RiskClass:
    """The level with its edges and its reason.  numbers.md: "risk level".

    volatility  a year, a fraction >= 0

    Source: CESR/10-673, Guidelines on the methodology for the calculation of the synthetic risk and reward indicator, box 1.
    """
    level = risk_level(volatility)
    edges = (0.0, *LEVEL_EDGES)
    return RiskClass(level, volatility, edges[level - 1], edges[level] if level < len(edges) else None)
