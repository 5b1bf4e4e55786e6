"""What each of several changes to a ledger did to its figures: the ledger is replayed before and after each of them.

Effects add up: the sum over all changes is what the figures differ by, to the last decimal.  Instruments that no event connects do
not know each other, so that a change replays only those that it touches.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from portfolios.errors import LedgerRefused
from portfolios.ledger.book import Book
from portfolios.ledger.events import ZERO, Event
from portfolios.ledger.links import connected, instrument_ids_of, links_of
from portfolios.ledger.records import EXPENSE, INCOME
from portfolios.ledger.replay import Rules, replay

MOST_EVENTS = 500_000  # replayed for one answer; beyond that, changes of the same instruments are taken together
Group = frozenset[int]  # instruments that are replayed together; the empty one stands for events without an instrument


class Figures(NamedTuple):
    """What is told of one instrument, in base currency but for the units.  Without an instrument only income and expenses count."""

    units: Decimal = ZERO
    cost: Decimal = ZERO
    realised: Decimal = ZERO
    income: Decimal = ZERO
    expenses: Decimal = ZERO

    def plus(self, other: Figures) -> Figures:
        return Figures(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def less(self, other: Figures) -> Figures:
        return Figures(*(mine - theirs for mine, theirs in zip(self, other, strict=True)))


NOTHING = Figures()
Table = dict[int | None, Figures]


class Change(NamedTuple):
    """One write: the entries that stopped to count, by their number, and those that count from then on."""

    out: tuple[int, ...] = ()
    into: tuple[Event, ...] = ()


@dataclass(slots=True)
class Effect:
    """What a change did, by instrument; nothing where it did nothing.

    with_next  for these instruments the ledger does not stand between this change and the next: the effect of both is told there
    """

    by_instrument: Table = field(default_factory=dict)
    with_next: bool = False


@dataclass(frozen=True, slots=True)
class Effects:
    """The effects in the order of the changes, and the figures before the first and after the last of them.

    problem  why nothing can be told: the ledger of then does not fit the rules of now
    """

    effects: tuple[Effect, ...]
    before: Table
    after: Table
    problem: str = ""


def figures_of(events: Iterable[Event], rules: Rules) -> Table:
    """The figures that these events come to, by instrument.  Raises what the ledger refuses."""
    book = replay(events, rules)
    table: Table = {pk: Figures(one.quantity, one.cost, one.realised, one.income, one.expenses) for pk, one in book.positions.items()}
    own = _without_instrument(book)
    if any(own):
        table[None] = own
    return table


def _without_instrument(book: Book) -> Figures:
    booked: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for posting in book.postings:
        if posting.instrument is None:
            booked[posting.kind] += posting.amount
    return Figures(income=booked[INCOME], expenses=booked[EXPENSE])


def effects_of(before: Mapping[int, Event], changes: Sequence[Change], rules: Rules) -> Effects:
    """What each change did, one after the other.

    before  the events that counted before the first change, by their number: at least those of all instruments that the changes
            touch, or that reorganisations connect with them
    """
    groups = _groups_of([*before.values(), *(event for change in changes for event in change.into)])
    paths = _paths(before, changes, groups)
    try:
        tables = {group: figures_of(path.state.values(), rules) for group, path in paths.items()}
    except LedgerRefused as refused:
        return _nothing_told(changes, refused)
    opening, effects = _joined(tables.values()), tuple(Effect() for _ in changes)
    for group, path in paths.items():
        try:
            tables[group] = _walk(path, tables[group], effects, rules, MOST_EVENTS // len(paths))
        except LedgerRefused as refused:
            return _nothing_told(changes, refused)
    return Effects(effects, opening, _joined(tables.values()))


def _nothing_told(changes: Sequence[Change], refused: LedgerRefused) -> Effects:
    return Effects(tuple(Effect() for _ in changes), {}, {}, refused.detail)


def _joined(tables: Iterable[Table]) -> Table:
    return {pk: figures for table in tables for pk, figures in table.items()}


# ── one group of instruments on its way ─────────────────────────────────────


@dataclass(slots=True)
class _Path:
    """The events of a group before the first change, and what each change that touches it does: (place, out, into)."""

    state: dict[int, Event] = field(default_factory=dict)
    steps: list[tuple[int, list[int], list[Event]]] = field(default_factory=list)


def _groups_of(events: Iterable[Event]) -> Callable[[Event], Group]:
    """Which group an event belongs to."""
    known: dict[int, Group] = {}
    every = list(events)
    links = links_of(every)
    for event in every:
        for pk in instrument_ids_of(event)[:1]:
            if pk not in known:
                group = frozenset(connected([pk], links))
                known.update(dict.fromkeys(group, group))

    def group_of(event: Event) -> Group:
        ids = instrument_ids_of(event)
        return known[ids[0]] if ids else frozenset()

    return group_of


def _paths(before: Mapping[int, Event], changes: Sequence[Change], group_of: Callable[[Event], Group]) -> dict[Group, _Path]:
    """The groups that are touched, each with its events and its steps."""
    where = {number: group_of(event) for number, event in before.items()}
    steps: dict[Group, dict[int, tuple[list[int], list[Event]]]] = defaultdict(dict)
    for place, change in enumerate(changes):
        for number in change.out:
            if number in where:
                steps[where.pop(number)].setdefault(place, ([], []))[0].append(number)
        for event in change.into:
            group = where[event.id] = group_of(event)
            steps[group].setdefault(place, ([], []))[1].append(event)
    paths = {group: _Path(steps=[(place, out, into) for place, (out, into) in found.items()]) for group, found in steps.items()}
    for number, event in before.items():
        if (path := paths.get(group_of(event))) is not None:
            path.state[number] = event
    return paths


def _walk(path: _Path, table: Table, effects: Sequence[Effect], rules: Rules, most: int) -> Table:
    """Adds to each effect what the figures of the group moved by; returns them after the last.  Raises where that state is refused."""
    largest = len(path.state) + sum(len(into) for _, _, into in path.steps)
    together = len(path.steps) * (largest + 1) > most
    last = path.steps[-1][0]
    for place, out, into in path.steps:
        for number in out:
            path.state.pop(number, None)
        path.state.update((event.id, event) for event in into)
        if together and place != last:
            effects[place].with_next = True
            continue
        try:
            now = figures_of(path.state.values(), rules)
        except LedgerRefused:
            if place == last:
                raise
            effects[place].with_next = True
            continue
        for pk in now.keys() | table.keys():
            moved = now.get(pk, NOTHING).less(table.get(pk, NOTHING))
            if any(moved):
                effects[place].by_instrument[pk] = moved
        table = now
    return table
