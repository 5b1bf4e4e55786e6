"""Bars in another unit than the rest: pence among pounds, a hundred times too high or too low.

Where the currency is quoted in hundredths somewhere the factor of exactly 100 is known and applied; elsewhere such a bar is left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from market.choices import SuspectReason
from market.providers.base import PriceRow
from market.providers.reading import MINOR_UNITS
from market.repair.things import ONE, Doubt, Repair, priced
from portfolio_site.kernel.decimals import EXACT

IN_HUNDREDTHS = frozenset(major for major, _ in MINOR_UNITS.values())
HUNDRED, HUNDREDTH = Decimal(100), Decimal("0.01")
LEAST, MOST = Decimal(50), Decimal(200)  # what a factor of a hundred looks like beside a move of the market
CLEAR = 0.2  # share of the rows: more in each of two units, and no anchor, is not to be decided


def in_one_unit(rows: Sequence[PriceRow], currency: str, anchor: Decimal | None) -> tuple[list[PriceRow], list[Repair], list[Doubt]]:
    """Adjusted rows, oldest first, all in one unit; what was mended, and what was left out.

    anchor    a newest price known to be good; without it the unit of most rows counts, if it is of most by far
    """
    factors = _factors(rows, anchor)
    if anchor is None and factors:
        (usual, count), *_ = Counter(factors).most_common(1)
        if count < (1 - CLEAR) * len(factors):
            return [], [], [Doubt(row.day, row.close, None, SuspectReason.HUNDREDFOLD) for row in rows]
        factors = [EXACT.divide(factor, usual) for factor in factors]
    good, repairs, doubts = list[PriceRow](), list[Repair](), list[Doubt]()
    for row, factor in zip(rows, factors, strict=True):
        if factor != ONE and currency not in IN_HUNDREDTHS:
            doubts.append(Doubt(row.day, row.close, good[-1].close if good else None, SuspectReason.HUNDREDFOLD))
            continue
        one, mended = _each_field(priced(row, factor) if factor != ONE else row, currency)
        good.append(one)
        if mended or factor != ONE:
            repairs.append(Repair(row.day, "unit", factor))
    return good, repairs, doubts


def _factors(rows: Sequence[PriceRow], anchor: Decimal | None) -> list[Decimal]:
    """What each close is to be multiplied with to be in the unit of the anchor, or of the newest row.

    The reference moves along with the series, so that a hundredfold rise over decades is none.
    """
    factors: list[Decimal] = []
    reference = anchor
    for row in reversed(rows):
        factor = ONE if reference is None else _unit(row.close, reference)
        reference = EXACT.multiply(row.close, factor)
        factors.append(factor)
    return factors[::-1]


def _unit(price: Decimal, reference: Decimal) -> Decimal:
    if LEAST <= EXACT.divide(price, reference) <= MOST:
        return HUNDREDTH
    return HUNDRED if LEAST <= EXACT.divide(reference, price) <= MOST else ONE


def _each_field(row: PriceRow, currency: str) -> tuple[PriceRow, bool]:
    """Open, high and low in the unit of the close; left out where the factor is not known."""
    known = currency in IN_HUNDREDTHS

    def fitting(price: Decimal | None) -> Decimal | None:
        if price is None or (factor := _unit(price, row.close)) == ONE:
            return price
        return EXACT.multiply(price, factor) if known else None

    fitted = replace(row, open=fitting(row.open), high=fitting(row.high), low=fitting(row.low))
    return fitted, fitted != row
