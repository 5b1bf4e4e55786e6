"""The records that a replayed ledger consists of.  Amounts without another word are in the base currency; "local" is the instrument's currency.

Those of which there is one per event (matches, flows, steps, postings) are named tuples, so that a ledger of 100 000 events stays fast and
`zip(*book.flows)` gives columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import ZERO
from portfolios.ledger.lots import nth_of

REALISED, INCOME, EXPENSE = "realised", "income", "expense"


class Lot(NamedTuple):
    """Units held since one day.  Under `average` an instrument has one lot, the pool, opened by its first event.

    Its name is (event_id, opened_on, nth): what opened it, its day, and which of several lots of that entry and day it is.
    """

    event_id: int
    opened_on: date
    quantity: Decimal
    cost: Decimal
    cost_local: Decimal

    @property
    def nth(self) -> int:
        return nth_of(self.event_id)

    @property
    def unit_cost(self) -> Decimal:
        """Cost of one unit, with as many digits as the context has."""
        return self.cost / self.quantity

    @property
    def unit_cost_local(self) -> Decimal:
        return self.cost_local / self.quantity


@dataclass(frozen=True, slots=True)
class Position:
    """One instrument in a portfolio: what is left of it, and what it brought so far.

    opened_on    the day on which the units came that are held, or were held last
    changed_on   the day of the last event of the instrument
    currency     of `cost_local`; None until units were held
    """

    instrument: int
    quantity: Decimal
    cost: Decimal
    cost_local: Decimal
    currency: Currency | None
    lots: tuple[Lot, ...]
    realised: Decimal
    income: Decimal
    expenses: Decimal
    opened_on: date
    changed_on: date

    @property
    def is_open(self) -> bool:
        return bool(self.quantity)

    @property
    def average_cost(self) -> Decimal | None:
        """Cost of one unit; None where nothing is held."""
        return self.cost / self.quantity if self.quantity else None

    @property
    def average_cost_local(self) -> Decimal | None:
        return self.cost_local / self.quantity if self.quantity else None

    def of_lot(self, lot: Lot) -> Position:
        """A position of this one lot alone, which brought nothing yet; for valuing it by itself."""
        return Position(
            instrument=self.instrument,
            quantity=lot.quantity,
            cost=lot.cost,
            cost_local=lot.cost_local,
            currency=self.currency,
            lots=(lot,),
            realised=ZERO,
            income=ZERO,
            expenses=ZERO,
            opened_on=lot.opened_on,
            changed_on=lot.opened_on,
        )


@dataclass(frozen=True, slots=True)
class CashPool:
    """The balance of one currency, what it cost in base currency (pooled), and the currency gain realised on it so far.

    Below zero, `cost` is what was received for the debt, with its sign.
    """

    currency: Currency
    amount: Decimal
    cost: Decimal
    realised: Decimal = ZERO


class Match(NamedTuple):
    """Units of one sale against the units of one lot.  `gain = proceeds − cost = price_part + currency_part`.

    buy_id is None where the units come from a pool; opened_on is then the day when the pool was opened.
    """

    sale_id: int
    buy_id: int | None
    instrument: int
    opened_on: date
    closed_on: date
    quantity: Decimal
    cost: Decimal
    cost_local: Decimal
    proceeds: Decimal
    proceeds_local: Decimal
    gain: Decimal
    price_part: Decimal
    currency_part: Decimal

    @property
    def nth(self) -> int:
        """Of the lot; see Lot."""
        return nth_of(self.buy_id)


class Carried(NamedTuple):
    """Units that a transfer took out, with the date and the cost that go with them."""

    event_id: int
    buy_id: int | None
    instrument: int
    opened_on: date
    quantity: Decimal
    cost: Decimal
    cost_local: Decimal

    @property
    def nth(self) -> int:
        """Of the lot; see Lot."""
        return nth_of(self.buy_id)


class Flow(NamedTuple):
    """What came from outside (+) or went there (−).  A transfer has the quantity that moved, with the same sign."""

    day: date
    amount: Decimal
    event_id: int
    instrument: int | None
    quantity: Decimal | None


class QuantityStep(NamedTuple):
    """Units held from here on.  A day may have several steps; the last one is what its close sees."""

    day: date
    instrument: int
    quantity_after: Decimal


class CashStep(NamedTuple):
    """The balance of a currency from here on."""

    day: date
    currency: Currency
    amount_after: Decimal


class Posting(NamedTuple):
    """One amount that the ledger booked.

    kind     "realised", "income" or "expense"
    source   what it comes from: the event's kind, or "currency" for a gain on cash of another currency
    """

    day: date
    instrument: int | None
    kind: str
    source: str
    amount: Decimal
    event_id: int


class Change(NamedTuple):
    """What one event changed of the position of one instrument; only in a book that was replayed with a trace."""

    event_id: int
    day: date
    instrument: int
    kind: str
    quantity: Decimal
    cost: Decimal
    cost_local: Decimal
    realised: Decimal
    income: Decimal
    expenses: Decimal


class LotChange(NamedTuple):
    """What one event changed of one lot, which is known by its name; see Lot."""

    event_id: int
    day: date
    instrument: int
    kind: str
    lot_event_id: int | None
    opened_on: date
    quantity: Decimal
    cost: Decimal
    cost_local: Decimal

    @property
    def nth(self) -> int:
        return nth_of(self.lot_event_id)


# instrument, open lots, units, currency, realised, income, expenses, opened on, changed on
