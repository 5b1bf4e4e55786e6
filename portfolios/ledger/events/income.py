"""What holdings bring: dividends, coupons, and units that arrive as income."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from portfolio_site.kernel.frozen import frozen
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events.base import ONE, UNITS_IN, ZERO, Event


@frozen
class Income(Event):
    """`gross` is before tax; `fees` and `taxes` (such as tax withheld) are expenses.  `costs_currency` as in trades."""

    instrument: int
    gross: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    costs_currency: Currency | None = None
    costs_rate: Decimal = ONE


@frozen
class Dividend(Income):
    kind: ClassVar[str] = "dividend"


@frozen
class Reinvestment(Income):
    """A dividend that bought `quantity` units in one step: gross − fees − taxes is their cost, and no cash moves.

    The income is the same as of a dividend, also under `reduce_cost`.  Fees and taxes are in the settlement currency here.
    """

    kind: ClassVar[str] = "reinvestment"
    rank: ClassVar[int] = UNITS_IN

    quantity: Decimal
    local_price: Decimal
    local_currency: Currency


@frozen
class Coupon(Income):
    """Interest of a bond.  Always income."""

    kind: ClassVar[str] = "coupon"


@frozen
class Reward(Event):
    """`quantity` units that arrive without being paid for.  `gross` is what they were worth then: income, and their cost.

    Fees and taxes are paid in cash and are expenses.
    """

    rank: ClassVar[int] = UNITS_IN

    instrument: int
    quantity: Decimal
    gross: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    local_price: Decimal
    local_currency: Currency


@frozen
class StakingReward(Reward):
    kind: ClassVar[str] = "staking_reward"


@frozen
class Airdrop(Reward):
    kind: ClassVar[str] = "airdrop"
