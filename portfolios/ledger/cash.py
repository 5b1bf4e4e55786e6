"""Cash of one currency as a pooled balance with a cost in base currency.

Money that comes in adds its worth of that day to the cost.  Money that goes out takes its share of the pooled cost along; the
difference to its worth of that day is a realised currency gain.  A balance below zero is a debt, with what was received for
it as its (negative) cost: paying it back realises a gain in the same way.  Base currency costs what it is, and gains nothing.
"""

from __future__ import annotations

from decimal import Decimal

from portfolio_site.kernel.decimals import ONE_UNIT
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import ZERO
from portfolios.ledger.records import CashPool


class Pool:
    """A balance while the replay runs.  Of base currency only `amount` is kept, which is its cost as well."""

    __slots__ = ("amount", "cost", "currency", "is_base", "realised")

    def __init__(self, currency: Currency, *, is_base: bool) -> None:
        self.currency = currency
        self.is_base = is_base
        self.amount = ZERO
        self.cost = ZERO
        self.realised = ZERO

    def move(self, amount: Decimal, worth: Decimal) -> Decimal:
        """Book `amount` (+ in, − out) that is worth `worth` of base currency, with the same sign.  Returns the realised gain."""
        held = self.amount
        if not amount:
            gain = -worth  # the halves that rounding left of parts which cancel out
        elif not held or (held > ZERO) is (amount > ZERO):
            self.amount = held + amount
            self.cost += worth
            return ZERO
        else:
            self.amount = left = held + amount
            if not left or (left > ZERO) is (held > ZERO):
                share = (self.cost * -amount / held).quantize(ONE_UNIT) if left else self.cost
                self.cost -= share
                gain = -worth - share
            else:  # through zero: close what there is, open the other side with the rest
                closing = (worth * -held / amount).quantize(ONE_UNIT)
                gain = -closing - self.cost
                self.cost = worth - closing
        self.realised += gain
        return gain

    def balance(self) -> CashPool:
        """What the book shows of it."""
        return CashPool(self.currency, self.amount, self.amount if self.is_base else self.cost, self.realised)
