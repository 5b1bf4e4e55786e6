"""Why units differ from a statement: each supposition is tried on the ledger itself, and told where it makes the units agree.

A supposition is a changed list of entries (a split more, a duplicate less, …); `replay` says what it comes to, so that nothing is
supposed that the ledger would refuse, and splits and trades after it count as they should.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate
from typing import Any

from portfolio_site.kernel.money import Currency
from portfolios.actions import ratios
from portfolios.errors import LedgerRefused
from portfolios.ledger.events import Buy, Event, Sell, Split, TransferIn, TransferOut
from portfolios.ledger.replay import Rules, replay

ZERO = Decimal(0)
NEAR = timedelta(days=10)  # an entry so long after the statement may belong before it
TWINS = timedelta(days=40)  # two equal splits so near each other are one, recorded twice
MOST_REPLAYED = 400_000  # events, for the suppositions of one holding
MOST_ALIKE = 2  # entries that would explain the difference equally: more of them say nothing
LARGEST_RATIO = 100

# codes, the likeliest first
MISSING_SPLIT, DUPLICATE, SPLIT_TWICE, VOIDED, WRONG_WAY = "missing_split", "duplicate", "split_twice", "voided", "wrong_direction"
NOT_SETTLED, DATED_LATER, SPLIT_NOT_THERE, NOT_THERE = "not_settled", "dated_later", "split_not_on_statement", "not_on_statement"
SPLIT_UNREPORTED, MISSING_TRADE = "ratio_of_a_split", "missing_trade"
_ORDER = (
    MISSING_SPLIT,
    DUPLICATE,
    SPLIT_TWICE,
    VOIDED,
    NOT_SETTLED,
    DATED_LATER,
    WRONG_WAY,
    SPLIT_NOT_THERE,
    NOT_THERE,
    SPLIT_UNREPORTED,
    MISSING_TRADE,
)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A split as the market reports it: `old` units become `new`; `action` is its number there, 0 where nobody reports it."""

    day: date
    new: Decimal
    old: Decimal
    action: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """One likely cause.

    code     which of the causes above, or of `cash_causes`
    fix      what puts it right with one click: "split", "void", "restore", "turn" (the other way round), "amount" (what moved was
             another amount), "costs" (a fee or tax that was not charged, or once more), or "" where a person must look
    entries  the numbers of the entries concerned
    splits   those that are missing
    amount   units or money concerned, with the sign of what the ledger lacks; None where the sentence needs none
    paid     of a dividend: the instrument, and the day on which it was paid
    """

    code: str
    fix: str = ""
    entries: tuple[int, ...] = ()
    splits: tuple[Ratio, ...] = ()
    amount: Decimal | None = None
    paid: tuple[int, date] | None = None


@dataclass(frozen=True, slots=True)
class Holding:
    """What is known of one instrument whose units differ.

    events    of it, and of all that reorganisations connect with it, up to the day of the statement
    later     of it alone, after that day
    voided    the last versions of entries of it that count no more
    settles   the settlement day of entries, by number, where one is known
    reported  the splits that the market reports, up to the day of the statement
    bound     the numbers of entries that are one side of a transfer between two portfolios: what arrives has its cost from the other
    """

    instrument: int
    day: date
    here: Decimal
    there: Decimal
    rules: Rules
    events: tuple[Event, ...]
    later: tuple[Event, ...] = ()
    voided: tuple[Event, ...] = ()
    settles: Mapping[int, date] = field(default_factory=dict)
    reported: tuple[Ratio, ...] = ()
    bound: frozenset[int] = frozenset()

    @property
    def difference(self) -> Decimal:
        return self.there - self.here

    @property
    def mine(self) -> list[Event]:
        return [event for event in self.events if getattr(event, "instrument", None) == self.instrument]


