"""What the present holdings would have lost then, or would lose if: past periods and shocks.

`weights` (m,) are fractions of the portfolio's value as it is now, short ones below zero; what is not among them (cash in the
report currency) does not move.  Changes are fractions: -0.2 is a fall of 20 %.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import BoolArray, FloatArray, checked, checked_table
from analytics.engine.drawdown import drawdown_series
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

BEYOND = "the change is beyond all numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Shocked:
    """change  of the whole portfolio, a fraction
    parts   (m,)  what each holding adds to it; they add up to it
    """

    change: float
    parts: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class PastPeriod:
    """change    of the whole, from the first close to the last, what has no price then counted as unmoved
    parts     (m,)  what each holding adds to it; 0 where it has no price then
    covered   share of the gross exposure that has prices in that period, 0 to 1
    deepest   the worst fall from a peak on the way, <= 0
    path      (n + 1,)  worth of the present holdings at each close, 1 at the first; they are not traded on the way
    """

    change: float
    parts: FloatArray
    covered: float
    deepest: float
    path: FloatArray


@finite_or(BEYOND)
def shocked(weights: FloatArray, *shocks: FloatArray) -> Shocked:
    """The present holdings under shocks that a person sets.  numbers.md: "stress".

    weights  (m,)
    shocks   (m,) each, the change of every holding by one cause (its class, its currency); causes multiply:
             a fall of 20 % in a currency that loses 10 % is one of 28 %

    Raises MalformedSeries for a change below -1.
    """
    held = checked("weights", weights)
    grown = np.ones(len(held))
    for shock in shocks:
        change = checked("shock", shock, len(held))
        if (change < -1).any():
            raise MalformedSeries("nothing loses more than all of its worth")
        grown = grown * (1.0 + change)
    parts = held * (grown - 1.0)
    return Shocked(float(parts.sum()), parts)


@finite_or(BEYOND)
def past_period(weights: FloatArray, closes: FloatArray, priced: BoolArray) -> PastPeriod:
    """The present holdings through a past period.  numbers.md: "stress".

    weights  (m,)
    closes   (m, n + 1)  worth of one unit of each at the closes of the period, in the report currency; > 0 where priced
    priced   (m,)        which of them have prices over the whole period

    Raises Undefined if none of them has, or the period has no day.
    """
    held, known = checked("weights", weights), np.asarray(priced, dtype=bool)
    table = checked_table("closes", closes)
    if len(table) != len(held) or known.shape != held.shape:
        raise MalformedSeries(f"{len(table)} rows of closes and {len(known)} marks stand beside {len(held)} weights")
    gross = float(np.abs(held).sum())
    covered = float(np.abs(held[known]).sum())
    if table.shape[1] < 2:
        raise Undefined("the period has no day")
    if covered == 0:
        raise Undefined("nothing that is held now had a price then")
    if (table[known] <= 0).any():
        raise MalformedSeries("a close is above zero")
    moved = table[known] / table[known, :1] - 1.0
    path = 1.0 + held[known] @ moved
    if not np.isfinite(path).all():
        raise Undefined(BEYOND)
    parts = np.zeros(len(held))
    parts[known] = held[known] * moved[:, -1]
    return PastPeriod(float(parts.sum()), parts, covered / gross, float(drawdown_series(path).min()), path)
