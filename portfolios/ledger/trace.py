"""What each event changed, taken from the run itself: the source of explanations.

The sums of the changes are the figures of the position, and the sums of the changes of a lot are that lot, to the last decimal:
each is the difference between two states of the run.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import compress, count
from operator import is_not

from portfolios.ledger.events import ZERO, Event
from portfolios.ledger.links import instrument_ids_of
from portfolios.ledger.lots import OpenLot, Stock, nth_of
from portfolios.ledger.records import Change, LotChange
from portfolios.ledger.run import Run

Amounts = tuple[Decimal, Decimal, Decimal]  # units, cost, local cost
LotKey = tuple[int | None, date, int]  # what opened it, its day, and which of several of that name it is
NONE: Amounts = (ZERO, ZERO, ZERO)


class Trace:
    """Compares the run before and after each event, for the instruments that the event touches."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.changes: list[Change] = []
        self.lot_changes: list[LotChange] = []
        self._lots: dict[int, tuple[int, list[OpenLot]]] = {}  # with the sign of what is open
        self._brought: dict[int, Amounts] = {}

    def note(self, event: Event) -> None:
        """To be called when the event has happened."""
        for instrument in dict.fromkeys(instrument_ids_of(event)):
            stock = self.run.stocks.get(instrument)
            if stock is not None:
                self._compare(event, stock)

    def _compare(self, event: Event, stock: Stock) -> None:
        pk = stock.instrument
        open_now = (-1 if stock.quantity < ZERO else 1, list(self.run.lots(stock)))
        units = cost = local = ZERO
        for key, moved in _moved(self._lots.get(pk, (1, [])), open_now).items():
            if any(moved):
                self.lot_changes.append(LotChange(event.id, event.day, pk, event.kind, *key[:2], *moved))
                units, cost, local = units + moved[0], cost + moved[1], local + moved[2]
        brought = (stock.realised, stock.income, stock.expenses)
        more = _less(brought, self._brought.get(pk, NONE))
        if units or cost or local or any(more):
            self.changes.append(Change(event.id, event.day, pk, event.kind, units, cost, local, *more))
        self._lots[pk], self._brought[pk] = open_now, brought


def _moved(before: tuple[int, list[OpenLot]], after: tuple[int, list[OpenLot]]) -> dict[LotKey, Amounts]:
    """What changed of each lot, with sign.

    A lot that stays is the same object, so that only what lies between the first and the last that are not is added up: a purchase
    beside ten thousand open lots looks at each once, without a sum.
    """
    (old_sign, old), (sign, new) = before, after
    head = tail = 0
    if old_sign == sign:
        most = min(len(old), len(new))
        head = next(compress(count(), map(is_not, old, new)), most)
        tail = min(next(compress(count(), map(is_not, reversed(old), reversed(new))), most), most - head)
    found: dict[LotKey, Amounts] = {}
    for factor, lots in ((-old_sign, old[head : len(old) - tail]), (sign, new[head : len(new) - tail])):
        for event_id, opened_on, *amounts in lots:
            key = (event_id, opened_on, nth_of(event_id))
            units, cost, local = found.get(key, NONE)
            found[key] = (units + factor * amounts[0], cost + factor * amounts[1], local + factor * amounts[2])
    return found


def _less(after: Amounts, before: Amounts) -> Amounts:
    return (after[0] - before[0], after[1] - before[1], after[2] - before[2])
