"""What money earned: time-weighted, money-weighted, modified Dietz.  numbers.md: "Returns".

Values and flows are money of one currency.  `value` has n + 1 entries for n days; `inflow` and `outflow` have n, both >= 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, IntArray, checked, checked_flow, finite
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

DAYS_A_YEAR = 365
LARGEST_RATE = 1e6
SMALLEST_RATE = -1 + 1e-12
_GRID = 512

NO_MONEY = "no money moved and nothing was held"
NOTHING_BACK = "money was paid in and nothing came back or is left, so no rate fits"
NOTHING_PAID = "money came out and none was paid in, so no rate fits"
NO_RATE = "no rate between −100 % and 100,000,000 % balances what was paid in with what came out"


def _checked_days(value: FloatArray, inflow: FloatArray, outflow: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    worth = checked("value", value)
    if len(worth) < 1:
        raise MalformedSeries("value is empty; it needs the close before the period")
    days = len(worth) - 1
    return worth, checked_flow("inflow", inflow, days), checked_flow("outflow", outflow, days)


def daily_growth(value: FloatArray, inflow: FloatArray, outflow: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Growth of each day, (V + out) / (V of the day before + in), and which days had money at work.

    value    (n + 1,)  worth at each close; value[0] is the close before the period
    inflow   (n,)      paid in at the start of each day, >= 0
    outflow  (n,)      taken out at the end of each day, >= 0

    Returns growth (n,), 1.0 on days without money at work, and working (n,), true where there was some.
    Raises MalformedSeries if lengths disagree, an entry is not finite or a flow is negative; Undefined if the quotient of a
    day is too large for a number.
    """
    worth, paid_in, taken_out = _checked_days(value, inflow, outflow)
    base = worth[:-1] + paid_in
    working = base != 0
    growth = np.ones_like(base)
    with np.errstate(over="ignore"):
        np.divide(worth[1:] + taken_out, base, out=growth, where=working)
    if not np.isfinite(growth).all():
        raise Undefined("on one day next to nothing was at work, and its return is beyond all numbers")
    return growth, working


