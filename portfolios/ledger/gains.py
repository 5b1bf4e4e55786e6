"""Gains, realised and unrealised, each as a price part and a currency part that add up exactly.  numbers.md, "Gains".

With p in the instrument's currency and fx in base currency for one unit of it: price part = (p1 − p0)·fx0·q, currency part =
p1·(fx1 − fx0)·q.  The ledger keeps q·p0·fx0 as the cost and q·p0 as the local cost, so fx0 is their quotient; the price part is
rounded to 18 places once and the currency part is the rest of the gain.  Units that cost nothing have no fx0: all of their
gain is price.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING

from portfolio_site.kernel.decimals import EXACT, ONE_UNIT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import ONE, ZERO

if TYPE_CHECKING:
    from portfolios.ledger.book import Book
    from portfolios.ledger.records import CashPool, Position


def parts_of_gain(cost: Decimal, cost_local: Decimal, worth: Decimal, worth_local: Decimal) -> tuple[Decimal, Decimal, Decimal]:
    """(gain, price part, currency part) in base currency; gain = worth − cost, and the parts add up to it."""
    gain = worth - cost
    if not cost_local or (worth_local == worth and cost_local == cost):
        return gain, gain, ZERO
    price = (worth_local * cost / cost_local).quantize(ONE_UNIT) - cost
    return gain, price, gain - price


@dataclass(frozen=True, slots=True)
class Unrealised:
    """What something is worth, what it cost, and the gain between; all in base currency."""

    value: Decimal
    cost: Decimal
    gain: Decimal
    price_part: Decimal
    currency_part: Decimal

    def __add__(self, other: Unrealised) -> Unrealised:
        return Unrealised(
            self.value + other.value,
            self.cost + other.cost,
            self.gain + other.gain,
            self.price_part + other.price_part,
            self.currency_part + other.currency_part,
        )


NOTHING = Unrealised(ZERO, ZERO, ZERO, ZERO, ZERO)


def unrealised(position: Position, price: Decimal, fx: Decimal) -> Unrealised:
    """The open gain of a position.

    price  of one unit in the instrument's currency; fx: units of base currency for one unit of that, 1 where they are the same
    The value is quantity × price × fx, rounded to 18 places once.
    """
    with localcontext(EXACT):
        local = position.quantity * price
        value = (local * fx).quantize(ONE_UNIT)
        if fx == ONE:
            local = value
        gain, price_part, currency_part = parts_of_gain(position.cost, position.cost_local, value, local)
    return Unrealised(value, position.cost, gain, price_part, currency_part)


def at_cost(position: Position) -> Unrealised:
    """What stands in for the value of a position that cannot be valued: what it cost, and no open gain.

    The identity of numbers.md holds as with a price: what was paid for it has left the cash, and stands here.
    """
    return Unrealised(position.cost, position.cost, ZERO, ZERO, ZERO)


def unrealised_cash(pool: CashPool, fx: Decimal) -> Unrealised:
    """The open currency gain of a balance; fx as above."""
    with localcontext(EXACT):
        value = (pool.amount * fx).quantize(ONE_UNIT)
        gain = value - pool.cost
    return Unrealised(value, pool.cost, gain, ZERO, gain)


def worth(book: Book, prices: Mapping[int, Decimal], rates: Mapping[Currency, Decimal]) -> Unrealised:
    """V of numbers.md with its cost and open gain: all that is held, and all cash.

    prices  of one unit, for each instrument held, in the instrument's currency
    rates   units of base currency for one unit, for each currency of these and of the cash; the base currency needs none
    Raises KeyError for a price or rate that is missing: a missing number is never a silent 0 or 1.
    """
    known = {**rates, book.base_currency: ONE}
    total = NOTHING
    for position in book.positions.values():
        if position.quantity and position.currency is not None:
            total += unrealised(position, prices[position.instrument], known[position.currency])
    for pool in book.cash.values():
        if pool.amount:
            total += unrealised_cash(pool, known[pool.currency])
    return total
