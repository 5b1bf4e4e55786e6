"""Open lots of one instrument: kept, taken apart, split, lowered in cost.

A lot that is taken apart gives its share of cost rounded to 18 places, half to even, and keeps the rest; the last units take
everything that is left, so that no units always have no cost.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from datetime import date
from decimal import Decimal

from portfolio_site.kernel.decimals import ONE_UNIT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import Lot, Position
from portfolios.ledger.events import ZERO


class OpenLot:
    """A lot while the replay runs.  `event_id` is what opened it; cost in base currency, cost_local in the instrument's."""

    __slots__ = ("cost", "cost_local", "event_id", "opened_on", "quantity")

    def __init__(self, event_id: int, opened_on: date, quantity: Decimal, cost: Decimal, cost_local: Decimal) -> None:
        self.event_id = event_id
        self.opened_on = opened_on
        self.quantity = quantity
        self.cost = cost
        self.cost_local = cost_local

    def part(self, quantity: Decimal) -> OpenLot:
        """Take `quantity` units, fewer than there are, out of the lot, with their share of the cost."""
        cost = (self.cost * quantity / self.quantity).quantize(ONE_UNIT)
        local = cost if self.cost_local == self.cost else (self.cost_local * quantity / self.quantity).quantize(ONE_UNIT)
        self.quantity -= quantity
        self.cost -= cost
        self.cost_local -= local
        return OpenLot(self.event_id, self.opened_on, quantity, cost, local)


class Stock:
    """One instrument while the replay runs.  `quantity` is the sum of its lots, oldest lot first."""

    __slots__ = ("changed_on", "currency", "expenses", "income", "instrument", "lots", "opened_on", "quantity", "realised")

    def __init__(self, instrument: int, day: date) -> None:
        self.instrument = instrument
        self.currency: Currency | None = None
        self.quantity = ZERO
        self.lots: deque[OpenLot] = deque()
        self.realised = ZERO
        self.income = ZERO
        self.expenses = ZERO
        self.opened_on = day
        self.changed_on = day

    def position(self) -> Position:
        """What the book shows of it."""
        lots = tuple(Lot(lot.event_id, lot.opened_on, lot.quantity, lot.cost, lot.cost_local) for lot in self.lots)
        return Position(
            instrument=self.instrument,
            quantity=self.quantity,
            cost=sum((lot.cost for lot in lots), ZERO),
            cost_local=sum((lot.cost_local for lot in lots), ZERO),
            currency=self.currency,
            lots=lots,
            realised=self.realised,
            income=self.income,
            expenses=self.expenses,
            opened_on=self.opened_on,
            changed_on=self.changed_on,
        )


def keep_apart(lots: deque[OpenLot], lot: OpenLot) -> None:
    """Keep the lot as it is, behind all that are as old or older; a lot that was transferred in brings its own date."""
    if not lots or lots[-1].opened_on <= lot.opened_on:
        lots.append(lot)
    else:
        lots.insert(bisect_right([other.opened_on for other in lots], lot.opened_on), lot)


def keep_pooled(lots: deque[OpenLot], lot: OpenLot) -> None:
    """Pour the lot into the one pool.  The pool is as old as its oldest units."""
    if not lots:
        lots.append(lot)
        return
    pool = lots[0]
    pool.quantity += lot.quantity
    pool.cost += lot.cost
    pool.cost_local += lot.cost_local
    if lot.opened_on < pool.opened_on:
        pool.opened_on = lot.opened_on


def split(lots: deque[OpenLot], new: Decimal, old: Decimal) -> Decimal:
    """Multiply units by new/old; cost and dates stay.  Returns the units held afterwards, 0 if nothing would be left.

    The position as a whole is rounded to 18 places, and each lot gets what the running total grows by, so that the lots add
    up to it and every method holds the same.  A lot that rounds to no units gives its cost to its neighbour.
    """
    kept: list[OpenLot] = []
    stray = stray_local = units = after = ZERO
    for lot in lots:
        units += lot.quantity
        total = (units * new / old).quantize(ONE_UNIT)
        lot.quantity = total - after
        after = total
        if lot.quantity:
            lot.cost += stray
            lot.cost_local += stray_local
            stray = stray_local = ZERO
            kept.append(lot)
        else:
            stray += lot.cost
            stray_local += lot.cost_local
    if not kept:
        return ZERO
    kept[-1].cost += stray
    kept[-1].cost_local += stray_local
    lots.clear()
    lots.extend(kept)
    return after


def lower_cost(stock: Stock, amount: Decimal, base_currency: Currency) -> Decimal:
    """Lower the cost of what is held by `amount` (base currency), never below zero.  Returns what the cost could take.

    Each unit bears the same; where that is more than the cost of a lot, the other lots bear the rest.  The local cost falls in
    proportion, so that the rate at which the units were bought stays.  A negative amount raises the cost.
    """
    left, units = amount, stock.quantity
    for lot in sorted(stock.lots, key=lambda lot: lot.cost / lot.quantity):
        share = min((left * lot.quantity / units).quantize(ONE_UNIT), lot.cost)
        cost = lot.cost - share
        if stock.currency == base_currency:
            lot.cost_local = cost
        elif lot.cost:
            lot.cost_local = (lot.cost_local * cost / lot.cost).quantize(ONE_UNIT)
        lot.cost = cost
        units -= lot.quantity
        left -= share
    return amount - left
