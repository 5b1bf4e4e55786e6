"""Do quantity, price, charges and total agree?  Shared by the formats that state all of them.

What a total must be is quantity × price ÷ rate, plus charges for a buy, less charges for a sale.  It may differ by one minor
unit and by what the rounding of the printed rate can explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from portfolio_site.kernel.decimals import EXACT, plain, rounded
from portfolio_site.kernel.money import Currency

ONE = Decimal(1)
TOO_FAR = Decimal("0.02")  # of the total: beyond it the row is an error and not only a remark


@dataclass(frozen=True, slots=True)
class Agreement:
    """The total that the other cells come to, how far the stated one is off, and whether rounding explains it."""

    expected: Decimal
    off: Decimal
    agrees: bool
    far: bool


def minor_unit(currency: str) -> Decimal:
    """0.01 for the euro, 1 for the yen."""
    return ONE.scaleb(-Currency(currency).decimals)


def to_minor(amount: Decimal, currency: str) -> Decimal:
    """Rounded as a broker books it: to the minor unit, halves away from zero."""
    return amount.quantize(minor_unit(currency), rounding=ROUND_HALF_UP, context=EXACT)


def _half_of_last_digit(rate: Decimal) -> Decimal:
    exponent = rate.as_tuple().exponent
    return Decimal(5).scaleb(min(int(exponent), -4) - 1)


def agreement(*, quantity: Decimal, price: Decimal, rate: Decimal, charges: Decimal, total: Decimal, currency: str) -> Agreement:
    """Compare.  `price` ÷ `rate` is in `currency`; `charges` is signed: added to a buy's total, negative for a sale's."""
    gross = quantity * price / rate
    expected = gross + charges
    off = abs(total - expected)
    slack = minor_unit(currency)
    if rate != ONE:
        slack += gross * _half_of_last_digit(rate) / rate
    return Agreement(to_minor(expected, currency), rounded(off), off <= slack, off > max(slack, TOO_FAR * abs(total)))


def disagreement(agreed: Agreement, *, total: Decimal, currency: str) -> str:
    """The sentence for a row whose amounts are too far apart to be recorded."""
    return f"Units, price and charges come to {_shown(agreed.expected, currency)}; the file says {_shown(total, currency)}."


def _shown(amount: Decimal, currency: str) -> str:
    """With the decimals of the currency, or with all it has where there are more."""
    booked = to_minor(amount, currency)
    return f"{booked if booked == amount else plain(amount)} {currency}"


def remark(agreed: Agreement, *, total: Decimal, currency: str) -> str:
    """The sentence for a row whose amounts are a little apart."""
    return disagreement(agreed, total=total, currency=currency) + " The amount in the file is what is recorded."
