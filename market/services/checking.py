"""What a price or rate must be before it is stored.  All faults of a batch are told at once, by row and field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from django.utils import timezone

from market.errors import InvalidPrices, InvalidRates
from market.providers.base import PriceRow, RateRow
from market.services.storing import is_ordinary
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.decimals import NotExact, exact
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.money import Currency, UnknownCurrency

_MOST_ERRORS = 100  # a file of nonsense is told by its first faults


def today() -> date:
    """The day where the person is."""
    return timezone.localdate()


def positive(value: object, field: str, word: str) -> Decimal | FieldError:
    """The exact number, or what is wrong with it."""
    try:
        number = exact(value)  # type: ignore[arg-type]
    except NotExact as problem:
        return FieldError(field, "invalid", str(problem))
    if number <= 0:
        return FieldError(field, "not_positive", f"The {word} must be above zero.")
    return number


def _day_error(day: date, field: str, latest: date) -> FieldError | None:
    if day > latest:
        return FieldError(field, "future", f"{day.isoformat()} is in the future.")
    if day < EARLIEST:
        return FieldError(field, "too_early", f"{day.isoformat()} is before {EARLIEST.year}.")
    return None


def price_errors(rows: Sequence[PriceRow]) -> list[FieldError]:
    """Faults of a batch of prices; none for a batch that may be stored."""
    errors: list[FieldError] = []
    latest, seen = today(), set[date]()
    for number, row in enumerate(rows):
        if row.day in seen:
            errors.append(FieldError(f"prices.{number}.date", "duplicate", f"{row.day.isoformat()} stands in the list twice."))
        seen.add(row.day)
        plain = is_ordinary(row.close) and row.open is None and row.high is None and row.low is None and row.volume is None
        if not (plain and EARLIEST <= row.day <= latest):
            errors.extend(_price_faults(row, f"prices.{number}", latest))
    return errors


def _price_faults(row: PriceRow, path: str, latest: date) -> Iterable[FieldError]:
    if (late := _day_error(row.day, f"{path}.date", latest)) is not None:
        yield late
    for name in ("close", "open", "high", "low"):
        value = getattr(row, name)
        if value is None and name != "close":
            continue
        if isinstance(fault := positive(value, f"{path}.{name}", "price"), FieldError):
            yield fault
    if row.volume is not None and not 0 <= row.volume < 2**63:
        yield FieldError(f"{path}.volume", "invalid", "The volume must not be negative.")


def rate_errors(rows: Sequence[RateRow]) -> list[FieldError]:
    """Faults of a batch of rates; none for a batch that may be stored."""
    errors: list[FieldError] = []
    latest, seen = today(), set[tuple[str, str, date]]()
    pairs = {pair for pair in {(row.base, row.quote) for row in rows} if not list(_currency_errors(*pair, ""))}
    for number, row in enumerate(rows):
        if (key := (row.base, row.quote, row.day)) in seen:
            errors.append(
                FieldError(f"rates.{number}.date", "duplicate", f"{row.base}/{row.quote} of {row.day.isoformat()} stands in the list twice.")
            )
        seen.add(key)
        if not ((row.base, row.quote) in pairs and is_ordinary(row.rate) and EARLIEST <= row.day <= latest):
            errors.extend(_rate_faults(row, f"rates.{number}", latest))
    return errors


def _rate_faults(row: RateRow, path: str, latest: date) -> Iterable[FieldError]:
    if (late := _day_error(row.day, f"{path}.date", latest)) is not None:
        yield late
    yield from _currency_errors(row.base, row.quote, path)
    if isinstance(fault := positive(row.rate, f"{path}.rate", "rate"), FieldError):
        yield fault


def _currency_errors(base: str, quote: str, path: str) -> Iterable[FieldError]:
    for name, code in (("base", base), ("quote", quote)):
        try:
            Currency(code)
        except UnknownCurrency as problem:
            yield FieldError(f"{path}.{name}", "unknown_currency", str(problem))
    if base == quote:
        yield FieldError(f"{path}.quote", "same_currency", "A currency has no rate against itself.")


def check_prices(rows: Sequence[PriceRow]) -> None:
    """Raises InvalidPrices unless every row may be stored."""
    if errors := price_errors(rows):
        raise InvalidPrices(_sentence(len(errors), len(rows), "price"), errors=errors[:_MOST_ERRORS])


def check_rates(rows: Sequence[RateRow]) -> None:
    """Raises InvalidRates unless every row may be stored."""
    if errors := rate_errors(rows):
        raise InvalidRates(_sentence(len(errors), len(rows), "rate"), errors=errors[:_MOST_ERRORS])


def _sentence(faults: int, rows: int, word: str) -> str:
    return f"{faults} {'fault was' if faults == 1 else 'faults were'} found in {rows} {word}{'' if rows == 1 else 's'}; nothing was stored."
