"""Events in order → Book.  The judge of every change to a ledger: what cannot be replayed is refused.

The book of an instrument does not depend on other instruments, so the events of one may be replayed alone; only the cash of
such a book, and the currency gains on it, are then those of these events alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import localcontext

from portfolio_site.kernel.decimals import EXACT
from portfolios.ledger.book import (
    EXPENSE,
    INCOME,
    REALISED,
    Book,
    Carried,
    CashPool,
    CashStep,
    Flow,
    Lot,
    Match,
    Position,
    Posting,
    QuantityStep,
)
from portfolios.ledger.events import ZERO, Event, in_ledger_order
from portfolios.ledger.handlers import HANDLERS, Rules, Run

__all__ = ["Book", "Carried", "CashPool", "CashStep", "Flow", "Lot", "Match", "Position", "Posting", "QuantityStep", "Rules", "replay"]


def replay(events: Iterable[Event], rules: Rules) -> Book:
    """The book after all events, whatever order they come in.

    Raises portfolios.errors.LedgerRefused, by its leaves: Oversold (data: held, date, quantity), NotHeld, SplitLeavesNothing,
    QuantityNotPositive, RateMismatch, CurrencyChanged.  `data["event_id"]` is the event that fails, which need not be the one
    that was entered last.
    """
    handlers = HANDLERS
    run = Run(rules)
    with localcontext(EXACT):
        for event in in_ledger_order(events):
            handlers[type(event)](run, event)
        return _book(run)


def _book(run: Run) -> Book:
    totals = {REALISED: ZERO, INCOME: ZERO, EXPENSE: ZERO}
    for posting in run.postings:
        totals[posting.kind] += posting.amount
    return Book(
        base_currency=run.base,
        positions={instrument: stock.position() for instrument, stock in run.stocks.items()},
        cash={currency: pool.balance() for currency, pool in run.cash.items()},
        matches=tuple(run.matches),
        transfers=tuple(run.carried),
        flows=tuple(run.flows),
        steps=tuple(run.steps),
        cash_steps=tuple(run.cash_steps),
        postings=tuple(run.postings),
        realised=totals[REALISED],
        income=totals[INCOME],
        expenses=totals[EXPENSE],
        net_flows=sum((flow.amount for flow in run.flows), ZERO),
    )