def before_costs(inflow: FloatArray, outflow: FloatArray, costs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The flows of a portfolio that pays no fees and taxes: (inflow, outflow).  numbers.md: "gross".

    costs  (n,)  fees and taxes that the portfolio paid on each day, below zero where some came back.  What was paid counts as money
                 taken out at the end of the day, what came back as money paid in at the start of it
    """
    days = len(inflow)
    paid_in, taken_out = checked_flow("inflow", inflow, days), checked_flow("outflow", outflow, days)
    spent = checked("costs", costs, days)
    return paid_in + np.maximum(-spent, 0.0), taken_out + np.maximum(spent, 0.0)


def growth_index(value: FloatArray, inflow: FloatArray, outflow: FloatArray) -> FloatArray:
    """What one unit of money became, close by close: (n + 1,), starting at 1.  Days with nothing at work leave it unchanged.

    Shapes and errors as `daily_growth`.
    """
    growth, _ = daily_growth(value, inflow, outflow)
    with np.errstate(over="ignore"):
        index = np.concatenate(([1.0], np.cumprod(growth)))
    if not np.isfinite(index).all():
        raise Undefined("the growth over the period is beyond all numbers")
    return index


def time_weighted_return(value: FloatArray, inflow: FloatArray, outflow: FloatArray) -> float:
    """Growth of one unit of money, whatever was paid in or out.  numbers.md: "Time-weighted".

    value    (n + 1,)  worth at each close, in the report currency; value[0] is the close before the period
    inflow   (n,)      paid in at the start of each day, >= 0
    outflow  (n,)      taken out at the end of each day, >= 0

    Returns a fraction, not annualised: 0.05 is 5 %.  Days with nothing at work are skipped.
    Raises MalformedSeries if lengths disagree or a flow is negative; Undefined if no day had money at work.
    """
    growth, working = daily_growth(value, inflow, outflow)
    if not working.any():
        raise Undefined("no day in the period had money at work")
    with np.errstate(over="ignore"):
        return finite(float(np.prod(growth)) - 1.0, "the growth over the period is beyond all numbers")


def annualised(total: float, days: int) -> float:
    """The return a year that adds up to `total` over `days` calendar days.  numbers.md: "Time-weighted".

    Raises Undefined for fewer than 365 days, and where more than everything was lost.
    """
    if days < DAYS_A_YEAR:
        raise Undefined(f"a return a year needs 365 days or more; the period has {days}")
    if total < -1:
        raise Undefined("more than everything was lost, and no rate a year expresses that")
    return finite(float((1.0 + total) ** (DAYS_A_YEAR / days)) - 1.0, "the return a year is beyond all numbers")


@finite_or("the return is beyond all numbers")
def simple_return(start_value: float, end_value: float, inflow: FloatArray, outflow: FloatArray) -> float:
    """Gain over all the money that was ever put to work, (V1 - V0 - F) / (V0 + inflows).  numbers.md: "simple_return".

    inflow, outflow  (n,)  as in `daily_growth`

    Returns a fraction for the period, not annualised.  Raises Undefined if nothing was put to work.
    """
    paid_in, taken_out = checked_flow("inflow", inflow, len(inflow)), checked_flow("outflow", outflow, len(inflow))
    ends = checked("start and end value", np.array([start_value, end_value]), 2)
    put_in = float(ends[0] + paid_in.sum())
    if put_in <= 0:
        raise Undefined("no money was put to work")
    return float(ends[1] - ends[0] - paid_in.sum() + taken_out.sum()) / put_in


def modified_dietz(start_value: float, end_value: float, inflow: FloatArray, outflow: FloatArray) -> float:
    """Gain over the money at work on average, (V1 - V0 - F) / (V0 + sum of w·F).  numbers.md: "Modified Dietz".

    inflow, outflow  (n,)  as in `daily_growth`.  An inflow of day k (1 … n) works from the start of that day, weight
    (n - k + 1)/n; an outflow leaves at its end, weight (n - k)/n.

    Returns a fraction for the period, not annualised.  Raises Undefined if nothing was at work on average, or the period has
    no day.
    """
    days = len(inflow)
    paid_in, taken_out = checked_flow("inflow", inflow, days), checked_flow("outflow", outflow, days)
    ends = checked("start and end value", np.array([start_value, end_value]), 2)
    if days == 0:
        raise Undefined("the period has no day")
    left = np.arange(days - 1, -1, -1, dtype=np.float64) / days
    at_work = float(ends[0] + paid_in @ (left + 1.0 / days) - taken_out @ left)
    if at_work <= 0:
        raise Undefined("no money was at work on average")
    gain = float(ends[1] - ends[0] - paid_in.sum() + taken_out.sum())
    return finite(gain / at_work, "the return is beyond all numbers")


# ── money-weighted ──────────────────────────────────────────────────────────


def _merged(days: IntArray, amounts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Amounts added up by day, days ascending, leaving out days without any.  Days are counted from the first one left."""
    when = np.asarray(days, dtype=np.int64)
    much = checked("amounts", amounts)
    if when.shape != much.shape:
        raise MalformedSeries(f"{len(when)} days stand beside {len(much)} amounts")
    distinct, where = np.unique(when, return_inverse=True)
    total = np.bincount(where, much, len(distinct)) if len(distinct) else np.zeros(0)
    kept = total != 0
    distinct, total = distinct[kept], total[kept]
    return (distinct - distinct[0] if len(distinct) else distinct).astype(np.float64), total


def _curve(log_growth: FloatArray, share: FloatArray, amounts: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sum of the amounts, each discounted by exp(-g·share), for each log growth g over the whole period; and its slope.

    For a negative g both are multiplied by exp(g), which leaves signs and roots and keeps every power at or below one; so the
    slope is that of the product.
    """
    forward = log_growth[:, None] >= 0
    weight = np.where(forward, -share, 1.0 - share)
    power = np.exp(log_growth[:, None] * weight)
    return power @ amounts, (weight * power) @ amounts


Point = Callable[[float], tuple[float, float]]  # height and slope of a curve at one place


def _crossing(point: Point, left: float, right: float) -> float:
    """Where the curve crosses zero between two places of different sign: Newton's steps, halving where one leaves the bracket.

    A slope of zero is one that is not known.
    """
    below = point(left)[0] < 0
    at = 0.0 if left < 0 < right else (left + right) / 2
    for _ in range(200):
        height, lean = point(at)
        if height == 0:
            return at
        left, right = (at, right) if (height < 0) == below else (left, at)
        step = at - height / lean if lean else left
        following = step if left < step < right else (left + right) / 2
        if abs(following - at) <= 1e-15 * max(1.0, abs(at)) or following in (left, right):
            return following
        at = following
    return at


def _roots(share: FloatArray, amounts: FloatArray, lowest: float, highest: float) -> list[float]:
    """Every log growth in [lowest, highest] at which the amounts cancel.

    With one change of sign in the order of days there is at most one (Descartes' rule of signs).  Else they are found on a grid
    and between its neighbours; two inside one step of it betray themselves by a turn of the curve towards zero.
    """
    rest = 1.0 - share

    def point(g: float) -> tuple[float, float]:
        worth = np.exp(-g * share if g >= 0 else g * rest) * amounts
        return float(worth.sum()), float(-(share @ worth) if g >= 0 else rest @ worth)

    if np.count_nonzero(np.diff(np.sign(amounts))) == 1:
        return [_crossing(point, lowest, highest)] if point(lowest)[0] * point(highest)[0] < 0 else []
    # denser around zero, where returns live: a third power of an even grid
    even = np.linspace(-1.0, 1.0, _GRID + 1)
    grid = np.where(even < 0, -lowest, highest) * even**3
    height, lean = _curve(grid, share, amounts)
    found = [float(g) for g in grid[height == 0]]
    for i in np.flatnonzero(height[:-1] * height[1:] < 0):
        found.append(_crossing(point, float(grid[i]), float(grid[i + 1])))
    turning = (height[:-1] * height[1:] > 0) & (height[:-1] * lean[:-1] < 0) & (height[1:] * lean[1:] > 0)
    for i in np.flatnonzero(turning):
        left, right = float(grid[i]), float(grid[i + 1])
        turn = _crossing(lambda g: (point(g)[1], 0.0), left, right)
        if point(turn)[0] * height[i] < 0:
            found += [_crossing(point, left, turn), _crossing(point, turn, right)]
    return sorted(set(found))


def money_weighted_return(days: IntArray, amounts: FloatArray, *, near: float | None = None) -> float:
    """The rate at which everything paid in grew into everything received.  numbers.md: "Money-weighted".

    days     (k,)  whole numbers of days, from any origin, in any order
    amounts  (k,)  negative: paid in (the opening value among them); positive: received (the closing value among them)
    near     the modified Dietz return of the same period: of several roots the one nearest to it is taken

    Returns a fraction: a year where first and last amount are 365 days or more apart, else for the period between them.
    The bounds of numbers.md, (-1, 10^6), hold for the number as returned.
    Raises Undefined where there is no change of sign, no time between the amounts, or no root inside the bounds.
    """
    when, much = _merged(days, amounts)
    if len(much) == 0:
        raise Undefined(NO_MONEY)
    if (much < 0).all():
        raise Undefined(NOTHING_BACK)
    if (much > 0).all():
        raise Undefined(NOTHING_PAID)
    span = float(when[-1])
    years = max(span / DAYS_A_YEAR, 1.0)  # a period under a year counts as one whole
    scale = float(np.abs(much).max())
    roots = _roots(when / span, much / scale, math.log1p(SMALLEST_RATE) * years, math.log1p(LARGEST_RATE) * years)
    rates = [math.expm1(root / years) for root in roots]
    if not rates:
        raise Undefined(NO_RATE)
    if near is None or len(rates) == 1:
        return min(rates, key=abs)
    target = near if years == 1.0 else math.copysign(abs(1 + near) ** (1 / years), 1 + near) - 1
    return min(rates, key=lambda rate: abs(rate - target))
