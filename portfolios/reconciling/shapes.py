"""What reconciling answers with: read models that page and API share.  Quantities are units, amounts in the currency of their line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from portfolios.reconciling.causes import Cause
from portfolios.reconciling.comparing import Lamp
from portfolios.selectors import InstrumentView


@dataclass(frozen=True, slots=True)
class EntryMark:
    """An entry that a cause names; `beside` is the portfolio of the other side, of a transfer that may have gone the other way."""

    id: int
    label: str
    day: date
    is_voided: bool
    beside: str = ""


@dataclass(frozen=True, slots=True)
class CauseView:
    """A likely cause with the entries that it names; `instrument` of a dividend."""

    cause: Cause
    entries: tuple[EntryMark, ...]
    instrument: InstrumentView | None = None

    @property
    def code(self) -> str:
        return self.cause.code

    @property
    def fix(self) -> str:
        return self.cause.fix


@dataclass(frozen=True, slots=True)
class Line:
    """One holding, or the cash of one currency: what the ledger says, what the statement says, and why they may differ.

    key  "i12" for the instrument 12, "cEUR" for euros: what corrections name it by
    """

    key: str
    instrument: InstrumentView | None
    currency: str
    here: Decimal
    there: Decimal
    lamp: Lamp
    causes: tuple[CauseView, ...] = ()

    @property
    def difference(self) -> Decimal:
        return self.there - self.here

    @property
    def agrees(self) -> bool:
        return self.lamp is Lamp.AGREES


@dataclass(frozen=True, slots=True)
class Comparison:
    """A statement beside the ledger as it is now.  A part that the statement says nothing of is empty."""

    id: int
    portfolio_id: int
    day: date
    created_at: datetime
    lamp: Lamp
    positions: tuple[Line, ...]
    cash: tuple[Line, ...]

    @property
    def lines(self) -> tuple[Line, ...]:
        return (*self.positions, *self.cash)

    @property
    def agreeing(self) -> int:
        return sum(line.agrees for line in self.lines)

    @property
    def differing(self) -> int:
        return len(self.lines) - self.agreeing

    def line(self, key: str) -> Line | None:
        return next((line for line in self.lines if line.key == key), None)


@dataclass(frozen=True, slots=True)
class Summary:
    """A statement in the list of them."""

    id: int
    day: date
    created_at: datetime
    lamp: Lamp
    lines: int
    agreeing: int


@dataclass(frozen=True, slots=True)
class Present:
    """What the ledger says of a day, to be filled in: units by instrument, and balances by currency."""

    day: date
    positions: tuple[tuple[InstrumentView, Decimal], ...]
    cash: tuple[tuple[str, Decimal], ...]
