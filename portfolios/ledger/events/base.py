"""What every event has, and the ranks that order a day."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import ClassVar

from portfolio_site.kernel.frozen import frozen
from portfolio_site.kernel.money import Currency

ZERO = Decimal(0)
ONE = Decimal(1)

# The order inside one day, when only dates are known (numbers.md).
CORPORATE_ACTION, UNITS_IN, UNITS_OUT, OTHER = range(4)


@frozen
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
