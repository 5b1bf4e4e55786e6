"""Figures of a window that moves through a period: return, volatility, beta, Sharpe.  docs/numbers.md: "rolling".

A window may begin before the period; what is shown ends inside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property

import numpy as np

from analytics.border import FloatArray, IntArray
from analytics.engine.answers import Answers
from analytics.engine.errors import Undefined
from analytics.engine.risk import LEAST_OBSERVATIONS
from analytics.engine.rolling import rolling_beta, rolling_returns, rolling_sharpe, rolling_volatility
from analytics.selectors.performance import Stretch
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.risk.shapes import RiskAsked
from analytics.selectors.scope import Scope, figure, sentence
from market.selectors import day_number
from portfolio_site.kernel.dates import DAYS_A_YEAR
from portfolio_site.kernel.figures import Figure, Unit

WINDOWS = (30, 90, 365)  # calendar days
SPARE = 15  # calendar days in which business days are made up for
RATIO = {"volatility": Unit.FRACTION, "beta": Unit.NUMBER, "sharpe": Unit.NUMBER, "rolling_return": Unit.FRACTION}


@dataclass(frozen=True, slots=True, eq=False)
class Rolled:
    """One figure through time.  A day without an answer is left off.

    name      as in numbers.md
    days      (n,)  day numbers; `values` (n,)
    mean      of the values; latest, least and most of them
    """

    name: str
    days: IntArray
    values: FloatArray
    latest: Figure
    mean: Figure
    least: Figure
    most: Figure

    @property
    def why_not(self) -> str:
        return self.mean.why_not


@dataclass(eq=False)
class RollingReport:
    """Of a scope and a period.  window: calendar days; rate: without risk, a year, where the person sets one."""

    scope: Scope
    stretch: Stretch
    window: int = 90
    rate: float | None = None

    @cached_property
    def trading(self) -> int:
        """Business days of a window."""
        return max(LEAST_OBSERVATIONS, round(self.stretch.daily.periods * self.window / DAYS_A_YEAR))

    @cached_property
    def measured(self) -> RiskWindow:
        """Returns of the period and of one window before it."""
        start = self.stretch.first - timedelta(days=self.window + SPARE + self.window // 20)
        return RiskWindow(self.scope, RiskAsked(start=start, end=self.stretch.last, rate=self.rate))

    @cached_property
    def returns(self) -> Rolled:
        return self._rolled("rolling_return", self._returns)

    @cached_property
    def volatility(self) -> Rolled:
        return self._rolled("volatility", self._volatility)

    @cached_property
    def sharpe(self) -> Rolled:
        return self._rolled("sharpe", self._sharpe)

    @cached_property
    def beta(self) -> Rolled:
        return self._rolled("beta", self._beta)

    @property
    def figures(self) -> tuple[Rolled, ...]:
        return self.returns, self.volatility, self.beta, self.sharpe

    def _returns(self) -> tuple[IntArray, Answers]:
        whole = Stretch(self.scope, None, self.stretch.last)
        found = rolling_returns(whole.index, days=self.window)
        return whole.daily.days[self.window :], found

    def _volatility(self) -> tuple[IntArray, Answers]:
        found = rolling_volatility(self.measured.returns.values, window=self.trading, periods_per_year=self.measured.periods)
        return self._closes, Answers.of(found)

    def _sharpe(self) -> tuple[IntArray, Answers]:
        beyond = self.measured.returns.values - self.measured.riskless
        return self._closes, rolling_sharpe(beyond, window=self.trading, periods_per_year=self.measured.periods)

    def _beta(self) -> tuple[IntArray, Answers]:
        ours, theirs = (returns - self.measured.riskless_or_same for returns in self.measured.pair)
        return self._closes, rolling_beta(ours, theirs, window=self.trading)

    @property
    def _closes(self) -> IntArray:
        """The last day of each window of business days."""
        return self.measured.stretch.daily.days[self.measured.returns.closes][self.trading - 1 :]

    def _rolled(self, name: str, compute: Callable[[], tuple[IntArray, Answers]]) -> Rolled:
        unit = RATIO[name]
        try:
            self.stretch.growth  # noqa: B018  (its own reason comes first)
            days, found = compute()
            inside = found.known & (days >= day_number(self.stretch.first))
            if not inside.any():
                raise Undefined(found.why_not(len(found) - 1) or f"no window of {self.window} days ends in the period")
        except Undefined as problem:
            none = Figure.undefined(name, unit, sentence(problem.reason))
            return Rolled(name, np.zeros(0, dtype=np.int64), np.zeros(0), none, none, none, none)
        values = found.values[inside]
        picked = (float(values[-1]), float(values.mean()), float(values.min()), float(values.max()))
        return Rolled(name, days[inside], values, *(figure(name, unit, lambda value=value: value) for value in picked))  # type: ignore[misc]
