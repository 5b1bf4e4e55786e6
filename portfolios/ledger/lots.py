"""Open lots of one instrument: kept, taken apart, split, lowered in cost.

While a replay runs, a lot is a plain tuple in the order of the fields of `book.Lot`, because it takes a quarter of the time of
a named one; `unpack` it.  Units and costs are above zero on both sides: the lots of a position that is short are what was sold
and what that brought, and `Stock.quantity` alone has the sign.

A lot that is taken apart gives its share of cost rounded to 18 places, half to even, and keeps the rest; the last units take
everything that is left, so that no units always have no cost.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import ONE_UNIT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import ZERO

# (event_id, opened_on, quantity, cost, cost_local): what opened it, since when, units, cost in base and in the instrument's
# currency.  Units that were taken out of a pool have no event.
OpenLot = tuple[int | None, date, Decimal, Decimal, Decimal]


class Opener(int):
    """The number of the entry that opened a lot which is not the first of that entry and day: `nth` says which it is, from 2.

    A transfer may bring several lots of one day, and a merger units of a purchase of which a spin-off brought some before.  It is the
    number in every other respect, so that whoever does not need to tell such lots apart need not know.
    """

    nth: int = 1

    @classmethod
    def of(cls, number: int, nth: int) -> int:
        """The number itself for the first lot."""
        if nth == 1:
            return number
        opener = cls(number)
        opener.nth = nth
        return opener


def nth_of(opener: int | None) -> int:
    """Which of the lots of its entry and day one is, from 1."""
    return opener.nth if isinstance(opener, Opener) else 1


def told_apart(lots: Iterable[OpenLot], beside: Iterable[OpenLot] = ()) -> list[OpenLot]:
    """The lots that come, each with a name that neither another one nor one of those `beside` which they come has."""
    last: dict[tuple[int | None, date], int] = {}
    for opener, opened_on, *_ in beside:
        last[opener, opened_on] = max(last.get((opener, opened_on), 0), nth_of(opener))
    named: list[OpenLot] = []
    for lot in lots:
        opener, opened_on = lot[:2]
        nth = last[opener, opened_on] = last.get((opener, opened_on), 0) + 1
        named.append(lot if opener is None else (Opener.of(int(opener), nth), *lot[1:]))
    return named


class Stock:
    """One instrument while the replay runs.

    lots      what is held, and owed: what is short; both in the keeping of the cost method
    quantity  the units of the one, or of the other below zero
    """

    __slots__ = ("changed_on", "currency", "expenses", "income", "instrument", "lots", "opened_on", "owed", "quantity", "realised")

    def __init__(self, instrument: int, day: date, lots: Any) -> None:
        self.instrument = instrument
        self.currency: Currency | None = None
        self.quantity = ZERO
        self.lots = lots
        self.owed: Any = None
        self.realised = ZERO
        self.income = ZERO
        self.expenses = ZERO
        self.opened_on = day
        self.changed_on = day


def apart(lot: OpenLot, units: Decimal) -> tuple[OpenLot, OpenLot]:
    """`units` of the lot, fewer than there are, with their share of the cost; and what stays of it."""
    event_id, opened_on, quantity, cost, local = lot
    share = (cost * units / quantity).quantize(ONE_UNIT)
    rest = cost - share
    if local == cost:
        return (event_id, opened_on, units, share, share), (event_id, opened_on, quantity - units, rest, rest)
    share_local = (local * units / quantity).quantize(ONE_UNIT)
    return (event_id, opened_on, units, share, share_local), (event_id, opened_on, quantity - units, rest, local - share_local)


def pour(lots: deque[OpenLot], lot: OpenLot) -> None:
    """Pour the lot into the one pool.  The pool is as old as its oldest units."""
    if not lots:
        lots.append(lot)
        return
    event_id, opened_on, quantity, cost, local = lots[0]
    _, since, units, more, more_local = lot
    lots[0] = (event_id, opened_on if opened_on <= since else since, quantity + units, cost + more, local + more_local)


def drawn(lots: deque[OpenLot], units: Decimal) -> list[OpenLot]:
    """Units of the pool at its average cost; what stays has the same average."""
    lot = lots.popleft()
    if lot[2] != units:
        lot, rest = apart(lot, units)
        lots.append(rest)
    return [(None, *lot[1:])]


def split(lots: Iterable[OpenLot], new: Decimal, old: Decimal) -> list[OpenLot]:
    """Units × new ÷ old; cost and dates stay.  Empty, if nothing would be left.

    The position as a whole is rounded to 18 places, and each lot gets what the running total grows by, so that the lots add
    up to it and every method holds the same.  A lot that rounds to no units gives its cost to its neighbour.
    """
    kept: list[OpenLot] = []
    stray = stray_local = units = after = ZERO
    for event_id, opened_on, quantity, cost, local in lots:
        units += quantity
        total = (units * new / old).quantize(ONE_UNIT)
        if total == after:
            stray, stray_local = stray + cost, stray_local + local
            continue
        kept.append((event_id, opened_on, total - after, cost + stray, local + stray_local))
        after, stray, stray_local = total, ZERO, ZERO
    if kept and (stray or stray_local):
        event_id, opened_on, quantity, cost, local = kept[-1]
        kept[-1] = (event_id, opened_on, quantity, cost + stray, local + stray_local)
    return kept


def lowered(lots: list[OpenLot], amount: Decimal, *, local_is_base: bool) -> tuple[list[OpenLot], Decimal]:
    """The lots with their cost lowered by `amount` (base currency), never below zero; and what the cost could take.

    Each unit bears the same; where that is more than the cost of a lot, the other lots bear the rest.  The local cost falls in
    proportion, so that the rate at which the units were bought stays.  A negative amount raises the cost.
    """
    left, units = amount, sum((lot[2] for lot in lots), ZERO)
    cheapest_first = sorted(range(len(lots)), key=lambda index: lots[index][3] / lots[index][2])
    after = list(lots)
    for index in cheapest_first:
        event_id, opened_on, quantity, cost, local = lots[index]
        share = min((left * quantity / units).quantize(ONE_UNIT), max(cost, ZERO))
        if local_is_base:
            local = cost - share
        elif cost:
            local = (local * (cost - share) / cost).quantize(ONE_UNIT)
        after[index] = (event_id, opened_on, quantity, cost - share, local)
        units -= quantity
        left -= share
    return after, amount - left
