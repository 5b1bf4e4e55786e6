"""The level of a benchmark, day by day, in a report currency: the one rule by which anything is compared.  docs/numbers.md: "Total return", "Blends".

A level is worth in the report currency; only its ratios mean anything.  Rows of time are calendar days.  Closes and rates stand until
the next one, a close fourteen days at most (of a person's own pricing a year), a rate seven: the longest holiday of a large exchange
was ten days (Tokyo, 2019).  Days beyond that are not known, and every figure that rests on one of them is undefined with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.border import BoolArray, FloatArray, IntArray, to_float64
from analytics.engine.blends import blended, units_reinvested
from analytics.engine.errors import Undefined
from analytics.world import Market
from market.choices import ActionKind, AssetClass, Rebalancing, ReturnKind
from market.selectors import BRIDGED_DAYS, ActionView, BenchmarkView, PartView, PriceColumnView, day_number, day_of

CLOSE_STANDS, OWN_CLOSE_STANDS = 14, 366
PAYS_NOTHING = frozenset({AssetClass.CRYPTO, AssetClass.COMMODITY, AssetClass.CURRENCY})
PAYS_WITHIN = 366  # days: whoever pays dividends does so once a year


@dataclass(frozen=True, slots=True)
class Unknown:
    """Days `[begin, end)` of a level, counted from its first, that are not known, and the clause that says why."""

    begin: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """A benchmark at `len(values)` closes from `first`.

    values    (n,)  its level; 0 where it is not known yet
    parts     (m, n)  the level of each of its parts, of an index its own; 0 where it is not known yet
    known     (n,)
    is_total  whether dividends are counted in all of it
    notes     sentences on what is left out, or what stands for it
    """

    currency: str
    first: date
    values: FloatArray
    parts: FloatArray
    known: BoolArray
    unknown: tuple[Unknown, ...]
    is_total: bool
    notes: tuple[str, ...]

    def require(self, begin: int, end: int) -> None:
        """Raises Undefined where an entry of `[begin, end)` is not known."""
        for one in self.unknown:
            if one.begin < end and begin < one.end:
                raise Undefined(one.reason)


def level_of(benchmark: BenchmarkView, market: Market, actions: Iterable[ActionView], *, currency: str, first: date, length: int) -> Level:
    """The level on `length` days from `first`.

    market    closes and rates of everything the benchmark rests on, with what each is quoted in
    actions   splits and dividends of the same

    An index or instrument keeps its own height at the first day that is known; a blend begins there at 1, at its weights.
    """
    by_instrument: dict[int, list[ActionView]] = {}
    for action in actions:
        by_instrument.setdefault(action.instrument_id, []).append(action)
    parts = [_Part(one, market, by_instrument, currency, day_number(first), length) for one in benchmark.parts]
    known = np.logical_and.reduce([one.known for one in parts])
    values = np.zeros(length)
    if known.any():
        begin = int(np.argmax(known))
        if benchmark.is_blend:
            weights = to_float64(one.weight for one in benchmark.parts)
            values[begin:] = blended(np.vstack([one.values[begin:] for one in parts]), weights, _rebalanced(benchmark, first, known)[begin:])
        else:
            values[begin:] = parts[0].values[begin:]
    unknown = tuple(sorted((each for one in parts for each in one.unknown()), key=lambda each: each.begin))
    notes = tuple(dict.fromkeys(note for note in (benchmark.note, *(one.note for one in parts)) if note))
    return Level(currency, first, values, np.vstack([one.values for one in parts]), known, unknown, all(one.is_total for one in parts), notes)


def held_by(benchmark: BenchmarkView, level: Level) -> tuple[FloatArray, BoolArray]:
    """What a benchmark holds after each close: the weight of each part, (m, n), and at which closes they were put right, (n,).

    Weights before the first close that all parts have are those of that close.
    """
    begin = int(np.argmax(level.known))
    marks = _rebalanced(benchmark, level.first, level.known)
    marks[begin] = True
    places = np.arange(len(level.values))
    base = np.maximum(np.maximum.accumulate(np.where(marks, places, 0)), begin)
    grown = level.parts[:, np.maximum(places, begin)] / level.parts[:, base]
    worth = to_float64(one.weight for one in benchmark.parts)[:, None] * grown
    return worth / worth.sum(axis=0), marks


def _rebalanced(benchmark: BenchmarkView, first: date, known: BoolArray) -> BoolArray:
    """The closes, of those that all parts have, at which a blend goes back to its weights."""
    return np.asarray(rebalancing_closes(benchmark.rebalancing, day_number(first), len(known)) & known)


def quoted_in(benchmark: BenchmarkView) -> dict[int, str]:
    """The currency of everything that a benchmark rests on, as `Market.quoted`."""
    twins = {one.twin.instrument_id: one.twin.currency for one in benchmark.parts if one.twin}
    return twins | {one.instrument_id: one.currency for one in benchmark.parts}


def rebalancing_closes(rule: str, first: int, length: int) -> BoolArray:
    """At which of these days, from day number `first`, a blend goes back to its weights: the last of each month, quarter or year."""
    if rule in {Rebalancing.DAILY, Rebalancing.NEVER}:
        return np.full(length, rule == Rebalancing.DAILY)
    days = np.arange(first, first + length + 1).astype("datetime64[D]")
    months = days.astype("datetime64[M]").astype(np.int64)
    span = {Rebalancing.MONTHLY: 1, Rebalancing.QUARTERLY: 3, Rebalancing.YEARLY: 12}[Rebalancing(rule)]
    periods = months // span
    return np.asarray(periods[1:] != periods[:-1])


# ── one part ────────────────────────────────────────────────────────────────


class _Part:
    """A part of a benchmark: its level, where that is known, and what it counts."""

    def __init__(self, part: PartView, market: Market, actions: Mapping[int, Sequence[ActionView]], currency: str, first: int, length: int) -> None:
        self.part, self.market, self.currency, self.first, self.length = part, market, currency, first, length
        twin = part.twin
        use_twin = twin is not None and self._reaches_as_far(twin.instrument_id)
        self.instrument, self.symbol, self.quoted = (
            (twin.instrument_id, twin.symbol, twin.currency) if twin is not None and use_twin else (part.instrument_id, part.symbol, part.currency)
        )
        column = market.prices.get(self.instrument)
        self.closes = market.closes(self.instrument, first, length)
        self.close_age = _age(column, first, length)
        rates, self.rate_age = market.dated_rate(self.quoted, currency, first, length)
        self.no_close = self.close_age > (OWN_CLOSE_STANDS if part.is_own else CLOSE_STANDS)
        self.no_rate = self.rate_age > BRIDGED_DAYS
        rows = actions.get(self.instrument, ())
        units = _units(column, self.closes, rows, first, length)
        self.values = self.closes * units * rates
        self.is_total, self.note = (True, "") if use_twin else self._counts(rows)

    @property
    def known(self) -> BoolArray:
        return np.asarray(~(self.no_close | self.no_rate))

    def _reaches_as_far(self, twin: int) -> bool:
        """Whether the twin has prices from where they are needed, or from where the part's own begin."""
        ours, theirs = self.market.prices.get(self.part.instrument_id), self.market.prices.get(twin)
        if theirs is None:
            return False
        return int(theirs.days[0]) <= max(self.first, int(ours.days[0]) if ours is not None else self.first)

    def _counts(self, rows: Sequence[ActionView]) -> tuple[bool, str]:
        """Whether dividends are counted, and the sentence that says what is not."""
        if self.part.kind == ReturnKind.TOTAL or self.part.asset_class in PAYS_NOTHING:
            return True, ""
        paid = [row.ex_day for row in rows if row.kind == ActionKind.DIVIDEND and self.first < day_number(row.ex_day) < self.first + self.length]
        if paid and day_number(min(paid)) - self.first <= PAYS_WITHIN:
            return True, ""
        if paid:
            began = min(paid)
            return False, f"Dividends of {self.symbol} are known from {_in_words(began)} on; before that its prices alone count."
        if self.part.asset_class == AssetClass.INDEX:
            return False, f"{self.symbol} is told without dividends: its total return is not known."
        return False, f"No dividends of {self.symbol} are known for these days: its prices alone count."

    def unknown(self) -> list[Unknown]:
        """Each stretch of days without a close, then without a rate."""
        found = [Unknown(begin, end, self._why_no_close(begin)) for begin, end in _runs(self.no_close)]
        return found + [Unknown(begin, end, self._why_no_rate(begin)) for begin, end in _runs(self.no_rate & ~self.no_close)]

    def _why_no_close(self, entry: int) -> str:
        day = day_of(self.first + entry)
        if not np.isfinite(self.close_age[entry]):
            return f"no price of {self.symbol} in {self.currency} is known for {_in_words(day)} or before"
        last = day_of(self.first + entry - int(self.close_age[entry]))
        return f"no price of {self.symbol} is known for {_in_words(day)}: the last one is of {_in_words(last)}"

    def _why_no_rate(self, entry: int) -> str:
        day = _in_words(day_of(self.first + entry))
        if not np.isfinite(self.rate_age[entry]):
            return f"no price of {self.symbol} in {self.currency} is known for {day} or before"
        return f"no {self.quoted}/{self.currency} rate is known for {day} or the {BRIDGED_DAYS} days before"


