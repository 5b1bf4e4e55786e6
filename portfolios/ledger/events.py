"""What can happen to a portfolio: one frozen dataclass per transaction type of docs/numbers.md, and their order.

Conventions.  Quantities, prices and amounts are exact decimals without sign; the type says the direction.  Amounts (`gross`,
`amount`, `fees`, `taxes`) are in the settlement currency, `currency`; `fx_rate` is units of the portfolio's base currency for
one unit of it, and is 1 where the two are the same.  `fees` and `taxes` never stand inside `gross` or `amount`:

    buy         cash paid      = gross + fees + taxes          sell        cash received  = gross − fees − taxes
    dividend    cash received  = gross − fees − taxes          interest    cash received  = amount − fees − taxes
    deposit     cash received  = amount − fees − taxes         withdrawal  cash paid      = amount + fees + taxes
    fee, tax    cash paid      = amount                        transfers   cash paid      = fees + taxes

`local_price` and `local_currency` are the price of one unit as the instrument is quoted, and its currency.  A negative
`amount` or `gross` of a dividend, interest, fee or tax takes an earlier one back.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, ClassVar

from portfolio_site.kernel.money import Currency

ZERO = Decimal(0)
ONE = Decimal(1)

# The order inside one day, when only dates are known (numbers.md).
CORPORATE_ACTION, UNITS_IN, UNITS_OUT, OTHER = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What every event has.

    id         of the transaction; matches, flows and lots refer to it
    sequence   the order in which events were recorded; decides between equal keys, then `id` does
    day        trade date in the market's zone; `time` with offset, where it is known
    currency   settlement currency; fx_rate: units of base currency for one unit of it
    """

    kind: ClassVar[str] = ""
    rank: ClassVar[int] = OTHER

    id: int
    sequence: int
    day: date
    time: datetime | None = None
    currency: Currency
    fx_rate: Decimal = ONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Buy(Event):
    """`quantity` > 0 units bought for `gross`.  Fees and taxes are part of the cost."""

    kind: ClassVar[str] = "buy"
    rank: ClassVar[int] = UNITS_IN

    instrument: int
    quantity: Decimal
    gross: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    local_price: Decimal
    local_currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Sell(Event):
    """`quantity` > 0 units sold for `gross`.  Fees and taxes reduce the proceeds."""

    kind: ClassVar[str] = "sell"
    rank: ClassVar[int] = UNITS_OUT

    instrument: int
    quantity: Decimal
    gross: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    local_price: Decimal
    local_currency: Currency


@dataclass(frozen=True, slots=True, kw_only=True)
class Dividend(Event):
    """`gross` is the dividend before tax; `fees` and `taxes` (such as tax withheld) are expenses."""

    kind: ClassVar[str] = "dividend"

    instrument: int
    gross: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Interest(Event):
    """Interest on cash, or of an instrument.  `amount` is before tax; interest that one pays is a fee, or a negative amount."""

    kind: ClassVar[str] = "interest"

    amount: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO
    instrument: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fee(Event):
    """A cost that belongs to no trade, of the whole portfolio or of one instrument."""

    kind: ClassVar[str] = "fee"

    amount: Decimal
    instrument: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tax(Event):
    """A tax that belongs to no trade, of the whole portfolio or of one instrument."""

    kind: ClassVar[str] = "tax"

    amount: Decimal
    instrument: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deposit(Event):
    """Money paid in from outside: `amount` left there, what remains after fees arrived."""

    kind: ClassVar[str] = "deposit"

    amount: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal(Event):
    """Money paid out: `amount` arrived outside; fees came on top."""

    kind: ClassVar[str] = "withdrawal"

    amount: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(Event):
    """`ratio_old` units become `ratio_new`: 4 and 1 for 4:1, 1 and 10 for a reverse split.  `currency` plays no part."""

    kind: ClassVar[str] = "split"
    rank: ClassVar[int] = CORPORATE_ACTION

    instrument: int
    ratio_new: Decimal
    ratio_old: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferIn(Event):
    """One lot that arrives with its date and cost: `gross` is the cost that it carries, `acquired_on` when it was bought.

    `cost_local` is that cost in the instrument's currency where it is known exactly (a transfer between a person's own
    portfolios); without it, quantity × local_price.  `fees` and `taxes` of the transfer are expenses, not cost.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferOut(Event):
    """`quantity` units leave at their cost, chosen by the portfolio's method; no gain.  Fees and taxes are expenses."""

    kind: ClassVar[str] = "transfer_out"
    rank: ClassVar[int] = UNITS_OUT

    instrument: int
    quantity: Decimal
    fees: Decimal = ZERO
    taxes: Decimal = ZERO


EVENT_TYPES: dict[str, type[Event]] = {
    cls.kind: cls for cls in (Buy, Sell, Dividend, Interest, Fee, Tax, Deposit, Withdrawal, Split, TransferIn, TransferOut)
}

_UNTIMED = attrgetter("day", "rank", "sequence", "id")
_TIMED = 2
_WITHOUT_TIME = (0, 1, 3, 4)  # the place of each rank in a day, around the entries whose time is known


def _place(event: Event) -> tuple[Any, ...]:
    if event.time is None:
        return (event.day, _WITHOUT_TIME[event.rank], None, 0, event.sequence, event.id)
    return (event.day, _TIMED, event.time, event.rank, event.sequence, event.id)


def in_ledger_order(events: Iterable[Event]) -> list[Event]:
    """The events in the order in which the ledger takes them (numbers.md, "Order inside one day").

    By day.  Inside a day: corporate actions, inflows of units, outflows, everything else, and equals as they were recorded.
    Events whose time is known go by time.  On a day that has both, an event without a time is put where it does no harm:
    corporate actions and inflows before those with a time, outflows and the rest after them.
    """
    ordered = list(events)
    if any(event.time is not None for event in ordered):
        ordered.sort(key=_place)
    else:
        ordered.sort(key=_UNTIMED)
    return ordered
