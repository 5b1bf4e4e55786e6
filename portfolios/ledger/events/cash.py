"""Money by itself: in, out, exchanged, earned and spent."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

from portfolio_site.kernel.frozen import frozen
from portfolio_site.kernel.money import Currency
from portfolios.ledger.events.base import ONE, ZERO, Event


@frozen
class Interest(Event):
    """Interest on cash, or of an instrument.  `amount` is before tax; interest that one pays is a fee, or a negative amount."""

    kind: ClassVar[str] = "interest"

    amount: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    instrument: int | None = None


@frozen
class Fee(Event):
    """A cost that belongs to no trade, of the whole portfolio or of one instrument."""

    kind: ClassVar[str] = "fee"

    amount: Decimal
    instrument: int | None = None


@frozen
class Tax(Event):
    """A tax that belongs to no trade, of the whole portfolio or of one instrument."""

    kind: ClassVar[str] = "tax"

    amount: Decimal
    instrument: int | None = None


@frozen
class Deposit(Event):
    """Money paid in from outside: `amount` left there, what remains after fees arrived."""

    kind: ClassVar[str] = "deposit"

    amount: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@frozen
class Withdrawal(Event):
    """Money paid out: `amount` arrived outside; fees came on top."""

    kind: ClassVar[str] = "withdrawal"

    amount: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@frozen
class FxExchange(Event):
    """`amount` of `currency` received for `given` of `given_currency`; fees and taxes came on top, in `given_currency`.

    given_rate  units of base currency for one unit of `given_currency`
    What was exchanged is worth what the base-currency side says; where neither side is, `given` at its rate.  Nothing happens
    where cash is not tracked, except for the costs.
    """

    kind: ClassVar[str] = "fx_exchange"

    amount: Decimal
    given: Decimal
    given_currency: Currency
    given_rate: Decimal = ONE
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@frozen
class AdjustmentOfCash(Event):
    """A balance is put right: `amount` with its sign, as money from or to the outside."""

    kind: ClassVar[str] = "adjustment_of_cash"

    amount: Decimal
