"""Daily series of each holding by itself: what it was worth, and what was put into it.  docs/numbers.md: "Parts of a return".

Conventions as in `series`, whose entries these stand at: money in the report currency, entry 0 the close before the period.  What cannot be
valued stands at its cost; units moved in kind count with their value at the close of their day.

A merger, a spin-off and a change of symbol move cost from one instrument to another, and cost is not worth: what they all gained on that day is
shared by what each was worth at the close before.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.border import FloatArray, day_numbers, to_float64
from analytics.engine.valuation import held_each_day
from analytics.series import costs_held
from analytics.world import Market
from market.selectors import day_number
from portfolios.ledger.book import Book
from portfolios.selectors import HoldingMove

IN_KIND = frozenset({"transfer_in", "transfer_out", "adjustment_in", "adjustment_out"})
REORGANISED = frozenset({"merger", "spin_off", "symbol_change"})


@dataclass(frozen=True, slots=True, eq=False)
class HoldingDays:
    """Of m holdings on n days.

    instruments  (m)
    value        (m, n + 1)  worth at each close
    rate         (m, n + 1)  units of the report currency for one of the holding's; 1 where none is known
    put_in       (m, n)  money put in each day, at its booked worth, trade costs left out; taken out is below zero
    income       (m, n)  dividends and the like; `costs` (m, n): fees and taxes, in and outside of trades
    """

    instruments: tuple[int, ...]
    value: FloatArray
    rate: FloatArray
    put_in: FloatArray
    income: FloatArray
    costs: FloatArray

    @property
    def gains(self) -> FloatArray:
        """(m, n), after costs."""
        return np.asarray(np.diff(self.value, axis=1) - self.put_in + self.income - self.costs)


def by_holding(books: Sequence[Book], moves: Iterable[HoldingMove], *, currency: str, market: Market, first: date, length: int) -> HoldingDays:
    """The series of all that was held on one of `length` closes from `first`, or moved on a day after it."""
    begin = day_number(first)
    listed = [move for move in moves if day_number(move.day) < begin + length]
    units = _units(books, begin, length)
    touched = {move.instrument for move in listed if day_number(move.day) > begin}
    instruments = tuple(sorted({pk for pk, held in units.items() if held.any()} | touched))
    place = {pk: row for row, pk in enumerate(instruments)}
    shape = (len(instruments), length)
    value, rate = np.zeros(shape), np.ones(shape)
    worth_of_one: dict[int, FloatArray] = {}
    for pk, row in place.items():
        rates = market.rate(market.quoted[pk], currency, begin, length)
        one = worth_of_one[pk] = market.worth_of_one(pk, currency, begin, length, rates)
        value[row] = units.get(pk, np.zeros(length)) * one
        rate[row] = np.where(rates > 0, rates, 1.0)
    _stand_at_cost(value, worth_of_one, place, listed, begin)
    put_in, income, costs = _booked(listed, place, worth_of_one, shape, begin)
    found = HoldingDays(instruments, value, rate, put_in[:, 1:], income[:, 1:], costs[:, 1:])
    _share_gains(found, listed, place, begin)
    return found


def _units(books: Sequence[Book], begin: int, length: int) -> dict[int, FloatArray]:
    """Units of each instrument at each close, all books together."""
    found: dict[int, FloatArray] = {}
    for book in books:
        places = {pk: row for row, pk in enumerate(dict.fromkeys(step.instrument for step in book.steps))}
        if not places:
            continue
        days, instruments, after = zip(*book.steps, strict=True)
        column = np.fromiter((places[pk] for pk in instruments), dtype=np.int64)
        start = np.maximum(day_numbers(days) - begin, 0)
        levels = to_float64(after)
        inside = start < length
        order = np.lexsort((np.flatnonzero(inside), start[inside], column[inside]))
        columns, starts, units = column[inside][order], start[inside][order], levels[inside][order]
        held = held_each_day(columns, starts, units, first=0, last=len(places), days=length)
        for pk, row in places.items():
            found[pk] = found.get(pk, np.zeros(length)) + held[row]
    return found


def _stand_at_cost(value: FloatArray, worth_of_one: dict[int, FloatArray], place: dict[int, int], moves: Sequence[HoldingMove], begin: int) -> None:
    """Up to the first price, or the first rate, a holding is worth its cost."""
    days = begin + np.arange(value.shape[1], dtype=np.int64)
    unvalued = {pk for pk in place if not worth_of_one[pk].all()}
    changes = ((move.instrument, move.day, move.cost) for move in moves if move.cost and move.instrument in unvalued)
    for pk, amounts in costs_held(changes, days).items():
        bare = worth_of_one[pk] == 0
        value[place[pk]][bare] = amounts[bare]


def _booked(
    moves: Sequence[HoldingMove], place: dict[int, int], worth_of_one: dict[int, FloatArray], shape: tuple[int, int], begin: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    put_in, income, costs = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    for move in moves:
        entry = day_number(move.day) - begin
        if entry <= 0:
            continue
        row = place[move.instrument]
        unit = float(worth_of_one[move.instrument][entry])
        put_in[row, entry] += float(move.quantity) * unit if move.kind in IN_KIND and unit else float(move.put_in)
        income[row, entry] += float(move.income)
        costs[row, entry] += float(move.expenses + move.costs)
    return put_in, income, costs


def _share_gains(found: HoldingDays, moves: Sequence[HoldingMove], place: dict[int, int], begin: int) -> None:
    """On the day of a reorganisation all its instruments gain alike; `put_in` follows from that."""
    touched: dict[int, set[int]] = defaultdict(set)
    days: dict[int, int] = {}
    for move in moves:
        if move.kind in REORGANISED and day_number(move.day) > begin:
            touched[move.event_id].add(place[move.instrument])
            days[move.event_id] = day_number(move.day) - begin - 1
    for event, rows in touched.items():
        day, at = days[event], sorted(rows)
        gains, before = found.gains[at, day], found.value[at, day]
        size = np.abs(before).sum()
        if size:
            found.put_in[at, day] += gains - gains.sum() * np.abs(before) / size
