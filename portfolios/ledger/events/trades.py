"""Purchases and sales, long and short."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, NamedTuple

from portfolio_site.kernel.frozen import frozen
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events.base import CORPORATE_ACTION, ONE, UNITS_IN, UNITS_OUT, ZERO, Event


class LotChoice(NamedTuple):
    """Units that a sale takes from one lot, by the lot's name: what opened it, its day, and which of several of one day it is.

    event_id   the purchase that opened the lot, or the transfer that brought it
    quantity   units, as they are on the day of the sale
    opened_on  the day since which they are held; None: of any day
    nth        of several lots of that entry and day, from 1; None: any of them
    sole       a name that fits several lots is refused; otherwise they are taken in their order, oldest first
    """

    event_id: int
    quantity: Decimal
    opened_on: date | None = None
    nth: int | None = None
    sole: bool = False

    @property
    def name(self) -> tuple[int, date | None, int | None]:
        return self.event_id, self.opened_on, self.nth


@frozen
class Trade(Event):
    """`quantity` > 0 units for `gross`.

    accrued         interest that has run up on a bond since its last coupon, paid by the buyer on top of the price: it is
                    negative income of the buyer and income of the seller, and no part of cost or proceeds
    costs_currency  of fees and taxes, where it is not the settlement currency; costs_rate: base currency for one unit of it
    """

    instrument: int
    quantity: Decimal
    gross: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    accrued: Decimal = ZERO
    costs_currency: Currency | None = None
    costs_rate: Decimal = ONE
    local_price: Decimal
    local_currency: Currency


@frozen
class Purchase(Trade):
    """Fees and taxes are part of the cost.  Where units are short, a purchase covers them first."""

    rank: ClassVar[int] = UNITS_IN


@frozen
class Sale(Trade):
    """Fees and taxes reduce the proceeds.

    method  the cost method of this sale alone, where it is not the portfolio's; only where lots are kept apart
    lots    the lots that it names, for the method “specific”; what they leave open is taken oldest first
    """

    rank: ClassVar[int] = UNITS_OUT

    method: str = ""
    lots: tuple[LotChoice, ...] = ()


@frozen
class Buy(Purchase):
    kind: ClassVar[str] = "buy"


@frozen
class BuyToCover(Purchase):
    """Closes units that are short, and nothing else: a cover of more than is short is refused."""

    kind: ClassVar[str] = "buy_to_cover"


@frozen
class Rights(Purchase):
    """Rights to new shares that were taken up: `quantity` new shares for `gross`."""

    kind: ClassVar[str] = "rights"
    rank: ClassVar[int] = CORPORATE_ACTION


@frozen
class Sell(Sale):
    """What is held leaves first; the rest is short, in a portfolio that allows that."""

    kind: ClassVar[str] = "sell"


@frozen
class ShortSell(Sale):
    """Units sold that are not owned.  What is held leaves first."""

    kind: ClassVar[str] = "short_sell"


@frozen
class Redemption(Sale):
    """A bond is paid back: `quantity` units leave for `gross`.  Never short."""

    kind: ClassVar[str] = "redemption"
