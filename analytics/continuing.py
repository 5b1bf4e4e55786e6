"""What a daily series rests on, and up to which of its entries another one rests on the same.

A new entry in a ledger, a new day of prices or a new rate changes a series from a day on.  Which day that is nobody is told: what the
last series rested on (the ledger as arrays, closes, rates) is kept beside it and compared with what is there now, so that a price that was
corrected ten years back is found like one that is of today.  Worth before that day is taken as it stands; flows are added up anew.

Where a series is made as a whole: it begins on another day, an instrument is quoted in another currency or counts as another class, its
first price came or went, or something was held before it could be valued.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from analytics.border import FloatArray, LedgerArrays, Steps
from analytics.world import Market

if TYPE_CHECKING:
    from analytics.series import Daily

_NEVER = 10**7  # a day number after all days


@dataclass(frozen=True, slots=True, eq=False)
class RestsOn:
    """first and length: of the series; rates: units of `currency` for one of each, at each of its entries."""

    currency: str
    first: int
    length: int
    ledgers: tuple[LedgerArrays, ...]
    market: Market
    rates: Mapping[str, FloatArray]

    @property
    def held(self) -> set[int]:
        """All that was ever held."""
        return {instrument for one in self.ledgers for instrument in one.units.keys}


class Before:
    """The last series of some ledgers, for the next one to go on from."""

    def __init__(self) -> None:
        self.daily: Daily | None = None
        self._rests_on: RestsOn | None = None

    @property
    def held(self) -> set[int]:
        return self._rests_on.held if self._rests_on is not None else set()

    def keep(self, rests_on: RestsOn | None, daily: Daily) -> None:
        """None: nothing is to go on from this one."""
        self.daily, self._rests_on = (None, None) if rests_on is None else (daily, rests_on)

    def same_until(self, now: RestsOn) -> int:
        """How many of the first entries rest on the same; 0 where the series is to be made as a whole."""
        then = self._rests_on
        if then is None or (then.currency, then.first, len(then.ledgers)) != (now.currency, now.first, len(now.ledgers)):
            return 0
        days = [_NEVER]
        for one, other in zip(then.ledgers, now.ledgers, strict=True):
            if one is not other:
                days += [_steps_since(one.units, other.units), _steps_since(one.cash, other.cash)]
        for instrument in then.held & now.held:
            days.append(_prices_since(then.market, now.market, instrument))
        entries = [_first_unlike([then.rates[code]], [now.rates[code]]) for code in then.rates.keys() & now.rates.keys()]
        return max(min(min(days) - now.first, then.length, now.length, *entries), 0)


def _steps_since(one: Steps, other: Steps) -> int:
    """The first day on which levels differ."""
    place = _first_unlike(one.told, other.told)
    for key, (mine, theirs) in enumerate(zip(one.keys, other.keys, strict=False)):
        if mine != theirs:  # columns are numbered as they come: up to here they mean the same
            place = min(place, int(np.argmax(one.told[0] == key)), int(np.argmax(other.told[0] == key)))
            break
    return _day_at(place, one.told[1], other.told[1])


def _prices_since(then: Market, now: Market, instrument: int) -> int:
    """The first day of which the closes differ; a day before all where what they mean does, or where there were none."""
    if then.quoted[instrument] != now.quoted[instrument] or (instrument in then.coins) != (instrument in now.coins):
        return -_NEVER
    before, after = then.prices.get(instrument), now.prices.get(instrument)
    if before is after:
        return _NEVER
    if before is None or after is None or not len(before.days) or not len(after.days):
        return -_NEVER
    place = _first_unlike((before.days, before.closes), (after.days, after.closes))
    return _day_at(place, before.days, after.days) if place else -_NEVER


def _first_unlike(one: Any, other: Any) -> int:
    """The first place at which columns that belong together differ; how many places both have where none does."""
    both = min(len(one[0]), len(other[0]))
    if all(np.array_equal(mine[:both], theirs[:both]) for mine, theirs in zip(one, other, strict=True)):
        return both
    unlike = np.logical_or.reduce([mine[:both] != theirs[:both] for mine, theirs in zip(one, other, strict=True)])
    return int(np.argmax(unlike))


def _day_at(place: int, *both: npt.NDArray[Any]) -> int:
    """The first day that either has from a place on."""
    return min((int(days[place]) for days in both if place < len(days)), default=_NEVER)
