"""What the selectors of lots answer with.  Money is in the portfolio's base currency; conventions as in `shapes`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from portfolio_site.kernel.dates import years_before
from portfolio_site.kernel.figures import Figure
from portfolios.choices import LotStatus
from portfolios.ledger.events import LotChoice

if TYPE_CHECKING:
    from portfolios.ledger.records import Lot, Match
    from portfolios.selectors.shapes import InstrumentView

OPEN, PART_CLOSED, CLOSED = (status.value for status in LotStatus)
STATUSES = {status.value: str(status.label) for status in LotStatus}


@dataclass(frozen=True, slots=True)
class MatchView:
    """A part of a sale and the lot it was taken from; of a cover, and the short sale that it closes."""

    sale_id: int
    buy_id: int | None  # None where the units come from a pool
    opened_on: date | None
    nth: int  # of several lots of that entry and day
    closed_on: date
    quantity: Decimal
    cost: Decimal
    proceeds: Decimal
    gain: Decimal
    price_part: Decimal
    currency_part: Decimal

    @classmethod
    def of(cls, match: Match) -> MatchView:
        return cls(
            sale_id=match.sale_id,
            buy_id=match.buy_id,
            opened_on=match.opened_on,
            nth=match.nth,
            closed_on=match.closed_on,
            quantity=match.quantity,
            cost=match.cost,
            proceeds=match.proceeds,
            gain=match.gain,
            price_part=match.price_part,
            currency_part=match.currency_part,
        )

    @property
    def days_held(self) -> int | None:
        """Days from the purchase to the sale; None of units from a pool, which have no day of their own.

        Below zero where the purchase came after the sale that it is matched with (section 104).
        """
        return None if self.buy_id is None or self.opened_on is None else (self.closed_on - self.opened_on).days

    @property
    def is_long(self) -> bool | None:
        """Whether the units were held for more than a year; None of units from a pool."""
        return None if self.buy_id is None or self.opened_on is None else self.opened_on < years_before(self.closed_on, 1)


@dataclass(frozen=True, slots=True)
class LotView:
    """Units that came together: all still held, some of them, or none.  Those of a pool are one lot.

    event_id, opened_on, nth   its name: what opened it, its day, and which of several lots of that entry and day it is, from 1
    quantity    units that are left; below zero where they are short
    cost        of what is left; unit_cost of one unit, where nothing is left of one that was there
    bought      units that there were, in units of today: splits since then are in it
    realised    gains of the sales from it
    closed_on   the last day on which units left it
    days_held   to the day looked at, or to the day when the last unit left
    """

    event_id: int | None
    opened_on: date
    quantity: Decimal
    cost: Decimal
    unit_cost: Decimal
    cost_local: Decimal
    value: Figure
    unrealised: Figure
    unrealised_fraction: Figure
    days_held: int
    bought: Decimal
    bought_cost: Decimal
    realised: Decimal
    status: str = OPEN
    closed_on: date | None = None
    pooled: bool = False
    nth: int = 1

    @property
    def status_label(self) -> str:
        return STATUSES[self.status]

    @property
    def is_short(self) -> bool:
        return self.bought < 0

    @property
    def shown_cost(self) -> Decimal:
        """Of what is left, or of all that was there where nothing is."""
        return self.bought_cost if self.status == CLOSED else self.cost


@dataclass(frozen=True, slots=True)
class OfferedLot:
    """A lot that a sale or a transfer may name.

    alone      the entry opened no other: its number is name enough, also after the day of that entry is put right
    of_one_day there are others of that entry and day
    """

    lot: Lot
    alone: bool
    of_one_day: bool

    @property
    def key(self) -> str:
        """Its name as a word of letters and digits: “7”, “7_2024-03-05”, “7_2024-03-05_2”."""
        if self.alone:
            return str(int(self.lot.event_id))
        return f"{int(self.lot.event_id)}_{self.lot.opened_on.isoformat()}" + (f"_{self.lot.nth}" if self.of_one_day else "")

    def choice(self, quantity: Decimal) -> LotChoice:
        number = int(self.lot.event_id)
        if self.alone:
            return LotChoice(number, quantity)
        return LotChoice(number, quantity, self.lot.opened_on, self.lot.nth if self.of_one_day else None)

    def is_meant(self, choice: LotChoice) -> bool:
        number, opened_on, nth = choice.name
        return self.lot.event_id == number and opened_on in (None, self.lot.opened_on) and nth in (None, self.lot.nth)


@dataclass(frozen=True, slots=True)
class SaleView:
    """One sale, or one cover of a short sale, with the lots that it was matched with."""

    sale_id: int
    instrument_id: int
    closed_on: date
    quantity: Decimal
    cost: Decimal
    proceeds: Decimal
    gain: Decimal
    price_part: Decimal
    currency_part: Decimal
    matches: tuple[MatchView, ...]


@dataclass(frozen=True, slots=True)
class LotsTable:
    """Lots and sales of one instrument, or of all, in one portfolio at the end of a day; each by instrument, oldest first."""

    portfolio_id: int
    currency: str
    as_of: date
    method: str
    lots: dict[int, tuple[LotView, ...]]  # those with units left
    closed: dict[int, tuple[LotView, ...]]  # those with none
    matches: dict[int, tuple[MatchView, ...]]
    sales: dict[int, tuple[SaleView, ...]]
    instruments: dict[int, InstrumentView]

    @property
    def warnings(self) -> tuple[str, ...]:
        """What stands at its cost, and why, each instrument once."""
        return tuple(dict.fromkeys(said for lots in self.lots.values() for lot in lots for said in lot.value.warnings))

    def every(self, instrument_id: int) -> tuple[LotView, ...]:
        """All lots of an instrument, by the day they were opened."""
        both = (*self.lots.get(instrument_id, ()), *self.closed.get(instrument_id, ()))
        return tuple(sorted(both, key=lambda lot: (lot.opened_on, lot.event_id or 0, lot.nth)))


@dataclass(frozen=True, slots=True)
class MethodResult:
    """What a ledger comes to under one cost method.  Nothing that is stored changes by asking.

    long_gain   of units held for more than a year when they were sold; undefined where units come from a pool
    """

    method: str
    label: str
    said: str
    is_own: bool  # the portfolio's
    cost: Figure  # of what is held
    realised: Figure
    long_gain: Figure
    unrealised: Figure
    lots: int  # that are open
