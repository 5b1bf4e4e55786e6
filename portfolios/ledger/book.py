"""What a replay returns: rows, of which records (records.py) are made when somebody asks for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from functools import cached_property, partial
from itertools import chain, starmap
from typing import Any, TypeVar

from portfolio_site.kernel.collecting import no_collecting
from portfolio_site.kernel.decimals import EXACT, ONE_UNIT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import ZERO
from portfolios.ledger.gains import parts_of_gain
from portfolios.ledger.lots import OpenLot
from portfolios.ledger.packing import Column, packed, unpacked
from portfolios.ledger.records import Carried, CashPool, CashStep, Change, Flow, Lot, LotChange, Match, Position, Posting, QuantityStep

LARGE = 10_000  # of whatever is made at once: the collector of reference cycles waits
Row = tuple[Any, ...]
Record = TypeVar("Record", bound=tuple[Any, ...])

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

    @property
    def lists(self) -> tuple[list[Any], ...]:
        """All of them, in this order."""
        return (self.sales, self.transfers, self.flows, self.steps, self.cash_steps, self.postings)

    def __reduce__(self) -> tuple[Any, ...]:
        """For a cache: by column."""
        return _rows_of, tuple(packed(fields, width) for fields, width in zip(self.lists, _WIDTHS, strict=True))


def _rows_of(*columns: Sequence[Column]) -> Rows:
    return Rows(*map(unpacked, columns))


_WIDTHS = (8, *(len(record._fields) for record in (Carried, Flow, QuantityStep, CashStep, Posting)))  # of Rows.lists; a sale: see Run


class Book:
    """A ledger, replayed.  numbers.md: V − net_flows = realised + unrealised + income − expenses, to the last decimal.

    A replay leaves rows, and the book makes records of them when somebody first asks: most readers need few of them.
    `changes` and `lot_changes` are empty unless a trace was asked for.  `crossed` are the entries by which units came into a slice, or left it.
    `marks` are the states from which it can go on, and `grown_from` tells from which one it did; see resuming.py.
    """

    changes: tuple[Change, ...] = ()
    lot_changes: tuple[LotChange, ...] = ()
    crossed: frozenset[int] = frozenset()
    marks: tuple[Any, ...] = ()
    grown_from: Any = None

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
        kept = {name: value for name, value in self.__dict__.items() if not isinstance(getattr(type(self), name, None), cached_property)}
        kept.pop("grown_from", None)
        return kept


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
