"""Events in order → Book.  The judge of every change to a ledger: what cannot be replayed is refused.

The book of an instrument does not depend on other instruments, so the events of one may be replayed alone; only the cash of
such a book, and the currency gains on it, are then those of these events alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from decimal import localcontext
from functools import partial
from typing import Any, cast

from portfolio_site.kernel.collecting import no_collecting
from portfolio_site.kernel.decimals import EXACT
from portfolios.errors import LedgerRefused
from portfolios.ledger.book import LARGE, Book, Holding, Rows
from portfolios.ledger.events import (
    ZERO,
    Buy,
    Event,
    Reinvestment,
    Reorganisation,
    Reward,
    Sell,
    Split,
    StockDividend,
    Trade,
    TransferIn,
    TransferOut,
    in_ledger_order,
)
from portfolios.ledger.handlers import HANDLERS, trades
from portfolios.ledger.links import connected, links_of
from portfolios.ledger.lots import Stock
from portfolios.ledger.matching import LOOKING_AHEAD
from portfolios.ledger.records import Carried, CashPool, CashStep, Flow, Lot, Match, Position, Posting, QuantityStep
from portfolios.ledger.run import Rules, Run
from portfolios.ledger.section104 import Plan, Planner, needs_a_plan, purchases_and_sales
from portfolios.ledger.slices import concerned, crossing, slice_of
from portfolios.ledger.trace import Trace

__all__ = ["Book", "Carried", "CashPool", "CashStep", "Flow", "Lot", "Match", "Position", "Posting", "QuantityStep", "Rules", "replay"]

UNITS_MOVE = {
    cls for cls in HANDLERS if issubclass(cls, (Trade, Reinvestment, Reward, TransferIn, TransferOut, Split, StockDividend, Reorganisation))
}


def replay(events: Iterable[Event], rules: Rules, *, trace: bool = False) -> Book:
    """The book after all events, whatever order they come in; with `trace`, also what each of them changed.

    Raises portfolios.errors.LedgerRefused, by its leaves: Oversold (data: held, date, quantity), NotHeld, SplitLeavesNothing,
    QuantityNotPositive, RateMismatch, CurrencyChanged.  `data["event_id"]` is the event that fails, which need not be the one
    that was entered last.
    """
    if rules.only is not None:
        return _of_slice(events, rules, rules.only, trace=trace)
    ordered = in_ledger_order(events)
    with localcontext(EXACT), no_collecting(len(ordered) > LARGE):
        run = Run(rules, plans=_looking_ahead(ordered, rules) if rules.method == "section104" else None)
        if trace:
            return _traced(run, ordered)
        play(run, ordered)
        return book_of(run)


def play(run: Run, ordered: Iterable[Event]) -> None:
    """Events, in the order of the ledger, on a run, wherever it stands.  In the context EXACT."""
    handlers = HANDLERS
    for event in ordered:
        handlers[type(event)](run, event)


def _of_slice(events: Iterable[Event], rules: Rules, only: frozenset[int], *, trace: bool) -> Book:
    """The book of some instruments alone; see `slices`."""
    wanted = concerned(events, only)
    across = crossing(wanted, only)
    book = replay(wanted, replace(rules, tracks_cash=False, only=None), trace=trace or bool(across))
    return slice_of(book, only, across)


class _UnitsOnly(Run):
    """A run that looks ahead: of money only the cost of what is bought counts."""

    __slots__ = ()

    def pay(self, *_: Any, **__: Any) -> None:
        """Nobody looks at the cash."""

    flow = earn = expend = realise = pay

    def note_purchase(self, event: Buy) -> None:
        """What `trades.buy` does to units, where nothing is short."""
        stock = self.stock(event.instrument, event.day)
        if stock.quantity < ZERO or event.quantity <= ZERO:
            trades.buy(self, event)
            return
        stock.currency = event.local_currency
        stock.lots.buy(event.id, event.day, event.quantity)
        stock.quantity += event.quantity

    def note_sale(self, event: Sell) -> None:
        """What `trades.sell` does to units, where enough is held."""
        stock = self.stock(event.instrument, event.day)
        if event.quantity > stock.quantity or event.quantity <= ZERO:
            trades.sell(self, event)
            return
        self.take(stock.lots, event.quantity, event.id)
        stock.quantity -= event.quantity


def _looking_ahead(ordered: list[Event], rules: Rules) -> dict[int, Plan]:
    """What sales will take of purchases, by instrument: from a replay that only writes down what comes and what leaves.

    What is refused there is left to the replay itself to say.
    """
    matched = purchases_and_sales(ordered)
    wanted = connected(needs_a_plan(matched.values()), links_of(ordered))
    run = _UnitsOnly(rules, LOOKING_AHEAD)
    with suppress(LedgerRefused):
        for event in ordered:
            kind, one = type(event), cast(Any, event)
            if kind is Buy and one.instrument in wanted:
                run.note_purchase(one)
            elif kind is Sell and one.instrument in wanted:
                run.note_sale(one)
            elif kind in UNITS_MOVE and one.instrument in wanted:
                HANDLERS[kind](run, one)
    cost_of = partial(trades.cost_of, run)
    return {pk: Planner(pk, run.stocks[pk].lots, matched, cost_of).plan() for pk in wanted if pk in run.stocks}


def _traced(run: Run, ordered: list[Event]) -> Book:
    noted = Trace(run)
    for event in ordered:
        HANDLERS[type(event)](run, event)
        noted.note(event)
    book = book_of(run)
    book.changes, book.lot_changes = tuple(noted.changes), tuple(noted.lot_changes)
    return book


def _holding(run: Run, stock: Stock) -> Holding:
    lots = run.lots(stock)
    return (stock.instrument, lots, stock.quantity, stock.currency, stock.realised, stock.income, stock.expenses, stock.opened_on, stock.changed_on)


def book_of(run: Run) -> Book:
    """The book at the state of a run.  In the context EXACT."""
    stocks, pools = run.stocks.values(), run.cash.values()
    return Book(
        run.base,
        Rows(run.sales, run.carried, run.flows, run.steps, run.cash_steps, run.postings),
        holdings=[_holding(run, stock) for stock in stocks],
        cash={pool.currency: pool.balance() for pool in pools},
        realised=sum((stock.realised for stock in stocks), ZERO) + sum((pool.realised for pool in pools), ZERO),
        income=run.income + sum((stock.income for stock in stocks), ZERO),
        expenses=run.expenses + sum((stock.expenses for stock in stocks), ZERO),
    )
