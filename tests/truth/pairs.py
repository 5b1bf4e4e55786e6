"""Two portfolios of one person with transfers between them, as commanded: both are folded together, day by day.

What arrives is what the fold of the other side carried out; nothing of the product's own following is used.  On each day units go one
way only, so that no day hands them round in a circle; which way, a program may change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from market.models import Instrument
from portfolio_site.kernel.money import Currency
from portfolios.ledger import events as ev
from portfolios.ledger.events import Arriving, Event
from portfolios.ledger.replay import Rules
from tests.truth.entries import Entry
from tests.truth.model import Impossible, Ledger, decimal, judge_of, place


@dataclass(frozen=True)
class Moved:
    """One transfer, by the numbers of its two entries; `number` stays when it is turned round: that of what left at first."""

    number: int
    leaving: int
    arriving: int
    source: int
    target: int
    instrument: Instrument
    day: date
    quantity: Decimal

    @property
    def turned(self) -> Moved:
        """What arrived leaves: under the number that it has."""
        return replace(self, leaving=self.arriving, arriving=self.leaving, source=self.target, target=self.source)

    def out(self, base: str) -> Event:
        facts = {"id": self.leaving, "sequence": self.leaving, "day": self.day, "currency": Currency(base)}
        return ev.TransferOut(**facts, instrument=self.instrument.pk, quantity=self.quantity)

    def come(self, base: str, carried: Iterable[tuple[Any, ...]]) -> Event:
        lots = tuple(Arriving(day, *map(decimal, numbers)) for _, _, day, *numbers in carried)
        return ev.TransferIn(
            id=self.arriving,
            sequence=self.arriving,
            day=self.day,
            currency=Currency(base),
            instrument=self.instrument.pk,
            quantity=self.quantity,
            gross=sum((lot.cost for lot in lots), Decimal(0)),
            local_price=Decimal(0),
            local_currency=Currency(self.instrument.currency),
            cost_local=sum((lot.cost_local for lot in lots), Decimal(0)),
            acquired_on=min(lot.acquired_on for lot in lots),
            lots=lots,
        )


@dataclass(frozen=True)
class State:
    """Entries by portfolio and number, and transfers by number, that count."""

    entries: Mapping[int, Mapping[int, Entry]]
    moved: Mapping[int, Moved]
    rules: Mapping[int, Rules]

    def events(self, until: date | None = None) -> dict[int, list[Event]]:
        """Of each portfolio, with what arrives as the other side carried it.  Raises Impossible."""
        return self._folded(until)[0]

    def held(self, portfolio: int, instrument: Instrument, day: date) -> Decimal:
        """Units at the end of a day."""
        return decimal(Fraction(self._folded(day)[1][portfolio].held(instrument.pk)))

    def _folded(self, until: date | None) -> tuple[dict[int, list[Event]], dict[int, Any]]:
        bases = {key: str(rules.base_currency) for key, rules in self.rules.items()}
        found: dict[int, list[Event]] = {key: [] for key in self.rules}
        folds = {key: judge_of(rules) for key, rules in self.rules.items()}
        own: dict[tuple[date, int], list[Event]] = defaultdict(list)
        for key, entries in self.entries.items():
            for number, entry in entries.items():
                own[entry.day, key].append(entry.event(number, bases[key]))
        moves: dict[date, list[Moved]] = defaultdict(list)
        for one in self.moved.values():
            moves[one.day].append(one)
        for day in sorted({*(day for day, _ in own), *moves}):
            if until is not None and day > until:
                break
            sources = {one.source for one in moves[day]}
            assert len(sources) <= 1, "units would go round in a circle"
            for key in sorted(self.rules, key=lambda key: key not in sources):
                today = own[day, key] + [one.out(bases[key]) for one in moves[day] if one.source == key]
                for one in moves[day]:
                    if one.target == key:
                        carried = [row for row in folds[one.source].carried if row[0] == one.leaving]
                        today.append(one.come(bases[key], carried))
                for event in sorted(today, key=place):
                    folds[key].step(event)
                found[key] += today
        return found, folds


@dataclass
class Pair:
    """Two ledgers as commanded; numbers in `gone` are voided."""

    rules: dict[int, Rules]
    entries: dict[int, dict[int, Entry]] = field(default_factory=lambda: defaultdict(dict))
    moved: dict[int, Moved] = field(default_factory=dict)
    gone: set[int] = field(default_factory=set)

    def state(self, *, without: Iterable[int] = (), put: Iterable[tuple[int, int, Entry]] = (), moved: Iterable[Moved] = ()) -> State:
        """As it is, or as it would be after a change; `put` are entries by portfolio and number."""
        away = {*self.gone, *without}
        entries = {key: {number: entry for number, entry in self.entries[key].items() if number not in away} for key in self.rules}
        for key, number, entry in put:
            entries[key][number] = entry
        transfers = {number: one for number, one in self.moved.items() if number not in away} | {one.number: one for one in moved}
        return State(entries, transfers, self.rules)

    def allows(self, **change: Any) -> bool:
        try:
            self.state(**change).events()
        except Impossible:
            return False
        return True

    def meets(self, one: Moved) -> bool:
        """Whether another transfer of its day goes the other way, so that units could go round in a circle."""
        live = (other for number, other in self.moved.items() if number not in {*self.gone, one.number})
        return any(other.day == one.day and other.source != one.source for other in live)

    def next_number(self) -> int:
        """A place after all others of a day."""
        numbers = [number for entries in self.entries.values() for number in entries]
        return max([*numbers, *(number for one in self.moved.values() for number in (one.leaving, one.arriving))], default=0) + 1

    def side(self, key: int) -> Ledger:
        """One of the two, as the checks of one ledger take it."""
        return _Side(key, self.rules[key], told=self.state().events()[key])


@dataclass
class _Side(Ledger):
    told: list[Event] = field(default_factory=list)

    def events(self, **_: Any) -> list[Event]:
        return list(self.told)
