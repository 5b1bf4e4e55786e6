"""What rules on portfolios see: the figures of the engine, of one portfolio or all of a person's, read once for all rules on them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

import numpy as np

from alerts.rules import Level, Number, Target, off_target
from alerts.wording import WORDS
from analytics.choices import By, Check
from analytics.engine.errors import Undefined
from analytics.engine.risk import annual_volatility, enough
from analytics.selectors import Scope, value_of
from analytics.selectors.mix.concentration import checked
from analytics.selectors.mix.exposure import Mix
from analytics.selectors.mix.shapes import Limit
from analytics.selectors.performance import Stretch
from portfolio_site.kernel.figures import Figure
from portfolios.ledger.records import REALISED
from portfolios.models import Portfolio

ZERO = Decimal(0)
_SLICES = {By.CLASS: "by_class", By.SECTOR: "by_sector", By.COUNTRY: "by_country", By.CURRENCY: "by_currency"}


def year_began(today: date, starts: str) -> date:
    """The first day of the year that runs, where years start on that day ("04-06")."""
    month, day = (int(part) for part in starts.split("-"))
    begun = date(today.year, month, day)
    return begun if begun <= today else date(today.year - 1, month, day)


class Portfolios:
    """One portfolio, or several of one person together.  Permission was asked before."""

    def __init__(self, portfolios: Sequence[Portfolio], currency: str, owner: Any) -> None:
        self.scope = Scope(portfolios, currency).owned_by(owner)
        self.owner = owner

    def level(self, kind: str, values: dict[str, Any]) -> Level:
        """The number that a rule of this kind waits for, or why there is none."""
        try:
            return _READERS[kind](self, values)
        except Undefined as problem:
            reason = problem.reason
            return Level(None, reason[:1].upper() + reason[1:] + ("" if reason.endswith(".") else "."))

    @property
    def instruments(self) -> list[int]:
        """What is held."""
        return [row.instrument.id for row in self.scope.table.rows]

    def worth(self, values: dict[str, Any]) -> Level:
        return _level(self.scope.table.value)

    def day_change_percent(self, values: dict[str, Any]) -> Level:
        return _level(self.scope.table.day_change_fraction)

    def day_change_amount(self, values: dict[str, Any]) -> Level:
        return _level(self.scope.table.day_change)

    def _stretch(self, days: int) -> Stretch:
        return Stretch(self.scope, self.scope.today - timedelta(days=days - 1), is_exact=False)

    def drawdown(self, values: dict[str, Any]) -> Level:
        stretch = self._stretch(values["days"])
        index = stretch.index
        place = int(np.argmax(index))
        peak = stretch.daily.first + timedelta(days=place)
        return Level(float(1.0 - index[-1] / index[place]), named=(WORDS.day(peak),))

    def volatility(self, values: dict[str, Any]) -> Level:
        stretch = self._stretch(values["days"])
        returns = enough(stretch.returns().values)
        return Level(annual_volatility(returns, periods_per_year=stretch.daily.periods))

    def drift(self, values: dict[str, Any]) -> Level:
        """How many bands the part that is farthest off is off its target; names those that are off by a band or more."""
        known = self.weights(By(values["by"]))
        if isinstance(known, str):
            return Level(None, known)
        return drift(values["targets"], known)

    def weights(self, by: By) -> dict[str, Decimal] | str:
        """Weights of the parts by what they may be called; or why they are not known."""
        value = self.scope.table.value
        if not isinstance(value.value, Decimal) or value.value <= 0:
            return value.why_not or "The value is not above zero; there are no parts of it."
        if by is By.HOLDING:
            named = [((row.instrument.symbol, row.instrument.name), row.weight) for row in self.scope.table.rows]
        else:
            named = [((one.key, one.name), one.weight) for one in getattr(value_of(self.scope.table), _SLICES[by])]
        if unknown := next((weight for _, weight in named if not isinstance(weight.value, Decimal)), None):
            return unknown.why_not
        return {name.casefold(): weight.value for names, weight in reversed(named) for name in names if isinstance(weight.value, Decimal)}

    def concentration(self, values: dict[str, Any]) -> Level:
        found = checked(self._mix, [Limit(Check(values["place"]), values["threshold"], True, True)])[0]
        level = _level(found.share)
        return Level(level.value, level.why_not, named=(found.name,) if found.name else ())

    @cached_property
    def _mix(self) -> Mix:
        return Mix(self.scope)

    def realised(self, values: dict[str, Any]) -> Level:
        since = year_began(self.scope.today, values["year_starts"])
        booked = (one for book in self.scope.books for one in book.postings if one.kind == REALISED and since <= one.day <= self.scope.today)
        return Level(sum((one.amount for one in booked), ZERO), named=(WORDS.day(since),))

    def oldest_price(self, values: dict[str, Any]) -> Level:
        ages = [((self.scope.today - row.priced_on).days, row.instrument.symbol) for row in self.scope.table.rows if row.priced_on is not None]
        if not ages:
            return Level(None, "Nothing that is held has a price.")
        worst = max(ages)[0]
        return Level(Decimal(max(worst, 0)), named=tuple(sorted(symbol for age, symbol in ages if age == worst))[:3])


def drift(targets: Sequence[Target], weights: Mapping[str, Decimal]) -> Level:
    """How many bands the part that is farthest off is off its target.  `weights` by what the parts may be called, in small letters."""
    worst, named = ZERO, list[str]()
    for target in targets:
        weight = weights.get(target.name.casefold(), ZERO)
        bands = abs(weight - target.weight) / target.band
        worst = max(worst, bands)
        if bands >= 1:
            named.append(_off(target, weight))
    return Level(worst, named=tuple(named))


def _level(figure: Figure) -> Level:
    return Level(figure.value, figure.why_not)


def _off(target: Target, weight: Number) -> str:
    return off_target(target.name, weight, target.weight, WORDS)


_READERS: dict[str, Callable[[Portfolios, dict[str, Any]], Level]] = {
    "value_above": Portfolios.worth,
    "value_below": Portfolios.worth,
    "day_change_percent": Portfolios.day_change_percent,
    "day_change_amount": Portfolios.day_change_amount,
    "drawdown": Portfolios.drawdown,
    "volatility": Portfolios.volatility,
    "drift": Portfolios.drift,
    "concentration": Portfolios.concentration,
    "realised_gain": Portfolios.realised,
    "stale_price": Portfolios.oldest_price,
}
