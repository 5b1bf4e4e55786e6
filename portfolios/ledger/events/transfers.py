"""Units that come and go without being bought or sold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import ClassVar, NamedTuple

from portfolio_site.kernel.frozen import frozen
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events.base import UNITS_IN, UNITS_OUT, ZERO, Event
from portfolios.ledger.events.trades import LotChoice


class Arriving(NamedTuple):
    """One lot of a transfer: cost in settlement currency, cost_local in the instrument's."""

    acquired_on: date
    quantity: Decimal
    cost: Decimal
    cost_local: Decimal


@frozen
class TransferIn(Event):
    """Units that arrive with their date and cost: `gross` is the cost that it carries, `acquired_on` when it was bought.

    `cost_local` is that cost in the instrument's currency where it is known exactly (a transfer between a person's own
    portfolios); without it, quantity × local_price.  `lots`, where they are given, say all of that lot by lot, in the order in
    which they were acquired, and add up to `quantity` and `gross`.  `fees` and `taxes` of the transfer are expenses, not cost.
    """

    kind: ClassVar[str] = "transfer_in"
    rank: ClassVar[int] = UNITS_IN

    instrument: int
    quantity: Decimal
    gross: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    local_price: Decimal
    local_currency: Currency
    cost_local: Decimal | None = None
    acquired_on: date | None = None
    lots: tuple[Arriving, ...] = ()


@frozen
class TransferOut(Event):
    """`quantity` units leave at their cost, chosen by the portfolio's method; no gain.  Fees and taxes are expenses.

    lots  those that leave first, where the portfolio keeps lots apart, as in sales
    """

    kind: ClassVar[str] = "transfer_out"
    rank: ClassVar[int] = UNITS_OUT
    method: ClassVar[str] = ""  # the portfolio's

    instrument: int
    quantity: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    lots: tuple[LotChoice, ...] = ()


@frozen
class AdjustmentIn(TransferIn):
    """Units that were found to be there: as a transfer in."""

    kind: ClassVar[str] = "adjustment_in"


@frozen
class AdjustmentOut(TransferOut):
    """Units that were found missing: as a transfer out."""

    kind: ClassVar[str] = "adjustment_out"
