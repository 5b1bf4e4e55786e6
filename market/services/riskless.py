"""Rates without risk: stored as their source publishes them, or as an administrator enters them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from market.choices import RateBasis
from market.errors import InvalidRisklessRate
from market.models import RisklessRate
from market.riskless import HIGHEST, LOWEST
from market.selectors.riskless import MANUAL
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.money import Currency, UnknownCurrency


@dataclass(frozen=True, slots=True)
class RisklessRow:
    """Percent a year of a day, read by `basis`."""

    currency: str
    day: date
    percent: Decimal
    basis: str = RateBasis.EFFECTIVE
    source: str = MANUAL
    series: str = ""


def check_riskless(rows: Iterable[RisklessRow]) -> None:
    """Raises InvalidRisklessRate with the faults by field."""
    errors: list[FieldError] = []
    for row in rows:
        try:
            Currency(row.currency)
        except UnknownCurrency as problem:
            errors.append(FieldError("currency", "unknown_currency", str(problem)))
        if not EARLIEST <= row.day <= timezone.localdate():
            errors.append(FieldError("day", "out_of_range", f"{row.day.isoformat()} is not a day from {EARLIEST.year} to today."))
        if not row.percent.is_finite() or not LOWEST <= row.percent <= HIGHEST:
            errors.append(FieldError("percent", "out_of_range", f"A rate lies between {LOWEST} and {HIGHEST} per cent a year, such as 2.5."))
        if row.basis not in RateBasis.values:
            errors.append(FieldError("basis", "invalid", f"Use one of: {', '.join(RateBasis.values)}."))
    if errors:
        raise InvalidRisklessRate(errors[0].detail, errors=errors)


@transaction.atomic
def store_riskless(rows: Iterable[RisklessRow]) -> int:
    """New days are added, changed ones replaced; what an administrator entered gives way to an administrator alone.

    Answers how many rows were written.  Raises InvalidRisklessRate, and stores nothing.
    """
    wanted = list(rows)
    check_riskless(wanted)
    if not wanted:
        return 0
    currencies = {row.currency for row in wanted}
    span = RisklessRate.objects.filter(currency__in=currencies, day__gte=min(row.day for row in wanted), day__lte=max(row.day for row in wanted))
    known = {(one.currency, one.day): one for one in span}
    changed = [row for row in wanted if _differs(row, known.get((row.currency, row.day)))]
    fields = ["percent", "basis", "source", "series"]
    RisklessRate.objects.bulk_create(
        [RisklessRate(currency=row.currency, day=row.day, **{name: getattr(row, name) for name in fields}) for row in changed],
        update_conflicts=True,
        unique_fields=["currency", "day"],
        update_fields=fields,
        batch_size=1_000,
    )
    return len(changed)


def _differs(row: RisklessRow, stored: RisklessRate | None) -> bool:
    if stored is None:
        return True
    if stored.source == MANUAL and row.source != MANUAL:
        return False
    return (stored.percent, stored.basis, stored.source, stored.series) != (row.percent, row.basis, row.source, row.series)
