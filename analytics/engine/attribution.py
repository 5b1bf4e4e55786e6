"""Why a portfolio did better or worse than its benchmark: what was held more of, and what was better within it.

Tables are (n, k): n periods, k categories (sectors, countries, classes).  Weights are those at the start of each period and add
up to one; returns are simple, of the period.

Sources: Brinson and Fachler (1985), Measuring non-US equity portfolio performance, Journal of Portfolio Management 11(3);
linked over periods by Cariño (1999), Journal of Performance Measurement 3(4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.engine.arrays import FloatArray, IntArray, checked, checked_table
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or

ROUNDING = 1e-9
NOTHING = 1e-12  # a weight below this is none
BEYOND = "the return is beyond all numbers"


@dataclass(frozen=True, slots=True, eq=False)
class Attribution:
    """The three effects by category, (k,) each, in points; all of them together add up to portfolio - benchmark."""

    allocation: FloatArray
    selection: FloatArray
    interaction: FloatArray
    portfolio: float  # return over all periods
    benchmark: float

    @property
    def excess(self) -> float:
        return self.portfolio - self.benchmark


@finite_or(BEYOND)
def brinson_fachler(weights: FloatArray, returns: FloatArray, benchmark_weights: FloatArray, benchmark_returns: FloatArray) -> Attribution:
    """Allocation, selection and interaction, linked over periods.  numbers.md: "attribution".

    weights, returns                      (n, k)  of the portfolio; where it holds nothing of a category, its return is not looked at
    benchmark_weights, benchmark_returns  (n, k)  where it holds nothing of one, its own return as a whole stands in

    allocation (w - v)·(b_k - b) · selection v·(r - b_k) · interaction (w - v)·(r - b_k), v and b_k of the benchmark, b its whole.
    Raises Undefined for no period, or where one of the two lost everything in one; MalformedSeries if shapes disagree or the
    weights of a period do not add up to one.
    """
    held = checked_table("weights", weights)
    return attributed(held, held * checked_table("returns", returns, held.shape), benchmark_weights, benchmark_returns)


@finite_or(BEYOND)
def attributed(weights: FloatArray, gains: FloatArray, benchmark_weights: FloatArray, benchmark_returns: FloatArray) -> Attribution:
    """The same from what each category earned.

    gains  (n, k)  over everything that was at work, so that they add up to the return of the period.  What a category earned in a
                   period in which nothing of it was held (a late dividend, a purchase sold the same day) is interaction
    """
    held = checked_table("weights", weights)
    if held.size == 0:
        raise Undefined("there is no period, or no category, to compare")
    other = checked_table("benchmark weights", benchmark_weights, held.shape)
    for table in (held, other):
        if (np.abs(table.sum(axis=1) - 1.0) > ROUNDING).any():
            raise MalformedSeries("the weights of a period add up to one")
    earned = checked_table("gains", gains, held.shape)
    theirs = np.where(other == 0, 0.0, checked_table("benchmark returns", benchmark_returns, held.shape))
    total, whole = earned.sum(axis=1), (other * theirs).sum(axis=1)
    theirs = np.where(other == 0, whole[:, None], theirs)
    none = np.abs(held) < NOTHING
    ours = np.where(none, theirs, earned / np.where(none, 1.0, held))
    if (total <= -1).any() or (whole <= -1).any():
        raise Undefined("in one period everything was lost, and parts of it cannot be linked")
    factors, portfolio, benchmark = _factors(total, whole)
    selection = other * (ours - theirs)
    return Attribution(
        allocation=factors @ ((held - other) * (theirs - whole[:, None])),
        selection=factors @ selection,
        interaction=factors @ (earned - held * theirs - selection),
        portfolio=portfolio,
        benchmark=benchmark,
    )


def held_still(put_in: FloatArray, inflow: FloatArray, outflow: FloatArray, marks: IntArray) -> IntArray:
    """The closes that cut a time into periods in which the mix was only held.  numbers.md: "attribution".

    put_in           (m, n)  money put into each holding on each day; taken out is below zero
    inflow, outflow  (n,)    from outside at the start of a day, and to it at its end
    marks            (k,)    closes at which a period ends in any case, such as those of months

    Money comes in only on the first day of a period and leaves only on its last.  Returns closes, ascending, 0 and n among them.
    """
    moved = checked_table("money put in", put_in)
    days = moved.shape[1]
    came = (moved > 0).any(axis=0) | (checked("inflow", inflow, days) > 0)
    left = (moved < 0).any(axis=0) | (checked("outflow", outflow, days) > 0)
    inside = np.asarray(marks, dtype=np.int64)
    edges = (np.array([0, days]), np.flatnonzero(came), np.flatnonzero(left) + 1, inside[(inside > 0) & (inside < days)])
    return np.unique(np.concatenate(edges)).astype(np.int64)


def _factors(ours: FloatArray, theirs: FloatArray) -> tuple[FloatArray, float, float]:
    """k_t/K with k_t = (ln(1 + r) - ln(1 + b))/(r - b), and both linked returns: the sum of factor × (r - b) is their difference."""
    logs, others = np.log1p(ours), np.log1p(theirs)
    total, whole = float(np.expm1(logs.sum())), float(np.expm1(others.sum()))
    period = _slope(ours, theirs)
    return period / _slope(np.array([total]), np.array([whole])), total, whole


def _slope(ours: FloatArray, theirs: FloatArray) -> FloatArray:
    """(ln(1 + r) - ln(1 + b))/(r - b), which is 1/(1 + b) where they are equal; by log1p of their ratio, which keeps its digits."""
    ahead = (ours - theirs) / (1.0 + theirs)
    still = ahead == 0
    return np.asarray(np.where(still, 1.0, np.log1p(ahead) / np.where(still, 1.0, ahead)) / (1.0 + theirs))
