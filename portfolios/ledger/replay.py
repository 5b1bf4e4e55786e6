"""Events in order → Book.  The judge of every change to a ledger: what cannot be replayed is refused.

The book of an instrument does not depend on other instruments, so the events of one may be replayed alone; only the cash of
such a book, and the currency gains on it, are then those of these events alone.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal, localcontext
from functools import partial
from typing import Any, TypeVar

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
from portfolios.ledger.handlers import HANDLERS
from portfolios.ledger.run import Row, Rules, Run

__all__ = ["Book", "Carried", "CashPool", "CashStep", "Flow", "Lot", "Match", "Position", "Posting", "QuantityStep", "Rules", "replay"]

LARGE = 10_000
Record = TypeVar("Record", bound=tuple[Any, ...])


def replay(events: Iterable[Event], rules: Rules) -> Book:
    """The book after all events, whatever order they come in.

    Raises portfolios.errors.LedgerRefused, by its leaves: Oversold (data: held, date, quantity), NotHeld, SplitLeavesNothing,
    QuantityNotPositive, RateMismatch, CurrencyChanged.  `data["event_id"]` is the event that fails, which need not be the one
    that was entered last.
    """
    handlers = HANDLERS
    run = Run(rules)
    ordered = in_ledger_order(events)
    with localcontext(EXACT), _no_collecting(len(ordered)):
        for event in ordered:
            handlers[type(event)](run, event)
        return _book(run)


@contextmanager
def _no_collecting(events: int) -> Iterator[None]:
    """Keep the collector of reference cycles away from a large replay.

    A replay makes hundreds of thousands of records and no cycle; looking for cycles among them again and again doubles its time.
    """
    pause = events > LARGE and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def _named(record: type[Record], rows: list[Row]) -> tuple[Record, ...]:
    """The rows as named tuples, without a call of Python code for each."""
    make: Any = partial(tuple.__new__, record)
    return tuple(map(make, rows))


def _book(run: Run) -> Book:
    totals: dict[str, Decimal] = {REALISED: ZERO, INCOME: ZERO, EXPENSE: ZERO}
    postings = _named(Posting, run.postings)
    flows = _named(Flow, run.flows)
    for posting in postings:
        totals[posting.kind] += posting.amount
    return Book(
        base_currency=run.base,
        positions={instrument: stock.position() for instrument, stock in run.stocks.items()},
        cash={currency: pool.balance() for currency, pool in run.cash.items()},
        matches=_named(Match, run.matches),
        transfers=_named(Carried, run.carried),
        flows=flows,
        steps=_named(QuantityStep, run.steps),
        cash_steps=_named(CashStep, run.cash_steps),
        postings=postings,
        realised=totals[REALISED],
        income=totals[INCOME],
        expenses=totals[EXPENSE],
        net_flows=sum((flow.amount for flow in flows), ZERO),
    )