def _in_words(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _age(column: PriceColumnView | None, first: int, length: int) -> FloatArray:
    """How many days old the last close is on each day; infinite before the first one."""
    if column is None:
        return np.full(length, np.inf)
    today = first + np.arange(length, dtype=np.int64)
    place = np.searchsorted(column.days, today, side="right") - 1
    age = (today - column.days[np.maximum(place, 0)]).astype(np.float64)
    return np.where(place >= 0, age, np.inf)


def _units(column: PriceColumnView | None, closes: FloatArray, actions: Sequence[ActionView], first: int, length: int) -> FloatArray:
    """Units after splits and reinvested dividends; an action counts on the first close on or after its ex-day, after the first day."""
    splits, paid = np.ones(length), np.zeros(length)
    if column is None or not actions:
        return splits
    days: IntArray = column.days.astype(np.int64)
    for action in sorted(actions, key=lambda one: (one.ex_day, one.kind == ActionKind.DIVIDEND)):
        place = int(np.searchsorted(days, day_number(action.ex_day)))
        entry = int(days[place]) - first if place < len(days) else length
        if not 0 < entry < length:
            continue
        if action.kind == ActionKind.SPLIT and action.ratio_new and action.ratio_old:
            ratio = float(action.ratio_new / action.ratio_old)
            splits[entry] *= ratio
            paid[entry] /= ratio
        elif action.kind == ActionKind.DIVIDEND and action.amount:
            paid[entry] += float(action.amount)
    return units_reinvested(closes, splits, paid)


def _runs(marks: BoolArray) -> list[tuple[int, int]]:
    """Stretches of true entries, each as (begin, end)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], marks, [False])).astype(np.int8)))
    return [(int(begin), int(end)) for begin, end in edges.reshape(-1, 2)]
