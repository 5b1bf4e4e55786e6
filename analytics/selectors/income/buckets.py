"""Income by month, quarter or year, stacked by kind or by holding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from analytics.engine.payments import months_after
from analytics.selectors.income.shapes import ZERO, Amounts, Bucket, Expected, Payment

MONTH, QUARTER, YEAR = "month", "quarter", "year"
KIND, HOLDING = "kind", "holding"
LENGTHS = {MONTH: 1, QUARTER: 3, YEAR: 12}
STACKS = (KIND, HOLDING)
SHORT, LONG = 2, 6  # years: periods up to these are shown by month, and by quarter
CASH = "Interest on cash"
NO_HOLDING = "cash"


def length_for(start: date | None, end: date, began: date | None) -> str:
    """By what a period is shown where nobody said."""
    first = max(one for one in (start, began, date.min) if one is not None)
    years = (end - first).days / 365.25
    return MONTH if years <= SHORT else QUARTER if years <= LONG else YEAR


def key_of(one: Payment | Expected, stack: str) -> tuple[str, str]:
    """Key and name of the part that a payment belongs to."""
    if stack == HOLDING:
        return (NO_HOLDING, CASH) if one.instrument is None else (str(one.instrument.id), one.instrument.symbol)
    return one.kind, one.words


def parts_of(payments: Sequence[Payment], expected: Sequence[Expected], stack: str) -> tuple[tuple[str, str], ...]:
    """Keys and names, the largest first."""
    sizes: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for paid in payments:
        sizes[key_of(paid, stack)] += abs(paid.amounts.gross)
    for one in expected:
        sizes[key_of(one, stack)] += abs(one.value.value) if isinstance(one.value.value, Decimal) else ZERO
    return tuple(key for key, _ in sorted(sizes.items(), key=lambda item: (-item[1], item[0])))


def bucket_start(day: date, by: str) -> date:
    """The first day of the month, quarter or year of a day."""
    length = LENGTHS[by]
    return date(day.year, (day.month - 1) // length * length + 1, 1)


def text_of(first: date, by: str) -> str:
    """As an address calls the period: 2026-03, 2026-Q1, 2026."""
    return f"{first:%Y-%m}" if by == MONTH else f"{first.year}-Q{(first.month + 2) // 3}" if by == QUARTER else str(first.year)


def buckets_of(
    payments: Sequence[Payment], expected: Sequence[Expected], by: str, stack: str, parts: Sequence[tuple[str, str]], start: date | None, end: date
) -> tuple[Bucket, ...]:
    """From the first day of the period, or the first payment, to the last payment to come; those without any are nothing."""
    days = [one.day for one in payments] + [one.day for one in expected]
    if not days:
        return ()
    sums: dict[date, Amounts] = defaultdict(Amounts)
    paid: dict[date, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys((key for key, _ in parts), ZERO))
    coming: dict[date, dict[str, Decimal]] = defaultdict(dict)
    for one in payments:
        first = bucket_start(one.day, by)
        sums[first] = sums[first].plus(one.amounts)
        paid[first][key_of(one, stack)[0]] += one.amounts.gross
    for ahead in expected:
        if isinstance(ahead.value.value, Decimal):
            first, key = bucket_start(ahead.day, by), key_of(ahead, stack)[0]
            coming[first][key] = coming[first].get(key, ZERO) + ahead.value.value
    found = []
    first, last = bucket_start(start or min(days), by), max(*days, end)
    while first <= last:
        after = months_after(first, LENGTHS[by])
        found.append(Bucket(text_of(first, by), first, after - timedelta(days=1), sums[first], paid[first], coming[first]))
        first = after
    return tuple(found)
