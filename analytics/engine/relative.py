"""A return series beside that of its benchmark.  Both: simple, per period, fractions, of the same n >= 20 periods.

Beta, alpha and R² are those of the line r - rf = alpha + beta·(b - rf) by least squares.  Every function raises Undefined for
fewer than 20 common days, and MalformedSeries if the lengths disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, checked
from analytics.engine.errors import Undefined
from analytics.engine.guard import finite_or
from analytics.engine.risk import is_still, over

BEYOND = "the comparison with the benchmark is beyond all numbers"


@dataclass(frozen=True, slots=True)
class Line:
    """The straight line of a series over its benchmark."""

    beta: float
    alpha: float  # a year, a fraction
    r_squared: float | None  # None where the series itself does not vary


def _pair(returns: FloatArray, benchmark: FloatArray, risk_free: FloatArray | float = 0.0) -> tuple[FloatArray, FloatArray]:
    ours = over(returns, risk_free)
    checked("benchmark", benchmark, len(ours))
    return ours, over(benchmark, risk_free)


@finite_or(BEYOND)
def line(returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float, risk_free: FloatArray | float = 0.0) -> Line:
    """Beta, Jensen's alpha and R² in one pass.  numbers.md: "beta", "alpha", "r_squared".

    returns, benchmark  (n,)  risk_free  per period, one number or (n,)

    beta cov(r - rf, b - rf)/var(b - rf) · alpha mean(r - rf - beta·(b - rf))·periods · R² the square of the correlation.
    Raises Undefined if the benchmark does not vary.
    Source: Jensen (1968), The performance of mutual funds, Journal of Finance 23(2).
    """
    ours, theirs = _pair(returns, benchmark, risk_free)
    if is_still(theirs):
        raise Undefined("the benchmark does not vary, and nothing can follow it")
    centred, other = ours - ours.mean(), theirs - theirs.mean()
    shared, spread = float(centred @ other), float(other @ other)
    beta = shared / spread
    alpha = float(ours.mean() - beta * theirs.mean()) * periods_per_year
    if is_still(ours):
        return Line(beta, alpha, None)
    return Line(beta, alpha, min(shared * shared / (spread * float(centred @ centred)), 1.0))


@finite_or(BEYOND)
def r_squared(returns: FloatArray, benchmark: FloatArray, *, risk_free: FloatArray | float = 0.0) -> float:
    """Share of the movement that the benchmark explains, 0 to 1.  numbers.md: "r_squared".

    Raises Undefined if either of the two does not vary.
    """
    share = line(returns, benchmark, periods_per_year=1.0, risk_free=risk_free).r_squared
    if share is None:
        raise Undefined("the returns do not vary, and there is no movement to explain")
    return share


@finite_or(BEYOND)
def tracking_error(returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float) -> float:
    """Spread of the difference scaled to a year, std(r - b)·√periods.  numbers.md: "tracking_error".  A fraction >= 0."""
    ours, theirs = _pair(returns, benchmark)
    return float(np.std(ours - theirs, ddof=1) * np.sqrt(periods_per_year))


@finite_or(BEYOND)
def information_ratio(returns: FloatArray, benchmark: FloatArray, *, periods_per_year: float) -> float:
    """Return over the benchmark for each unit of tracking error, mean(r - b)/std(r - b)·√periods.  numbers.md: "information_ratio".

    Returns a plain number.  Raises Undefined if the difference does not vary.
    Source: Grinold and Kahn (2000), Active portfolio management, chapter 5.
    """
    ours, theirs = _pair(returns, benchmark)
    ahead = ours - theirs
    if is_still(ahead):
        raise Undefined("the difference from the benchmark does not vary, and nothing can be divided by its spread")
    return float(np.mean(ahead) / np.std(ahead, ddof=1) * np.sqrt(periods_per_year))


def _capture(ours: FloatArray, theirs: FloatArray, chosen: BoolArray, moved: str) -> float:
    if not chosen.any():
        raise Undefined(f"the benchmark {moved} on no day")
    if (ours[chosen] <= -1).any() or (theirs[chosen] <= -1).any():
        raise Undefined(f"on a day on which the benchmark {moved} everything was lost, and no average return expresses that")
    return float(np.expm1(np.log1p(ours[chosen]).mean()) / np.expm1(np.log1p(theirs[chosen]).mean()))


@finite_or(BEYOND)
def up_capture(returns: FloatArray, benchmark: FloatArray) -> float:
    """What was made of the benchmark's rises: the geometric mean return of the days on which it rose, over its own.  numbers.md: "up_capture".

    Returns a plain number: 0.9 is 90 % of the rise.  Raises Undefined if the benchmark rose on no day, or everything was lost on one.
    Source: Morningstar methodology paper "Upside/Downside capture ratios"; on daily in place of monthly returns.
    """
    ours, theirs = _pair(returns, benchmark)
    return _capture(ours, theirs, theirs > 0, "rose")


@finite_or(BEYOND)
def down_capture(returns: FloatArray, benchmark: FloatArray) -> float:
    """What was taken of the benchmark's falls: as `up_capture`, on the days on which it fell.  numbers.md: "down_capture"."""
    ours, theirs = _pair(returns, benchmark)
    return _capture(ours, theirs, theirs < 0, "fell")
