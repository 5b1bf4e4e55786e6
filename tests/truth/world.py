"""Where random programs run: a person, instruments in two currencies, and a rate for every day of a short calendar."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import wraps
from typing import Any

from django.db import transaction
from hypothesis import Phase

from market.models import Instrument
from tests import factories

FIRST = date(2024, 1, 1)
# the days of programs: few, so that entries often meet on one; some thirty days apart, for the methods that look so far ahead
CALENDAR = (0, 1, 2, 3, 5, 8, 13, 21, 30, 31, 32, 45)
LONG = os.environ.get("DRILLS") == "long"
SHRINKING = [] if os.environ.get("HUNT") else [Phase.shrink]  # a hunt wants to know that something is wrong, not what
PHASES = [Phase.explicit, Phase.reuse, Phase.generate, *SHRINKING]

# dollars for one euro, another on each day, and each the inverse of a number that can be stored: what a rate is needs no rounding
_DOLLARS = (Decimal("1.25"), Decimal("1.6"), Decimal("2"), Decimal("0.8"), Decimal("1"))


def dollars(day: date) -> Decimal:
    """Dollars for one euro."""
    return _DOLLARS[(day - FIRST).days % len(_DOLLARS)]


def reference_rate(currency: str, base: str, day: date) -> Decimal:
    """Units of `base` for one of `currency`."""
    if currency == base:
        return Decimal(1)
    return dollars(day) if base == "USD" else 1 / dollars(day)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@dataclass(frozen=True)
class World:
    """`instruments` by symbol: shares in euro and in dollars, and a bond that is quoted in per cent."""

    person: Any
    instruments: dict[str, Instrument]

    @property
    def shares(self) -> list[Instrument]:
        return [one for symbol, one in sorted(self.instruments.items()) if symbol != "BOND"]


def make_world() -> World:
    person = factories.make_person()
    number = person.pk
    made = {
        "AAA": factories.make_instrument(f"AAA{number}", currency="EUR"),
        "BBB": factories.make_instrument(f"BBB{number}", currency="USD"),
        "CCC": factories.make_instrument(f"CCC{number}", currency="EUR"),
        "BOND": factories.make_instrument(f"BOND{number}", currency="EUR", asset_class="bond", price_factor=Decimal("0.01")),
    }
    factories.set_rates("USD", {day(n): str(dollars(day(n))) for n in range(-8, CALENDAR[-1] + 8)})
    return World(person, made)


def rolled_back(test: Callable[..., None]) -> Callable[..., None]:
    """Each example of a property in a database as the test found it."""

    @wraps(test)
    def example(*args: Any, **more: Any) -> None:
        with transaction.atomic():
            test(*args, **more)
            transaction.set_rollback(True)

    return example
