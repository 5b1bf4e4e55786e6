"""A figure as shown: a value with its unit and what weakens it, or the reason why there is none."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Self


class Unit(enum.StrEnum):
    """What the number counts."""

    MONEY = "money"  # in Figure.currency
    FRACTION = "fraction"  # 0.05 is 5 %
    POINTS = "points"  # a difference of two fractions
    UNITS = "units"  # units of an instrument
    NUMBER = "number"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of numbers.md.

    Exactly one of `value` and `why_not` is set.  `warnings` are sentences on what the value rests on;
    `stale_since` is the day of the oldest price or rate in it, where that is older than it should be.
    """

    name: str
    unit: Unit
    value: Decimal | float | None
    currency: str = ""
    why_not: str = ""
    warnings: tuple[str, ...] = field(default=())
    stale_since: date | None = None

    def __post_init__(self) -> None:
        if (self.value is None) != bool(self.why_not):
            raise ValueError(f"{self.name}: a figure has either a value or a reason why it has none.")
        if isinstance(self.value, float) and not math.isfinite(self.value):
            raise ValueError(f"{self.name}: not a finite number.")
        if isinstance(self.value, Decimal) and not self.value.is_finite():
            raise ValueError(f"{self.name}: not a finite number.")
        if self.unit is Unit.MONEY and self.value is not None and not self.currency:
            raise ValueError(f"{self.name}: an amount of money needs its currency.")

    @property
    def known(self) -> bool:
        return self.value is not None

    @classmethod
    def undefined(cls, name: str, unit: Unit, why_not: str, currency: str = "") -> Self:
        return cls(name=name, unit=unit, value=None, currency=currency, why_not=why_not)
