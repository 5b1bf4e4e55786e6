"""What the world says, laid out by day for the engine: closes carried forward, and rates by the rule that exact figures know.

Of a person's own rate and the reference rate the later one counts, and of one day the own (docs/numbers.md, "Report currency").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from analytics.engine.valuation import filled
from market.selectors import FxColumnView, OwnColumnView, PriceColumnView

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_NEVER = -(10**6)  # a day number before any rate


@dataclass(frozen=True, slots=True)
class Market:
    """What the world says about the instruments of some books.

    prices    closes by instrument, in its currency; absent: none is known
    rates     units of a currency for one EUR, by currency; absent: none is known
    quoted    the currency of each instrument
    coins     the instruments that trade every day (crypto)
    own       the person's own rates, by (of, to); the later of own and reference wins, and of one day the own
    """

    prices: Mapping[int, PriceColumnView]
    rates: Mapping[str, FxColumnView]
    quoted: Mapping[int, str]
    coins: frozenset[int] = frozenset()
    own: Mapping[tuple[str, str], OwnColumnView] = field(default_factory=dict)

    def rate(self, currency: str, report: str, first: int, length: int) -> FloatArray:
        """Units of `report` for one unit of `currency` on `length` days from day number `first`; 0 where none is known yet."""
        return self.dated_rate(currency, report, first, length)[0]

    def dated_rate(self, currency: str, report: str, first: int, length: int) -> tuple[FloatArray, FloatArray]:
        """As `rate`, with how many days old each is: infinitely many where none is known yet."""
        if currency == report:
            return np.ones(length), np.zeros(length)
        days = first + np.arange(length, dtype=np.int64)
        to, of = self.rates.get(report), self.rates.get(currency)
        crossed = np.full(length, _NEVER) if to is None or of is None else _newest_cross(to, of, days)
        found = np.zeros(length)
        if to is not None and of is not None:
            np.divide(_at(to, crossed), _at(of, crossed), out=found, where=crossed != _NEVER)
        dated, own = crossed, self.own.get((currency, report))
        if own is not None:
            entered = _newest(own.days, days)
            wins = (entered != _NEVER) & (entered >= crossed)
            found, dated = np.where(wins, _at(own, entered), found), np.where(wins, entered, crossed)
        return found, np.where(dated == _NEVER, np.inf, days - dated)

    def closes(self, instrument: int, first: int, length: int) -> FloatArray:
        """The close of each day in the instrument's currency, the last one carried forward; 0 before the first one."""
        column = self.prices.get(instrument)
        if column is None:
            return np.zeros(length)
        begin = max(int(np.searchsorted(column.days, first, side="right")) - 1, 0)  # what is older does not show
        return filled(column.days[begin:].astype(np.int64) - first, column.closes[begin:], 0.0, length)

    def worth_of_one(self, instrument: int, report: str, first: int, length: int, rates: FloatArray | None = None) -> FloatArray:
        """Close × rate of each day; 0 where either is not known yet.  `rates`: those of its currency, where they were asked for before."""
        known = self.rate(self.quoted[instrument], report, first, length) if rates is None else rates
        return self.closes(instrument, first, length) * known


def _newest(days: npt.NDArray[Any], at: IntArray) -> IntArray:
    """The newest of these days, ascending, up to each of `at`; `_NEVER` where there is none."""
    places = np.searchsorted(days, at, side="right") - 1
    return np.where(places >= 0, days[places].astype(np.int64), _NEVER) if len(days) else np.full(len(at), _NEVER)


def _newest_cross(to: FxColumnView, of: FxColumnView, at: IntArray) -> IntArray:
    """The newest day up to each of `at` on which both have a reference rate.  Where the law fixes one, the days of the other count."""
    beyond = int(at[-1]) + 1
    return np.where(at >= max(beyond if one.fixed_from is None else one.fixed_from for one in (to, of)), at, _newest(_common_days(to, of), at))


@lru_cache(maxsize=64)
def _common_days(to: FxColumnView, of: FxColumnView) -> IntArray:
    """The days on which both have a rate, ascending.  A changed column is another one, so what is kept needs no telling."""
    if np.array_equal(to.days, of.days):
        return to.days.astype(np.int64)
    fixed = [other.days[other.days >= one.fixed_from] for one, other in ((to, of), (of, to)) if one.fixed_from is not None]
    return np.union1d(np.intersect1d(to.days, of.days), np.concatenate([*fixed, np.zeros(0, dtype=np.int32)])).astype(np.int64)


def _at(column: FxColumnView | OwnColumnView, days: IntArray) -> FloatArray:
    """The rate that holds on each of the days: the last one up to it.  Days before the first have the first; nobody uses them."""
    places = np.maximum(np.searchsorted(column.days, days, side="right") - 1, 0)
    return column.rates[places]
