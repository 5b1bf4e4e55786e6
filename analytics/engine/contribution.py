"""What each holding added to the return, so that the parts add up to it, over any number of days.

The parts of one day add up to its return, but returns of several days multiply.  Cariño's factors put that right: each day's
parts are stretched by k_t/K, with k_t = ln(1 + r_t)/r_t for the day and K = ln(1 + R)/R for the period.

Source: Cariño (1999), Combining attribution effects over time, Journal of Performance Measurement 3(4).
"""

from __future__ import annotations

import numpy as np

from analytics.engine.arrays import FloatArray, checked, checked_table
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

BEYOND = "the gains are beyond all numbers"
LOST = "on one day everything was lost, and parts of it cannot be linked over days"


@finite_or(BEYOND)
def linking_factors(returns: FloatArray) -> FloatArray:
    """k_t/K for each day, (n,): the sum of factor × return is the linked return of the period.

    returns  (n,)  of each day, fractions

    Raises Undefined if everything was lost on a day.
    """
    daily = checked("returns", returns)
    if (daily <= -1).any():
        raise Undefined(LOST)
    logs = np.log1p(daily)
    return _slope(logs, daily) / _slope(logs.sum(), np.expm1(logs.sum()))


def _slope(log: FloatArray, change: FloatArray) -> FloatArray:
    """ln(1 + r)/r, which is 1 at zero."""
    still = change == 0
    return np.asarray(np.where(still, 1.0, log / np.where(still, 1.0, change)))


@finite_or(BEYOND)
def holding_gains(value: FloatArray, inflow: FloatArray, outflow: FloatArray) -> FloatArray:
    """Gain of each holding on each day, V + out - V of the day before - in: (m, n).

    value            (m, n + 1)  worth at each close, in the report currency; cash is a holding too
    inflow, outflow  (m, n)      what went into and came out of the holding: purchases, sales, dividends paid out, in the report
                                 currency, >= 0
    """
    worth = checked_table("value", value)
    if worth.shape[1] == 0:
        raise MalformedSeries("value has no close; it needs the one before the period")
    shape = (worth.shape[0], worth.shape[1] - 1)
    paid_in, taken_out = checked_table("inflow", inflow, shape), checked_table("outflow", outflow, shape)
    if (paid_in < 0).any() or (taken_out < 0).any():
        raise MalformedSeries("a flow is negative; money that leaves belongs to the other side")
    return np.asarray(np.diff(worth, axis=1) + taken_out - paid_in)


@finite_or(BEYOND)
def contributions(gains: FloatArray, base: FloatArray) -> FloatArray:
    """What each holding added to the time-weighted return: (m,), fractions that add up to it.  numbers.md: "contribution".

    gains  (m, n)  gain of each holding on each day, also of those sold since; the sum of a day is the portfolio's gain
    base   (n,)    what was at work: the value of the close before plus what was paid in.  A day without any has no return

    Raises Undefined if nothing was at work on any day, or everything was lost on one; MalformedSeries if lengths disagree.
    """
    at_work = checked("base", base)
    table = checked_table("gains", gains)
    if table.shape[1] != len(at_work):
        raise MalformedSeries(f"gains of {table.shape[1]} days stand beside {len(at_work)} days")
    working = at_work != 0
    if not working.any():
        raise Undefined("no day in the period had money at work")
    divisor = np.where(working, at_work, 1.0)
    daily = np.where(working, table.sum(axis=0) / divisor, 0.0)
    if not np.isfinite(daily).all():
        raise Undefined(BEYOND)
    return np.asarray(table @ np.where(working, linking_factors(daily) / divisor, 0.0))
