"""Returns by month and year of the calendar, and the best and worst of many."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.engine.answers import Answers
from analytics.engine.arrays import BoolArray, FloatArray, IntArray, checked
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.guard import finite_or


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """years         (y,)  ascending, each year that the period touches
    months        (y, 12)  return of each month, not annualised
    whole_months  (y, 12)  which of them lie in the period from their first day to their last
    totals        (y,)  return of the days of each year that lie in the period
    whole_years   (y,)
    """

    years: IntArray
    months: Answers
    whole_months: BoolArray
    totals: Answers
    whole_years: BoolArray


@dataclass(frozen=True, slots=True)
class Extremes:
    """Best and worst of some returns, where they stand, and how many gained and lost."""

    best: float
    best_at: tuple[int, ...]
    worst: float
    worst_at: tuple[int, ...]
    gained: int
    lost: int
    counted: int


@finite_or("the return is beyond all numbers")
def calendar_returns(growth: FloatArray, working: BoolArray, first: date) -> Months:
    """Returns of the months and years of a period; the months of a year link to its total.  numbers.md: "calendar".

    growth   (n,)  growth of each calendar day, 1 plus its return; as `daily_growth` gives it
    working  (n,)  which days had money at work
    first    the first of these days

    Raises Undefined if the period has no day; MalformedSeries if lengths disagree.
    """
    grown, at_work = checked("growth", growth), np.asarray(working, dtype=bool)
    if at_work.shape != grown.shape:
        raise MalformedSeries(f"{len(at_work)} marks stand beside {len(grown)} days")
    if len(grown) == 0:
        raise Undefined("the period has no day")
    days = np.datetime64(first, "D") + np.arange(len(grown))
    year = days.astype("datetime64[Y]").astype(np.int64) + 1970
    month = days.astype("datetime64[M]").astype(np.int64) - (int(year[0]) - 1970) * 12
    count = int(year[-1] - year[0]) + 1
    months, whole_months = _linked(grown, at_work, month, 12 * count, _month_ends(days))
    totals, whole_years = _linked(grown, at_work, year - year[0], count, _year_ends(days))
    table = Answers(months.values.reshape(count, 12), months.code.reshape(count, 12), months.reasons)
    return Months(np.arange(year[0], year[-1] + 1), table, whole_months.reshape(count, 12), totals, whole_years)


def _month_ends(days: np.ndarray) -> tuple[bool, bool]:
    """Whether the period begins with the first day of a month, and ends with the last day of one."""
    after = days[-1] + 1
    return bool(days[0] == days[0].astype("datetime64[M]").astype(days.dtype)), bool(after == after.astype("datetime64[M]").astype(days.dtype))


def _year_ends(days: np.ndarray) -> tuple[bool, bool]:
    after = days[-1] + 1
    return bool(days[0] == days[0].astype("datetime64[Y]").astype(days.dtype)), bool(after == after.astype("datetime64[Y]").astype(days.dtype))


def _linked(growth: FloatArray, working: BoolArray, group: IntArray, count: int, ends: tuple[bool, bool]) -> tuple[Answers, BoolArray]:
    """The return of each of `count` groups of neighbouring days, and which of them are whole."""
    heads = np.flatnonzero(np.concatenate(([True], group[1:] != group[:-1])))
    places = group[heads]
    returns, touched, idle = np.zeros(count), np.zeros(count, dtype=bool), np.ones(count, dtype=bool)
    returns[places] = np.multiply.reduceat(growth, heads) - 1.0
    touched[places] = True
    idle[places] = ~np.logical_or.reduceat(working, heads)
    whole = touched.copy()
    whole[places[0]] &= ends[0]
    whole[places[-1]] &= ends[1]
    answers = Answers.of(
        returns,
        (~touched, "this part of the calendar lies outside the period"),
        (idle, "no money was at work then"),
    )
    return answers, whole


def best_and_worst(returns: Answers) -> Extremes:
    """Largest and smallest of those that are known; of equal ones the first.  numbers.md: "best_and_worst".

    returns  any shape; `Answers.of` makes them of a plain series

    Raises Undefined if none is known.
    """
    known = returns.known
    if not known.any():
        raise Undefined("no return is known in the period")
    values = returns.values
    high = np.unravel_index(int(np.argmax(np.where(known, values, -np.inf))), values.shape)
    low = np.unravel_index(int(np.argmin(np.where(known, values, np.inf))), values.shape)
    counted = values[known]
    return Extremes(
        best=float(values[high]),
        best_at=tuple(int(n) for n in high),
        worst=float(values[low]),
        worst_at=tuple(int(n) for n in low),
        gained=int((counted > 0).sum()),
        lost=int((counted < 0).sum()),
        counted=len(counted),
    )
