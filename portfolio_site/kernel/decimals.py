"""Exact numbers.  One scale (18 places), one width (38 digits), one way to round, each rounding in a named function.

Sums and differences of such numbers are exact under `EXACT`.  A product or quotient that must be stored goes through
`rounded`, half to even, and the caller says where the remainder goes.
"""

from __future__ import annotations

import decimal
import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, Inexact, InvalidOperation, Overflow

PLACES = 18
DIGITS = 38
ONE_UNIT = Decimal(1).scaleb(-PLACES)
LIMIT = Decimal(10) ** (DIGITS - PLACES)

# Wide enough for the product of two stored numbers and sums of millions of them, so that nothing is lost on the way.
EXACT = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, DivisionByZero, Overflow])

# Python's own default keeps 28 digits and rounds silently; two stored numbers need 76.  Every thread that starts after this
# import, and this one, calculates as wide as EXACT.
decimal.DefaultContext.prec = EXACT.prec
decimal.DefaultContext.rounding = EXACT.rounding
decimal.setcontext(EXACT.copy())

_REFUSING = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation, Inexact, Overflow])
_PLAIN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)


class NotExact(ValueError):
    """The value is not a finite decimal with at most 18 places and 20 digits before the point."""


def exact(value: Decimal | int | str) -> Decimal:
    """The value as a stored number: finite, at most 18 places, |value| < 10^20.  Raises NotExact; never rounds."""
    if isinstance(value, bool) or not isinstance(value, (Decimal, int, str)):
        raise NotExact(f"{value!r} is not a decimal number.")
    if isinstance(value, str):
        text = value.strip()
        if len(text) > 80 or not _PLAIN.fullmatch(text):
            raise NotExact(f"“{text[:40]}” is not a number. Write it like 1234.56.")
        value = Decimal(text)
    number = Decimal(value)
    if not number.is_finite():
        raise NotExact("The number must be finite.")
    if abs(number) >= LIMIT:
        raise NotExact("The number is too large: at most 20 digits stand before the point.")
    try:
        return EXACT.plus(number.quantize(ONE_UNIT, context=_REFUSING).normalize(EXACT))
    except Inexact:
        raise NotExact(f"The number has more than {PLACES} decimal places.") from None


def rounded(value: Decimal, places: int = PLACES) -> Decimal:
    """The nearest number with `places` decimals, halves to even."""
    step = ONE_UNIT if places == PLACES else Decimal(1).scaleb(-places)
    return value.quantize(step, ROUND_HALF_EVEN, EXACT)


def product(a: Decimal, b: Decimal) -> Decimal:
    """a × b, rounded to a storable number."""
    return rounded(EXACT.multiply(a, b))


def quotient(a: Decimal, b: Decimal) -> Decimal:
    """a ÷ b, rounded to a storable number.  Raises ZeroDivisionError."""
    return rounded(EXACT.divide(a, b))


def plain(value: Decimal) -> str:
    """The shortest plain text of an exact number: no exponent, no trailing zeros, no minus zero.  `exact(plain(x)) == x`."""
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
