"""Which reported splits can be splits, and which are the same."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

LARGEST = 100
NEAR = timedelta(days=10)  # a statement may book a split so long before or after its ex-day


def is_usual(new: Decimal, old: Decimal) -> bool:
    """Whether a split is of small whole numbers, as real ones are: 4:1, 3:2, 1:50, 21:20 for a stock dividend of 5 %.

    What is not (1.046, 1.281) is most often a spin-off that a source of prices booked as a split, so that its prices run on.
    """
    ratio = Fraction(new) / Fraction(old)
    return 1 in (ratio.numerator, ratio.denominator) or max(ratio.numerator, ratio.denominator) <= LARGEST


def same(new: Decimal, old: Decimal, other_new: Decimal, other_old: Decimal) -> bool:
    """Whether two ratios are the same: 4:1 and 8:2."""
    return new * other_old == other_new * old
