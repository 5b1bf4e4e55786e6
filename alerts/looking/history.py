"""Closes of instruments in the units of today, for figures over a window.  Floats; docs/numbers.md: "Volatility", "Drawdown"."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from alerts.rules import Level
from analytics.engine.errors import Undefined
from analytics.engine.risk import annual_volatility, enough
from market.choices import ActionKind, AssetClass
from market.selectors import QuoteView, actions_of, day_number, day_of, price_columns

Floats = npt.NDArray[np.float64]
STALE_AFTER = 14  # days: an older close does not stand for a day


@dataclass(frozen=True, eq=False)
class Closes:
    """Of one instrument: day numbers, ascending, and what one unit of today was worth."""

    days: npt.NDArray[np.int64]
    values: Floats
    symbol: str
    is_coin: bool

    def upto(self, day: date) -> Closes:
        end = int(np.searchsorted(self.days, day_number(day), side="right"))
        return Closes(self.days[:end], self.values[:end], self.symbol, self.is_coin)

    def window(self, today: date, days: int) -> Closes:
        """From so many days before `today` to it."""
        begin = int(np.searchsorted(self.days, day_number(today) - days))
        found = self.upto(today)
        return Closes(found.days[begin:], found.values[begin:], self.symbol, self.is_coin)

    def moved(self, today: date, days: int, now: float) -> Level:
        """`now` against the close of so many days ago."""
        then = day_number(today) - days
        place = int(np.searchsorted(self.days, then, side="right")) - 1
        if place < 0 or then - int(self.days[place]) > STALE_AFTER:
            return Level(None, f"No price of {self.symbol} is known for {day_of(then):%d %b %Y} or the {STALE_AFTER} days before.")
        return Level(now / float(self.values[place]) - 1.0)

    def fallen(self, today: date, days: int, now: float) -> Level:
        """How far `now` is below the highest close of the window."""
        inside = self.window(today, days)
        if not len(inside.values):
            return Level(None, f"No price of {self.symbol} is known for the past {days} days.")
        peak = max(float(inside.values.max()), now)
        return Level(1.0 - now / peak)

    def swings(self, today: date, days: int) -> Level:
        """Annual volatility of the returns from close to close."""
        inside = self.window(today, days).values
        returns = inside[1:] / inside[:-1] - 1.0
        try:
            return Level(annual_volatility(enough(returns), periods_per_year=365 if self.is_coin else 252))
        except Undefined as problem:
            return Level(None, f"Volatility of {self.symbol}: {problem.reason}.")


def closes_of(quotes: Iterable[QuoteView], coins: frozenset[int] = frozenset()) -> dict[int, Closes]:
    """Of these instruments, as far as they have closes.  Two queries, none for no instruments."""
    wanted = {quote.instrument_id: quote for quote in quotes}
    if not wanted:
        return {}
    splits = defaultdict(list)
    for action in actions_of(wanted):
        if action.kind == ActionKind.SPLIT and action.ratio_new and action.ratio_old:
            splits[action.instrument_id].append((day_number(action.ex_day), float(action.ratio_new / action.ratio_old)))
    found = {}
    for pk, column in price_columns(wanted).items():
        days, values = column.days.astype(np.int64), np.array(column.closes, dtype=np.float64)
        for ex_day, ratio in splits[pk]:
            if ex_day <= int(days[-1]):
                values[: int(np.searchsorted(days, ex_day))] /= ratio
        found[pk] = Closes(days, values, wanted[pk].symbol, pk in coins)
    return found


def coins_among(classes: dict[int, str]) -> frozenset[int]:
    """What trades every day."""
    return frozenset(pk for pk, asset_class in classes.items() if asset_class == AssetClass.CRYPTO)
