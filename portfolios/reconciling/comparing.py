"""Statement and ledger side by side, as plain numbers.  Knows no database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

ZERO = Decimal(0)
Key = TypeVar("Key")


class Lamp(StrEnum):
    """What is said of one holding or balance."""

    AGREES = "agrees"
    DIFFERS = "differs"
    MISSING_HERE = "missing_here"  # the statement has some, the ledger none
    MISSING_THERE = "missing_there"  # the ledger has some, the statement none


@dataclass(frozen=True, slots=True)
class Compared(Generic[Key]):
    """One line: what the ledger says (`here`) and what the statement says (`there`)."""

    key: Key
    here: Decimal
    there: Decimal

    @property
    def difference(self) -> Decimal:
        """What the ledger lacks; below zero what it has too much."""
        return self.there - self.here

    @property
    def lamp(self) -> Lamp:
        if self.here == self.there:
            return Lamp.AGREES
        if not self.here:
            return Lamp.MISSING_HERE
        return Lamp.DIFFERS if self.there else Lamp.MISSING_THERE


def compared(here: Mapping[Key, Decimal], there: Mapping[Key, Decimal]) -> list[Compared[Key]]:
    """Every line of the statement, and what the ledger holds beside it.

    A statement that says nothing of a kind (no positions, or no cash) is not about it: nothing is compared then.
    """
    if not there:
        return []
    keys = [*there, *(key for key, amount in here.items() if amount and key not in there)]
    return [Compared(key, here.get(key, ZERO), there.get(key, ZERO)) for key in keys]


def lamp_of(lamps: Iterable[Lamp]) -> Lamp:
    """The lamp of the whole: it agrees where every line does."""
    return Lamp.AGREES if all(lamp is Lamp.AGREES for lamp in lamps) else Lamp.DIFFERS