def causes_of(holding: Holding) -> tuple[Cause, ...]:
    """What may explain the difference, the likeliest first; never nothing: what nothing explains is a trade that is missing."""
    trial = _Trial(holding)
    found = [cause for supposed in (_splits, _duplicates, _voided, _wrong_way, _waiting, _too_many) for cause in supposed(holding, trial)]
    if not found:
        found += [*_bare_ratio(holding), Cause(MISSING_TRADE, amount=holding.difference)]
    return tuple(sorted(without_guesses(found), key=lambda cause: _ORDER.index(cause.code)))


def without_guesses(causes: Sequence[Cause]) -> list[Cause]:
    """Where something can be put right with one click, that an entry is not on the statement says nothing more."""
    known = any(cause.fix for cause in causes)
    return [cause for cause in causes if cause.fix or cause.code not in {NOT_THERE, SPLIT_NOT_THERE} or not known]


class _Trial:
    """Asks the ledger what a supposition comes to, within bounds."""

    def __init__(self, holding: Holding) -> None:
        self.holding, self.left = holding, MOST_REPLAYED
        self.splits = any(isinstance(event, Split) for event in holding.mine)

    def fits(self, *, without: Iterable[int] = (), more: Sequence[Event] = ()) -> bool:
        """Whether the units agree with the statement without some entries and with others."""
        gone = set(without)
        events = [*(event for event in self.holding.events if event.id not in gone), *more]
        if len(events) > self.left:
            return False
        self.left -= len(events)
        try:
            position = replay(events, self.holding.rules).positions.get(self.holding.instrument)
        except LedgerRefused:
            return False
        return (ZERO if position is None else position.quantity) == self.holding.there

    def may(self, units: Decimal) -> bool:
        """Whether so many units can make the difference: where there are splits that cannot be told at sight."""
        return self.splits or abs(units) == abs(self.holding.difference)


def _units(event: Event) -> Decimal:
    """Units that come or go by themselves; nothing for the rest."""
    return ZERO if isinstance(event, Split) else Decimal(getattr(event, "quantity", ZERO))


# ── suppositions ────────────────────────────────────────────────────────────


def _splits(holding: Holding, trial: _Trial) -> Iterator[Cause]:
    """A split of the market that is missing here, several of them; one that stands here twice, or that only we have."""
    own = [event for event in holding.mine if isinstance(event, Split)]
    known = [*own, *(event for event in holding.later if isinstance(event, Split))]  # booked after the statement, it is not missing
    missing = [one for one in holding.reported if not any(_same_split(one, event) for event in known)]
    for several in [[one] for one in missing] + ([missing] if len(missing) > 1 else []):
        if trial.fits(more=[_split_event(holding, one, -place) for place, one in enumerate(several, start=1)]):
            yield Cause(MISSING_SPLIT, "split", splits=tuple(several))
    for event in own:
        if trial.fits(without=[event.id]):
            twin = any(one.id != event.id and _equal_splits(one, event) for one in own)
            if not twin or event.id == max(one.id for one in own if _equal_splits(one, event)):
                yield Cause(SPLIT_TWICE, "void", (event.id,)) if twin else Cause(SPLIT_NOT_THERE, "", (event.id,))


def _same_split(reported: Ratio, event: Split) -> bool:
    return abs(reported.day - event.day) <= ratios.NEAR and ratios.same(reported.new, reported.old, event.ratio_new, event.ratio_old)


def _equal_splits(one: Split, other: Split) -> bool:
    return abs(one.day - other.day) <= TWINS and one.ratio_new * other.ratio_old == one.ratio_old * other.ratio_new


def _split_event(holding: Holding, ratio: Ratio, number: int) -> Split:
    base = holding.rules.base_currency
    return Split(id=number, sequence=number, day=ratio.day, currency=base, instrument=holding.instrument, ratio_new=ratio.new, ratio_old=ratio.old)


