"""What a replay returns.  Amounts without another word are in the base currency; "local" is the instrument's currency.

The records of which there is one per event (matches, flows, steps, postings) are named tuples, so that a ledger of 100 000
events stays fast and `zip(*book.flows)` gives columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from functools import cached_property, partial
from itertools import chain, starmap
from typing import Any, NamedTuple, TypeVar

from portfolio_site.kernel.collecting import no_collecting
from portfolio_site.kernel.decimals import EXACT, ONE_UNIT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import ZERO
from portfolios.ledger.gains import parts_of_gain
from portfolios.ledger.lots import OpenLot, nth_of

LARGE = 10_000  # of whatever is made at once: the collector of reference cycles waits
Row = tuple[Any, ...]
Record = TypeVar("Record", bound=tuple[Any, ...])

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
Holding = tuple[int, list[OpenLot], Decimal, Currency | None, Decimal, Decimal, Decimal, date, date]


@dataclass(frozen=True, slots=True)
class Rows:
    """What a replay leaves: of each sale what `matched` takes, and of each record its fields, all end to end."""

    sales: list[Any]
    transfers: list[Any]
    flows: list[Any]
    steps: list[Any]
    cash_steps: list[Any]
    postings: list[Any]


class Book:
    """A ledger, replayed.  numbers.md: V − net_flows = realised + unrealised + income − expenses, to the last decimal.

    A replay leaves rows, and the book makes records of them when somebody first asks: most readers need few of them.
    `changes` and `lot_changes` are empty unless a trace was asked for.  `crossed` are the entries by which units came into a slice, or left it.
    """

    changes: tuple[Change, ...] = ()
    lot_changes: tuple[LotChange, ...] = ()
    crossed: frozenset[int] = frozenset()

    def __init__(self, base_currency: Currency, rows: Rows, holdings: list[Holding], cash: dict[Currency, CashPool], **totals: Decimal) -> None:
        self.base_currency = base_currency
        self.cash = cash
        self.realised = totals["realised"]
        self.income = totals["income"]
        self.expenses = totals["expenses"]
        self.rows = rows
        self.holdings = holdings

    @cached_property
    def positions(self) -> dict[int, Position]:
        """What is left of each instrument, and what it brought, in the order in which they first came."""
        with localcontext(EXACT):
            return {holding[0]: _position(*holding) for holding in self.holdings}

    @cached_property
    def matches(self) -> tuple[Match, ...]:
        """What each sale took of each lot, and each cover of what was short."""
        with localcontext(EXACT), no_collecting(len(self.rows.sales) > LARGE):
            return _named(Match, chain.from_iterable(starmap(matched, _in_rows(self.rows.sales, 8))))

    @cached_property
    def transfers(self) -> tuple[Carried, ...]:
        return _cut(Carried, self.rows.transfers)

    @cached_property
    def flows(self) -> tuple[Flow, ...]:
        return _cut(Flow, self.rows.flows)

    @cached_property
    def steps(self) -> tuple[QuantityStep, ...]:
        return _cut(QuantityStep, self.rows.steps)

    @cached_property
    def cash_steps(self) -> tuple[CashStep, ...]:
        return _cut(CashStep, self.rows.cash_steps)

    @cached_property
    def postings(self) -> tuple[Posting, ...]:
        return _cut(Posting, self.rows.postings)

    @cached_property
    def cost_of_sold(self) -> dict[int, Decimal]:
        """What the units cost that are gone by sales, by instrument."""
        found: dict[int, Decimal] = {}
        with localcontext(EXACT):
            for match in self.matches:
                found[match.instrument] = found.get(match.instrument, ZERO) + match.cost
        return found

    @cached_property
    def paid_in(self) -> Decimal:
        """All that came from outside, whatever went there later."""
        with localcontext(EXACT):
            return sum((amount for amount in self.rows.flows[1 :: len(Flow._fields)] if amount > 0), ZERO)

    @cached_property
    def aside(self) -> dict[str, Any]:
        """For what readers make of the rows and will ask for again.  It is no part of the book and goes into no cache."""
        return {}

    @cached_property
    def net_flows(self) -> Decimal:
        with localcontext(EXACT):
            return sum(self.rows.flows[1 :: len(Flow._fields)], ZERO)

    @property
    def cost(self) -> Decimal:
        """Of all units held, without cash."""
        return sum((position.cost for position in self.positions.values()), ZERO)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Book) and all(getattr(self, name) == getattr(other, name) for name in _COMPARED)

    __hash__ = None  # type: ignore[assignment]  # it has dicts

    def __getstate__(self) -> dict[str, Any]:
        """For a cache: the rows, without the records that were made of them."""
        return {name: value for name, value in self.__dict__.items() if not isinstance(getattr(type(self), name, None), cached_property)}


_COMPARED = (
    "base_currency",
    "positions",
    "cash",
    "matches",
    "transfers",
    "flows",
    "steps",
    "cash_steps",
    "postings",
    "realised",
    "income",
    "expenses",
)


def _named(record: type[Record], rows: Iterable[Row]) -> tuple[Record, ...]:
    """The rows as named tuples, without a call of Python code for each."""
    make: Any = partial(tuple.__new__, record)
    return tuple(map(make, rows))


def _position(instrument: int, lots: list[OpenLot], quantity: Decimal, *brought: Any) -> Position:
    """Lots of a short position come with units and costs above zero, and go with both below."""
    if quantity < ZERO:
        lots = [(event_id, opened_on, -units, -cost, -local) for event_id, opened_on, units, cost, local in lots]
    cost, cost_local = sum((lot[3] for lot in lots), ZERO), sum((lot[4] for lot in lots), ZERO)
    currency, *rest = brought
    return Position(instrument, quantity, cost, cost_local, currency, _named(Lot, lots), *rest)


def _cut(record: Any, fields: list[Any]) -> tuple[Any, ...]:
    """The records whose fields stand end to end."""
    with no_collecting(len(fields) > LARGE):
        return _named(record, _in_rows(fields, len(record._fields)))


def _in_rows(fields: list[Any], size: int) -> Iterable[Row]:
    return zip(*[iter(fields)] * size, strict=True)


def matched(
    event_id: int, instrument: int, day: date, units: Decimal, amount: Decimal, amount_local: Decimal, lots: list[OpenLot], short: bool
) -> list[Row]:
    """The fields of one Match for each lot of a sale, or of a purchase that covered what was short.  In the context EXACT.

    amount  the proceeds of a sale, the cost of a cover: shared by units; the last lot takes what is left
    The gain on units that were short is seen from their sale, which opened them: it is theirs that the rate changed from.
    """
    rows, last = [], lots[-1]
    for lot in lots:
        opener, opened_on, quantity, cost, local = lot
        if lot is last:
            share, share_local = amount, amount_local
        else:
            share = (amount * quantity / units).quantize(ONE_UNIT)
            share_local = share if amount_local == amount else (amount_local * quantity / units).quantize(ONE_UNIT)
            units, amount, amount_local = units - quantity, amount - share, amount_local - share_local
        if short:
            cost, local, share, share_local = share, share_local, cost, local
            parts = parts_of_gain(-share, -share_local, -cost, -local)
        else:
            parts = parts_of_gain(cost, local, share, share_local)
        rows.append((event_id, opener, instrument, opened_on, day, quantity, cost, local, share, share_local, *parts))
    return rows
