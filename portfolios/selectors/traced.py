"""Ledgers replayed with a record of what each entry changed: what explanations are made of."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import Book
from portfolios.ledger.events import ZERO, Event, Trade
from portfolios.ledger.records import Change, LotChange
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio
from portfolios.selectors.costs import trade_costs
from portfolios.selectors.ledger import connected_to, rules_of
from portfolios.selectors.restated import events_in


@dataclass(frozen=True, slots=True)
class Trace:
    """One instrument in one portfolio: its book, what each entry changed, and the entries by number."""

    portfolio_id: int
    instrument_id: int
    book: Book
    events: dict[int, Event]

    @property
    def changes(self) -> tuple[Change, ...]:
        """Their sums are the figures of the position."""
        return tuple(change for change in self.book.changes if change.instrument == self.instrument_id)

    @property
    def lot_changes(self) -> tuple[LotChange, ...]:
        """Their sums, lot by lot, are the lots of the position."""
        return tuple(change for change in self.book.lot_changes if change.instrument == self.instrument_id)


class CostChange(NamedTuple):
    """What a day did to the cost of the units held of an instrument, with its sign; below zero for what is short."""

    instrument: int
    day: date
    amount: Decimal


def cost_changes(
    portfolios: Sequence[Portfolio],
    currency: str,
    instruments: Iterable[int],
    *,
    until: date | None = None,
    known_at: datetime | None = None,
    events: Mapping[int, Sequence[Event]] | None = None,
) -> list[CostChange]:
    """How the cost of what is held of some instruments came about; its sum up to a day is their cost at its close.

    events  the whole ledgers in that currency, from a caller that has read them

    At most five queries, however many instruments; none with `events`.  Raises MissingRate.
    """
    asked = frozenset(instruments)
    if events is None:
        wanted = connected_to([one.pk for one in portfolios], asked)
        events = events_in(portfolios, currency, instruments=wanted, until=until, known_at=known_at)
    books = (replay(events[one.pk], replace(rules_of(one), base_currency=Currency(currency)), trace=True) for one in portfolios)
    return [change for book in books for change in changes_of_cost(book, asked)]


def changes_of_cost(book: Book, instruments: Container[int]) -> list[CostChange]:
    """What the days of a book that was replayed with a trace did to the cost of some instruments."""
    return [CostChange(one.instrument, one.day, one.cost) for one in book.changes if one.instrument in instruments and one.cost]


class HoldingMove(NamedTuple):
    """What one entry did to one holding, in the report currency.

    kind     of the entry, such as "buy"
    put_in   money put into the holding, trade costs left out; taken out is below zero.  Units moved in kind: the cost they carry
    costs    fees and taxes inside the cost or the proceeds; `expenses` are those outside
    """

    event_id: int
    instrument: int
    day: date
    kind: str
    quantity: Decimal
    cost: Decimal
    put_in: Decimal
    income: Decimal
    expenses: Decimal
    costs: Decimal


def holding_moves(
    portfolios: Sequence[Portfolio], currency: str, *, until: date | None = None, known_at: datetime | None = None
) -> list[HoldingMove]:
    """What every entry did to every holding.  At most five queries; the ledgers are replayed with a trace.  Raises MissingRate."""
    events = events_in(portfolios, currency, until=until, known_at=known_at)
    found = []
    for one in portfolios:
        costs = {event.id: sum(trade_costs(event), ZERO) for event in events[one.pk] if isinstance(event, Trade)}
        book = replay(events[one.pk], replace(rules_of(one), base_currency=Currency(currency)), trace=True)
        for row in book.changes:
            spent = costs.get(row.event_id, ZERO)
            put_in = row.cost - row.realised - spent
            head = (row.event_id, row.instrument, row.day, row.kind)
            found.append(HoldingMove(*head, row.quantity, row.cost, put_in, row.income, row.expenses, spent))
    return found


def traces_of(
    portfolios: Sequence[Portfolio], currency: str, instrument_id: int, *, until: date | None = None, known_at: datetime | None = None
) -> list[Trace]:
    """The traces of an instrument in some portfolios, in one currency.  At most five queries.  Raises MissingRate.

    until, known_at  only entries up to that day, as they were known at that moment
    """
    wanted = connected_to([one.pk for one in portfolios], [instrument_id])
    events = events_in(portfolios, currency, instruments=wanted, until=until, known_at=known_at)
    found = []
    for portfolio in portfolios:
        rules = replace(rules_of(portfolio), base_currency=Currency(currency))
        mine = events[portfolio.pk]
        found.append(Trace(portfolio.pk, instrument_id, replay(mine, rules, trace=True), {event.id: event for event in mine}))
    return found
