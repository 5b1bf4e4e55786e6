"""Risk of a return series.  Returns: simple, per period, fractions.  Periods per year are passed.  Spread uses n - 1."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, checked, finite
from analytics.engine.errors import MalformedSeries, Undefined

BUSINESS_DAYS = 252
LEAST_OBSERVATIONS = 20
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


def annual_volatility(returns: FloatArray, *, periods_per_year: float) -> float:
    """Sample standard deviation scaled to a year, std(r)·√periods.  numbers.md: "volatility".

    returns  (n,)  n >= 20

    Returns a fraction.  Raises Undefined for fewer than 20 returns.
    """
    series = checked("returns", returns)
    if len(series) < LEAST_OBSERVATIONS:
        raise Undefined(f"fewer than {LEAST_OBSERVATIONS} trading days lie in the period: {len(series)}")
    return finite(float(np.std(series, ddof=1)) * float(np.sqrt(periods_per_year)), "the volatility is beyond all numbers")


def risk_level(volatility: float) -> int:
    """1 (calm) to 7 (wild), by annual volatility.  numbers.md: "risk level".  An edge belongs to the class above it."""
    if not volatility >= 0:
        raise MalformedSeries("a volatility is zero or more")
    return bisect_right(LEVEL_EDGES, volatility) + 1
