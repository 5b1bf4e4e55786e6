"""Cost-basis methods: which units leave when units leave.  One function each, named in the table at the end.

A method takes the open lots of one instrument, oldest first and with enough units in them, and the number of units that
leave; it takes those units out of the lots and returns them as lots of their own.  It sees the event as well, which a method
needs that lets a sale name its lots.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from portfolios.ledger.events import Event
from portfolios.ledger.lots import OpenLot, keep_apart, keep_pooled


def average(lots: deque[OpenLot], quantity: Decimal, event: Event) -> list[OpenLot]:
    """Units of the pool, at its average cost; what stays has the same average."""
    pool = lots[0]
    if quantity == pool.quantity:
        return [lots.popleft()]
    return [pool.part(quantity)]


def fifo(lots: deque[OpenLot], quantity: Decimal, event: Event) -> list[OpenLot]:
    """The units held longest."""
    taken = []
    while quantity:
        lot = lots[0]
        if lot.quantity > quantity:
            taken.append(lot.part(quantity))
            break
        quantity -= lot.quantity
        taken.append(lots.popleft())
    return taken


@dataclass(frozen=True, slots=True)
class Method:
    """How lots are kept when units come, and taken when units leave.  In a pool, units forget which purchase they are of."""

    keep: Callable[[deque[OpenLot], OpenLot], None]
    take: Callable[[deque[OpenLot], Decimal, Event], list[OpenLot]]

    @property
    def pools(self) -> bool:
        return self.keep is keep_pooled


METHODS: dict[str, Method] = {
    "average": Method(keep_pooled, average),
    "fifo": Method(keep_apart, fifo),
}
