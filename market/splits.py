"""Units before and after splits: pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

from portfolio_site.kernel.decimals import EXACT

ONE = Decimal(1)
Factor = Callable[[date], Decimal]  # units of today for one of that day


def units_since(splits: Iterable[tuple[date, Decimal, Decimal]]) -> Factor:
    """From splits (ex-day, new units, for so many old ones): by the day of a price, what one unit of then is today.

    What is quoted on an ex-day is in new units already.
    """
    steps: list[tuple[date, Decimal]] = []  # an ex-day with the product of its split and all later ones, the latest first
    product = ONE
    for ex_day, new, old in sorted(splits, reverse=True):
        product = EXACT.divide(EXACT.multiply(product, new), old)
        steps.append((ex_day, product))

    def factor(day: date) -> Decimal:
        found = ONE
        for ex_day, units in steps:
            if ex_day <= day:
                break
            found = units
        return found

    return factor
