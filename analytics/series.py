"""From the exact ledger to daily series, over the border of `border.py`.

Rows of time are calendar days.  A series that ends on day T and whose first event is on day S has T - S + 2 entries: entry 0
is the close before S, where everything is zero.  Money is in the report currency.

What cannot be valued.  An instrument stands at the cost of what is held of it up to its first price, or the first rate of its
currency, as in the exact figures: what is paid for it changes nothing, and the day of its first price brings all that it gained
so far.  Each such time is named as a gap.  Cash without a rate cannot be treated so: days on which some is held are not `known`.

Flows.  Those of the ledger, in the report currency at the rate of their day.  Units transferred in or out count with their
value at the close of that day, whereas the exact book counts them at the cost they carry, as here where they stand at cost;
transfers of one instrument on one day between the portfolios of one series cancel.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from analytics.border import BoolArray, FloatArray, IntArray, Steps, arrays_of, day_numbers, to_float64
from analytics.continuing import Before, RestsOn
from analytics.engine.returns import before_costs, growth_index
from analytics.engine.valuation import converted, held_each_day, worth_by_currency
from analytics.world import Market
from market.selectors import day_number, day_of
from portfolios.ledger.book import Book
from portfolios.selectors import CostChange

Costs = Callable[[frozenset[int]], Iterable[CostChange]]

_BLOCK = 16  # instruments whose closes are laid out at a time


@dataclass(frozen=True, slots=True)
class Gap:
    """Something held that could not be valued: it stands at its cost; cash makes its days unknown.

    `until` is the first day on which it could be valued; None: never yet.
    """

    instrument: int | None  # None: cash
    currency: str
    since: date
    until: date | None
    wants_rate: bool  # a price is known, a rate is not


@dataclass(frozen=True, slots=True, eq=False)
class Daily:
    """Daily series of one or several portfolios together.  n + 1 closes, n days; see the head of this module.

    value      (n + 1,)  worth at each close
    inflow     (n,)      paid in, at the start of each day
    outflow    (n,)      taken out, at the end of each day
    known      (n + 1,)  false where cash was held in a currency without a rate
    trading    (n + 1,)  business days: weekdays with a price of something held that is not crypto; every day for crypto alone
    periods    business days a year: 252, or 365 for crypto alone
    """

    currency: str
    first: date  # the day of entry 0
    value: FloatArray
    inflow: FloatArray
    outflow: FloatArray
    known: BoolArray
    trading: BoolArray
    periods: int
    gaps: tuple[Gap, ...] = ()

    @property
    def last(self) -> date:
        return day_of(day_number(self.first) + len(self.value) - 1)

    @property
    def days(self) -> IntArray:
        """Day numbers of the closes, (n + 1,)."""
        return day_number(self.first) + np.arange(len(self.value), dtype=np.int64)

    @property
    def invested(self) -> FloatArray:
        """Paid in less taken out, up to each close, (n + 1,)."""
        return np.concatenate(([0.0], np.cumsum(self.inflow - self.outflow)))

    @property
    def index(self) -> FloatArray:
        """What one unit of money became, (n + 1,), starting at 1.  Raises Undefined where no number holds it."""
        return growth_index(self.value, self.inflow, self.outflow)

    def at(self, day: date) -> int:
        """The entry of a day, the nearest one for days outside."""
        return min(max(day_number(day) - day_number(self.first), 0), len(self.value) - 1)

    def between(self, before: date, last: date) -> Daily:
        """The series whose entry 0 is the close of `before` and that ends with `last`; days outside are left off."""
        begin, end = self.at(before), self.at(last)
        return replace(
            self,
            first=day_of(day_number(self.first) + begin),
            value=self.value[begin : end + 1],
            inflow=self.inflow[begin:end],
            outflow=self.outflow[begin:end],
            known=self.known[begin : end + 1],
            trading=self.trading[begin : end + 1],
        )

    def ending_at(self, value: float) -> Daily:
        """The same with another worth at the last close: that of the newest quotes."""
        worth = self.value.copy()
        worth[-1] = value
        return replace(self, value=worth)

    def before_costs(self, costs: FloatArray) -> Daily:
        """The same with fees and taxes, (n,), as money taken out: what gross returns are made of."""
        inflow, outflow = before_costs(self.inflow, self.outflow, costs)
        return replace(self, inflow=inflow, outflow=outflow)


# ── the series ──────────────────────────────────────────────────────────────


class _Steps(NamedTuple):
    """Steps of all books, ordered by column and day; a column is one instrument (or currency) in one book."""

    keys: list[tuple[int, Any]]  # (book, instrument or currency) of each column
    columns: IntArray
    starts: IntArray
    after: FloatArray


def _together(books: Sequence[Steps], first: int, length: int) -> _Steps:
    """The steps of all books beside each other, those of `length` days from the day number `first`."""
    keys = [(book, key) for book, steps in enumerate(books) for key in steps.keys]
    before = np.cumsum([0, *(len(steps.keys) for steps in books)])
    columns = np.concatenate([steps.columns + offset for steps, offset in zip(books, before[:-1], strict=True)])
    starts, after = np.concatenate([steps.days for steps in books]) - first, np.concatenate([steps.after for steps in books])
    if len(starts) and int(starts.max()) >= length:
        inside = starts < length
        columns, starts, after = columns[inside], starts[inside], after[inside]
    return _Steps(keys, columns, starts, after)


class _Builder:
    """The work of `daily`, step by step."""

    def __init__(self, books: Sequence[Book], currency: str, market: Market, first: int, length: int) -> None:
        self.books, self.currency, self.market, self.first, self.length = books, currency, market, first, length
        self.arrays = [arrays_of(book) for book in books]
        self.units = _together([one.units for one in self.arrays], first, length)
        self.cash = _together([one.cash for one in self.arrays], first, length)
        used = {market.quoted[instrument] for _, instrument in self.units.keys} | {code for _, code in self.cash.keys}
        self.codes = {code: place for place, code in enumerate(sorted(used))}
        self.rates = np.vstack([market.rate(code, currency, first, length) for code in self.codes]) if used else np.zeros((0, length))
        self.flow_in, self.flow_out, self.at_cost = np.zeros(length), np.zeros(length), np.zeros(length)
        self.gaps: list[Gap] = []

    def priced_from(self, instrument: int) -> int:
        """The first entry at which the instrument has a price and its currency a rate; `length` if there is none."""
        column = self.market.prices.get(instrument)
        if column is None:
            return self.length
        price = int(column.days[0]) - self.first
        return min(max(price, self.rated_from[self.codes[self.market.quoted[instrument]]], 0), self.length)

    @cached_property
    def rated_from(self) -> list[int]:
        """The first entry at which each currency has a rate; `length` if there is none."""
        known = self.rates != 0
        return [int(np.argmax(row)) if row.any() else self.length for row in known]

    def value(self, begin: int = 0) -> FloatArray:
        """Worth at each close from the entry `begin` on; what cannot be valued stands at its cost, and in `gaps`."""
        first, length = self.first + begin, self.length - begin
        by_currency = np.zeros((len(self.codes), length))
        places = np.array([self.codes[self.market.quoted[one]] for _, one in self.units.keys], dtype=np.int64)
        starts = np.maximum(self.units.starts - begin, 0)
        for block in range(0, len(self.units.keys), _BLOCK):
            keys = self.units.keys[block : block + _BLOCK]
            closes = np.vstack([self.market.closes(instrument, first, length) for _, instrument in keys])
            low, high = np.searchsorted(self.units.columns, (block, block + len(keys)))
            steps = (self.units.columns[low:high] - block, starts[low:high], self.units.after[low:high])
            by_currency += worth_by_currency(*steps, closes, places[block : block + len(keys)], len(self.codes))
        for place, (_, code) in enumerate(self.cash.keys):
            row = self.codes[code]
            by_currency[row] += self.cash_of(place)[begin:]
        return converted(by_currency, self.rates[:, begin:]) + self.at_cost[begin:]

    def cash_of(self, place: int) -> FloatArray:
        """The balance of one cash column at each close."""
        cash = self.cash
        return held_each_day(cash.columns, cash.starts, cash.after, first=place, last=place + 1, days=self.length).ravel()

    def known(self) -> BoolArray:
        """Which closes have a rate for all cash that is held."""
        known = np.ones(self.length, dtype=bool)
        for place, (_, code) in enumerate(self.cash.keys):
            missing = (self.rates[self.codes[code]] == 0) & (self.cash_of(place) != 0)
            if missing.any():
                since, until = int(np.argmax(missing)), int(np.flatnonzero(missing)[-1]) + 1
                self.gaps.append(self._gap(None, code, since, until if until < self.length else None, wants_rate=True))
                known &= ~missing
        return known

    def _gap(self, instrument: int | None, code: str, since: int, until: int | None, *, wants_rate: bool) -> Gap:
        return Gap(instrument, code, day_of(self.first + since), None if until is None else day_of(self.first + until), wants_rate)

    def stand_at_cost(self, costs: Costs) -> dict[int, int]:
        """The instruments that were held before they could be valued, with the entry from which they can."""
        unvalued: dict[int, int] = {}
        since: dict[int, int] = {}
        priced = np.array([self.priced_from(instrument) for _, instrument in self.units.keys], dtype=np.int64)
        early = np.flatnonzero((self.units.starts < priced[self.units.columns]) & (self.units.after != 0)) if len(priced) else ()
        for step in early:
            place, start = int(self.units.columns[step]), int(self.units.starts[step])
            instrument = self.units.keys[place][1]
            unvalued[instrument] = int(priced[place])
            since[instrument] = min(start, since.get(instrument, start))
        for instrument, entry in unvalued.items():
            code = self.market.quoted[instrument]
            until = entry if entry < self.length else None
            self.gaps.append(self._gap(instrument, code, since[instrument], until, wants_rate=self._has_price(instrument, since[instrument])))
        for change in costs(frozenset(unvalued)) if unvalued else ():
            self.at_cost[day_number(change.day) - self.first : unvalued[change.instrument]] += float(change.amount)
        return unvalued

    def _has_price(self, instrument: int, entry: int) -> bool:
        column = self.market.prices.get(instrument)
        return column is not None and int(column.days[0]) - self.first <= entry

    def _add(self, entry: int, amount: float) -> None:
        """One flow: in if positive, out if negative."""
        if amount > 0:
            self.flow_in[entry] += amount
        else:
            self.flow_out[entry] -= amount

    def flows(self, unvalued: Mapping[int, int], transfers: frozenset[int]) -> None:
        """Adds the flows of the ledgers; units that moved in kind at their worth, or at their cost where they stand at it."""
        moved: dict[tuple[int, int], Decimal] = defaultdict(Decimal)
        carried: dict[tuple[int, int], Decimal] = defaultdict(Decimal)  # what they cost
        in_kind = np.fromiter(transfers, dtype=np.int64, count=len(transfers))
        for book, arrays in zip(self.books, self.arrays, strict=True):
            entries, much = arrays.flow_days - self.first, arrays.flow_amounts
            counts = entries < self.length
            for place in np.flatnonzero(np.isin(arrays.flow_events, in_kind)) if transfers else ():
                flow = book.flows[place]
                if flow.quantity is None or flow.instrument is None:
                    continue
                counts[place] = False
                if entries[place] < self.length:
                    key = (int(entries[place]), flow.instrument)
                    carried[key] += flow.amount
                    moved[key] += flow.quantity
            entries, much = entries[counts], much[counts]
            self.flow_in += np.bincount(entries, np.maximum(much, 0.0), self.length)
            self.flow_out += np.bincount(entries, np.maximum(-much, 0.0), self.length)
        for (entry, instrument), quantity in moved.items():
            worth = float(self.market.worth_of_one(instrument, self.currency, self.first + entry, 1)[0])
            at_cost = not worth or unvalued.get(instrument, 0) > entry
            self._add(entry, float(carried[entry, instrument]) if at_cost else float(quantity) * worth)

    @property
    def held(self) -> set[int]:
        """All that was ever held."""
        return {instrument for _, instrument in self.units.keys}

    def trading(self, begin: int = 0) -> tuple[BoolArray, int]:
        """Business days from the entry `begin` on, and how many a year has."""
        return business_days(self.held, self.market, self.first + begin, self.length - begin)


def business_days(held: Set[int], market: Market, first: int, length: int) -> tuple[BoolArray, int]:
    """Which of `length` days from day number `first` are business days of what is held, and how many a year has; see `Daily.trading`."""
    if held and held <= market.coins:
        return np.ones(length, dtype=bool), 365
    weekday = (first + 3 + np.arange(length)) % 7 < 5  # day 0, 1 Jan 1970, was a Thursday
    columns = [market.prices[one] for one in held - market.coins if one in market.prices]
    if not columns:
        return weekday, 252
    seen = np.zeros(length, dtype=bool)
    for column in columns:
        low, high = np.searchsorted(column.days, (first, first + length))
        seen[column.days[low:high] - first] = True
    return weekday & seen, 252


def costs_held(changes: Iterable[tuple[int, date, Decimal]], days: IntArray) -> dict[int, FloatArray]:
    """What is held of each instrument has cost so much at each of some closes.

    changes  of the cost of an instrument on a day
    days     (n,)  day numbers, rising
    """
    found: dict[int, FloatArray] = {}
    for instrument, day, amount in changes:
        level = found.setdefault(instrument, np.zeros(len(days)))
        level[np.searchsorted(days, day_number(day)) :] += float(amount)
    return found


def each_day(amounts: Iterable[tuple[date, Decimal]], first: date, days: int) -> FloatArray:
    """Dated amounts added up by day: (days,), the first of them the day after `first`; others are left out."""
    listed = list(amounts)
    entries = day_numbers([day for day, _ in listed]) - day_number(first) - 1
    inside = (entries >= 0) & (entries < days)
    return np.bincount(entries[inside], to_float64(amount for _, amount in listed)[inside], days).astype(np.float64)


def first_day(books: Iterable[Book]) -> date | None:
    """The day of the first thing that happened in any of the books."""
    heads = [fields[0] for book in books for fields in (book.rows.steps, book.rows.cash_steps, book.rows.flows) if fields]
    return min(heads, default=None)


def all_valued(instruments: frozenset[int]) -> tuple[CostChange, ...]:
    """For ledgers of which every holding can be valued from its first day."""
    return ()


def daily(
    books: Sequence[Book],
    *,
    currency: str,
    market: Market,
    last: date,
    transfers: frozenset[int] = frozenset(),
    costs: Costs = all_valued,
    before: Before | None = None,
) -> Daily:
    """The daily series of some ledgers together, from the close before the first event to the close of `last`.

    books      replayed in `currency`
    transfers  the events that moved units in or out in kind
    costs      asked, only for what was held before it could be valued, how its cost came about
    before     an earlier series of these ledgers: what is as it was then is taken from there

    Without any event up to `last` the series has one entry, `last`, worth nothing.
    """
    begin = first_day(books)
    if begin is None or begin > last:
        nothing, one = np.zeros(0), np.ones(1, dtype=bool)
        return Daily(currency, last, np.zeros(1), nothing, nothing, one, one, 252)
    first = day_number(begin) - 1
    length = day_number(last) - first + 1
    work = _Builder(books, currency, market, first, length)
    unvalued = work.stand_at_cost(costs)
    work.flows(unvalued, transfers)
    rests_on = RestsOn(currency, first, length, tuple(work.arrays), market, {code: work.rates[place] for code, place in work.codes.items()})
    value, trading, periods = _continued(work, 0 if before is None or unvalued else before.same_until(rests_on), before)
    known = work.known()
    found = Daily(currency, day_of(first), value, work.flow_in[1:], work.flow_out[1:], known, trading, periods, tuple(work.gaps))
    if before is not None:
        before.keep(None if unvalued else rests_on, found)
    return found


def _continued(work: _Builder, same: int, before: Before | None) -> tuple[FloatArray, BoolArray, int]:
    """Worth, business days and how many a year has; the first `same` entries of the series before are taken as they are."""
    if not same or before is None or before.daily is None:
        return (work.value(), *work.trading())
    value = np.concatenate((before.daily.value[:same], work.value(same)))
    if before.held != work.held:
        return (value, *work.trading())
    trading, periods = work.trading(same)
    return value, np.concatenate((before.daily.trading[:same], trading)), periods
