"""What each thing held was worth at the end of each month, for the history of the mix.  From the ledger to float64, like `analytics.series`.

Worth is close × rate of the day, without its sign; what could not be valued yet stands at the cost of what was held of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np

from analytics.border import BoolArray, FloatArray, IntArray, day_numbers, to_float64
from analytics.series import Costs, costs_held, first_day
from analytics.world import Market
from market.selectors import day_number
from portfolios.ledger.book import Book

Key = int | str  # an instrument, or the currency of cash


@dataclass(frozen=True, slots=True, eq=False)
class Monthly:
    """Exposure at the last close of each month, and of the last day.

    days    (n,)    day numbers
    worth   (m, n)  of each of `keys`, never below zero
    known   (n,)    false where cash was held in a currency without a rate
    """

    days: IntArray
    keys: tuple[Key, ...]
    worth: FloatArray
    known: BoolArray


def month_ends(first: date, last: date) -> list[date]:
    """The last day of each month from `first` on that lies before `last`, and `last`."""
    found: list[date] = []
    day = first
    while True:
        end = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        if end >= last:
            return [*found, last]
        found.append(end)
        day = end + timedelta(days=1)


def monthly(books: Sequence[Book], *, currency: str, market: Market, last: date, costs: Costs) -> Monthly:
    """See `Monthly`.  Without any entry up to `last` it has no keys.

    books  replayed in `currency`
    costs  asked, only for what was held before it could be valued, how its cost came about
    """
    begin = first_day(books)
    if begin is None or begin > last:
        return Monthly(np.array([day_number(last)], dtype=np.int64), (), np.zeros((0, 1)), np.ones(1, dtype=bool))
    days = day_numbers(month_ends(begin, last))
    units: dict[Key, FloatArray] = {}
    cash: dict[Key, FloatArray] = {}
    for book in books:
        for key, level in _levels(book.steps, days).items():
            units[key] = units.get(key, np.zeros(len(days))) + level
        for key, level in _levels(book.cash_steps, days).items():
            cash[str(key)] = cash.get(str(key), np.zeros(len(days))) + level
    return _valued(units, cash, days, currency, market, costs)


def _levels(steps: Iterable[tuple[date, Any, Decimal]], days: IntArray) -> dict[Key, FloatArray]:
    """How much of each key there was on each of the days, from steps (day, key, level after) in order of time."""
    when: dict[Key, list[date]] = defaultdict(list)
    after: dict[Key, list[Decimal]] = defaultdict(list)
    for day, key, level in steps:
        when[key].append(day)
        after[key].append(level)
    found = {}
    for key, moments in when.items():
        at = np.searchsorted(day_numbers(moments), days, side="right")
        found[key] = np.concatenate(([0.0], to_float64(after[key])))[at]
    return found


def _valued(units: dict[Key, FloatArray], cash: dict[Key, FloatArray], days: IntArray, currency: str, market: Market, costs: Costs) -> Monthly:
    first, length = int(days[0]), int(days[-1] - days[0]) + 1
    at = days - first
    rates = {code: market.rate(code, currency, first, length)[at] for code in map(str, cash)}
    rows: dict[Key, FloatArray] = {}
    bare: dict[int, BoolArray] = {}
    for key, held in units.items():
        pk = int(key)
        one = market.worth_of_one(pk, currency, first, length)[at]
        rows[pk] = held * one
        unvalued = (held != 0) & (one == 0)
        if unvalued.any():
            bare[pk] = unvalued
    changes = costs(frozenset(bare)) if bare else ()
    for pk, level in costs_held(((one.instrument, one.day, one.amount) for one in changes), days).items():
        rows[pk] = np.where(bare[pk], level, rows[pk])
    known = np.ones(len(days), dtype=bool)
    for key, held in cash.items():
        rows[key] = held * rates[str(key)]
        known &= (held == 0) | (rates[str(key)] != 0)
    table = np.abs(np.vstack(list(rows.values()))) if rows else np.zeros((0, len(days)))
    return Monthly(days, tuple(rows), table, known)