def _duplicates(holding: Holding, trial: _Trial) -> Iterator[Cause]:
    """Entries that exist twice with the same day, units and price."""
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for event in holding.mine:
        if units := _units(event):
            groups[type(event), event.day, units, getattr(event, "local_price", None)].append(event.id)
    spare = {key: sorted(numbers)[1:] for key, numbers in groups.items() if len(numbers) > 1}
    for key, numbers in spare.items():
        if not trial.splits and holding.difference % key[2]:
            continue
        for gone in accumulate([[number] for number in reversed(numbers)]):
            if trial.fits(without=gone):
                yield Cause(DUPLICATE, "void", tuple(gone))
    every = [number for numbers in spare.values() for number in numbers]
    if len(spare) > 1 and trial.fits(without=every):
        yield Cause(DUPLICATE, "void", tuple(every))


def _voided(holding: Holding, trial: _Trial) -> Iterator[Cause]:
    """An entry that was voided, and should not have been."""
    fitting = [event.id for event in holding.voided if event.day <= holding.day and trial.may(_units(event)) and trial.fits(more=[event])]
    for number in fitting[:MOST_ALIKE]:
        yield Cause(VOIDED, "restore", (number,))


_OPPOSITE: dict[type[Event], type[Event]] = {Buy: Sell, Sell: Buy, TransferIn: TransferOut, TransferOut: TransferIn}


def _turned(event: Event, holding: Holding) -> Event | None:
    """The same entry the other way round."""
    other = _OPPOSITE.get(type(event))
    if other is None or (other is TransferIn and event.id not in holding.bound):
        return None  # units that arrive need a cost, which those that left do not tell
    names = {one.name for one in fields(other)} - {"lots"}  # they are of the way that it went
    values = {one.name: getattr(event, one.name) for one in fields(event) if one.name in names}
    if other is TransferIn:  # what they carry comes from the other portfolio; only units are asked for here
        values |= {"gross": ZERO, "local_price": ZERO, "local_currency": _quoted_in(holding) or event.currency}
    return other(**values)


def _quoted_in(holding: Holding) -> Currency | None:
    found = (getattr(event, "local_currency", None) for event in holding.mine)
    return next((currency for currency in found if currency is not None), None)


def _wrong_way(holding: Holding, trial: _Trial) -> Iterator[Cause]:
    """An entry of the opposite direction: it makes twice its units."""
    fitting = []
    for event in holding.mine:
        if trial.may(2 * _units(event)) and (turned := _turned(event, holding)) is not None and trial.fits(without=[event.id], more=[turned]):
            fitting.append(event.id)
    if len(fitting) <= MOST_ALIKE:
        yield from (Cause(WRONG_WAY, "turn", (number,)) for number in fitting)


def _waiting(holding: Holding, trial: _Trial) -> Iterator[Cause]:
    """Entries that the statement counts at another day: not settled by then, or dated later here."""
    open_then = [event.id for event in holding.mine if holding.settles.get(event.id, holding.day) > holding.day]
    if open_then and trial.fits(without=open_then):
        yield Cause(NOT_SETTLED, "", tuple(open_then))
    near = sorted((event for event in holding.later if event.day <= holding.day + NEAR), key=lambda event: (event.day, event.sequence))
    for some in accumulate([[event] for event in near]):
        if trial.fits(more=[replace(event, day=holding.day, time=None) for event in some]):
            yield Cause(DATED_LATER, "", tuple(event.id for event in some))
            return


def _too_many(holding: Holding, trial: _Trial) -> Iterator[Cause]:
    """One entry that only the ledger has."""
    fitting = [event.id for event in holding.mine if _units(event) and trial.may(_units(event)) and trial.fits(without=[event.id])]
    if len(fitting) <= MOST_ALIKE:
        yield from (Cause(NOT_THERE, "", (number,)) for number in reversed(fitting))


def _bare_ratio(holding: Holding) -> Iterator[Cause]:
    """The units are in the ratio of a split, though the market reports none."""
    if holding.here <= 0 or holding.there <= 0:
        return
    ratio = Fraction(holding.there) / Fraction(holding.here)
    new, old = ratio.numerator, ratio.denominator
    if (1 in (new, old) and new + old <= LARGEST_RATIO + 1) or (new <= 5 and old <= 5):
        yield Cause(SPLIT_UNREPORTED, "", splits=(Ratio(holding.day, Decimal(new), Decimal(old)),))
