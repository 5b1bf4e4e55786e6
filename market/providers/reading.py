"""What the parsers of all sources share: numbers that may be missing, days and times, minor units."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from market.providers.failures import BadAnswer
from portfolio_site.kernel.decimals import DIGITS, LIMIT, NotExact, exact, rounded

MISSING = frozenset({"", "-", ".", "none", "null", "nan", "n/a", "n/d"})  # each stands for “no number” in some source
# what sources call a hundredth or a thousandth of a currency.  Case matters: GBp is not GBP
MINOR_UNITS = {
    "GBp": ("GBP", Decimal("0.01")),
    "GBX": ("GBP", Decimal("0.01")),
    "ZAc": ("ZAR", Decimal("0.01")),
    "ILA": ("ILS", Decimal("0.01")),
    "KWF": ("KWD", Decimal("0.001")),
}
ONE = Decimal(1)


def number(value: Any, places: int = 18) -> Decimal | None:
    """The number, rounded half to even; None for what stands for a missing one.

    Raises BadAnswer for what is neither, and for what is not finite or too large.
    """
    if value is None or (isinstance(value, str) and value.strip().casefold() in MISSING):
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise BadAnswer(f"{str(value)[:40]!r} was sent where a number was expected.")
    try:
        found = Decimal(value.strip()) if isinstance(value, str) else Decimal(value)
        if not found.is_finite() or abs(found) >= LIMIT or len(found.as_tuple().digits) > 4 * DIGITS:
            raise BadAnswer(f"{str(value)[:40]!r} is no number that a price could be.")
        return exact(rounded(found, places))
    except (ArithmeticError, NotExact):
        raise BadAnswer(f"{str(value)[:40]!r} was sent where a number was expected.") from None


def price(value: Any, places: int = 18) -> Decimal | None:
    """A number above zero; None for a missing one, and for zero, by which every source means that it has none.

    Raises BadAnswer below zero.
    """
    found = number(value, places)
    if found is not None and found < 0:
        raise BadAnswer(f"{str(value)[:40]!r} was sent as a price.")
    return found or None


def percent(value: Any) -> Decimal | None:
    """A fraction of a percentage with or without its sign: "-0.5852%" is -0.005852."""
    found = number(value.strip().removesuffix("%") if isinstance(value, str) else value)
    return None if found is None else found.scaleb(-2)


def count(value: Any) -> int | None:
    """A whole number from zero on, such as a volume; None for a missing one and for one below zero."""
    found = number(value)
    return None if found is None or not 0 <= found < 2**63 else int(found)


def ratio(factor: Decimal) -> tuple[Decimal, Decimal]:
    """New and old units of a split that a source tells as one number: 1.5 is (3, 2), 0.1 is (1, 10), 0.333333 is (1, 3).

    Whole numbers below a thousand that are exactly that, or below a hundred that are as near as its digits tell; else (factor, 1).
    The factor must be above zero.
    """
    told, digits = Fraction(factor), max(0, -int(factor.as_tuple().exponent))
    for largest, off in ((1_000, Fraction(0)), (100, Fraction(1, 10**digits) if digits > 3 else Fraction(0))):
        near = told.limit_denominator(largest) if told >= 1 else 1 / (1 / told).limit_denominator(largest)
        if abs(told - near) <= off:
            return Decimal(near.numerator), Decimal(near.denominator)
    return factor, ONE


def token(value: Any, most: int = 32) -> str:
    """A symbol or an id: signs that are seen, without a space; empty for what is none, or longer than `most`."""
    found = value.strip() if isinstance(value, str) else ""
    return found if len(found) <= most and found.isprintable() and " " not in found else ""


def unit(value: Any) -> str:
    """What a source calls a currency, three letters in its own case (GBp is not GBP); empty for what is none."""
    found = token(value, 3)
    return found if len(found) == 3 and found.isascii() and found.isalpha() else ""


def major(currency: str) -> tuple[str, Decimal]:
    """The ISO code of what a source calls the currency, and what a price in the source's unit is to be multiplied with."""
    return MINOR_UNITS.get(currency, (currency, ONE))


def day(text: Any) -> date:
    """A date in ISO form, also where a time follows it.  Raises BadAnswer."""
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        raise BadAnswer(f"{str(text)[:40]!r} was sent where a date was expected.") from None


def moment(text: Any) -> datetime:
    """A time in ISO form with an offset; without one it is UTC.  Raises BadAnswer."""
    try:
        found = datetime.fromisoformat(str(text).strip().replace("Z", "+00:00"))
    except ValueError:
        raise BadAnswer(f"{str(text)[:40]!r} was sent where a time was expected.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def epoch(seconds: Any, zone: str = "UTC") -> datetime:
    """A time from seconds since 1970 (a whole number or an exact one), told in a zone.  Raises BadAnswer."""
    if isinstance(seconds, bool) or not isinstance(seconds, (int, Decimal)):
        raise BadAnswer(f"{str(seconds)[:40]!r} was sent where a time was expected.")
    try:
        return datetime.fromtimestamp(float(seconds), known_zone(zone))
    except (ValueError, OverflowError, OSError):
        raise BadAnswer(f"{str(seconds)[:40]!r} is no time.") from None


@lru_cache(maxsize=256)
def known_zone(name: str) -> ZoneInfo:
    """A time zone by its name.  Raises BadAnswer."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadAnswer(f"{name[:40]!r} is no time zone.") from None


def fields(value: Any, what: str = "an object") -> dict[str, Any]:
    """The value if it is a JSON object.  Raises BadAnswer."""
    if not isinstance(value, dict):
        raise BadAnswer(f"Something else was sent where {what} was expected.")
    return value


def items(value: Any, what: str = "a list") -> list[Any]:
    """The value if it is a JSON list.  Raises BadAnswer."""
    if not isinstance(value, list):
        raise BadAnswer(f"Something else was sent where {what} was expected.")
    return value
