"""Corporate actions: one event each, with as many legs as it has."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from portfolio_site.kernel.frozen import frozen
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events.base import CORPORATE_ACTION, ONE, ZERO, Event


@frozen
class Split(Event):
    """`ratio_old` units become `ratio_new`: 4 and 1 for 4:1, 1 and 10 for a reverse split.

    fraction  units, after the split, that were paid in `cash` instead: a sale of them.  `currency` is that of `cash`.  Who is short pays it.
    """

    kind: ClassVar[str] = "split"
    rank: ClassVar[int] = CORPORATE_ACTION

    instrument: int
    ratio_new: Decimal
    ratio_old: Decimal
    fraction: Decimal = ZERO
    cash: Decimal = ZERO


@frozen
class StockDividend(Event):
    """`quantity` units on top of those held, which bear their cost; dates stay.

    gross  what they were worth, where they are taxed: income, and the cost of a lot of their own with the date of the event
    """

    kind: ClassVar[str] = "stock_dividend"
    rank: ClassVar[int] = CORPORATE_ACTION

    instrument: int
    quantity: Decimal
    gross: Decimal = ZERO


@frozen
class ReturnOfCapital(Event):
    """`amount` of capital is paid back: it lowers the cost, and is a gain below zero.  Who is short pays it."""

    kind: ClassVar[str] = "return_of_capital"

    instrument: int
    amount: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@frozen
class Leg:
    """What a reorganisation gives for the units held: `ratio_new` units of `instrument` for each `ratio_old`.

    local_currency  in which `instrument` is quoted; local_rate: units of it for one unit of the currency of the source
    cost_share      fraction of the cost that goes with them, 0 to 1
    fraction        units of it that were paid in `cash` instead: a sale of them, in the settlement currency
    """

    instrument: int
    ratio_new: Decimal
    ratio_old: Decimal
    cost_share: Decimal
    local_currency: Currency
    local_rate: Decimal = ONE
    fraction: Decimal = ZERO
    cash: Decimal = ZERO


@frozen
class Reorganisation(Event):
    """Units of `instrument` bring units of others, money, or both; dates are kept.

    cash        received (+) or paid on top (−, a part of the new cost), in the settlement currency, for all units
    cash_share  fraction of the cost that the cash stands for: cash − that cost is a realised gain
    The shares of all legs and of the cash add up to 1 where the units leave, and to at most 1 where they stay.
    Fees and taxes are expenses.  What is short owes: `cash` below zero is then what was paid for the shares, above zero what joins the cost.
    """

    rank: ClassVar[int] = CORPORATE_ACTION

    instrument: int
    legs: tuple[Leg, ...] = ()
    cash: Decimal = ZERO
    cash_share: Decimal = ZERO
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@frozen
class SpinOff(Reorganisation):
    """The units stay; a share of their cost moves to the new ones.  Also for rights that are handed out."""

    kind: ClassVar[str] = "spin_off"


@frozen
class Merger(Reorganisation):
    """The units leave, for shares, cash or both.  Also for rights that are exercised, with negative cash."""

    kind: ClassVar[str] = "merger"


@frozen
class SymbolChange(Reorganisation):
    """The units become as many of another instrument, with all their cost."""

    kind: ClassVar[str] = "symbol_change"
