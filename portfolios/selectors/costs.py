"""What fees and taxes came to, entry by entry: those that the ledger books as expenses, and those inside the cost or the proceeds of a trade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from portfolio_site.kernel.decimals import product
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event, Trade
from portfolios.ledger.records import EXPENSE
from portfolios.models import Portfolio
from portfolios.selectors.restated import events_in

TAX = "tax"  # the source of a posting that is a tax; every other expense is a fee


class CostPaid(NamedTuple):
    """A fee or a tax, in the report currency at the rate of its day; below zero where one came back.

    entry      the kind of the entry that paid it, such as "buy"
    is_booked  an expense of the ledger; else it is inside the cost or the proceeds of a trade
    """

    event_id: int
    day: date
    instrument: int | None
    entry: str
    is_tax: bool
    is_booked: bool
    amount: Decimal


def costs_paid(
    portfolios: Sequence[Portfolio], books: Mapping[int, Book], currency: str, *, until: date | None = None, known_at: datetime | None = None
) -> list[CostPaid]:
    """Every fee and tax of some ledgers, by day.  At most three queries; nothing is replayed.  Raises MissingRate.

    books  of these portfolios, told in `currency`
    """
    events = events_in(portfolios, currency, until=until, known_at=known_at)
    found: list[CostPaid] = []
    for portfolio in portfolios:
        kinds = {event.id: event.kind for event in events[portfolio.pk]}
        for event in events[portfolio.pk]:
            if isinstance(event, Trade) and event.instrument in books[portfolio.pk].positions:  # all of them, but for a slice
                found += _inside(event)
        for posting in books[portfolio.pk].postings:
            if posting.kind == EXPENSE:
                entry = kinds.get(posting.event_id, posting.source)
                found.append(CostPaid(posting.event_id, posting.day, posting.instrument, entry, posting.source == TAX, True, posting.amount))
    return sorted(found, key=lambda one: (one.day, one.event_id))


def _inside(event: Trade) -> list[CostPaid]:
    fees, taxes = trade_costs(event)
    parts = ((False, fees), (True, taxes))
    return [CostPaid(event.id, event.day, event.instrument, event.kind, is_tax, False, amount) for is_tax, amount in parts if amount]


def trade_costs(event: Trade) -> tuple[Decimal, Decimal]:
    """Fees and taxes of a trade in the currency that its ledger is told in, each rounded by itself, as the ledger does."""
    rate = event.costs_rate if _pays_apart(event) else event.fx_rate
    return product(event.fees, rate), product(event.taxes, rate)


def _pays_apart(event: Event) -> bool:
    own = getattr(event, "costs_currency", None)
    return own is not None and own != event.currency
