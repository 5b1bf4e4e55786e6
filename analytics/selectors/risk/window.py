"""A window that risk is looked at over: its returns, and the rates that they are measured against."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Self

import numpy as np

from analytics.border import FloatArray
from analytics.engine import risk
from analytics.engine.errors import Undefined
from analytics.selectors.performance import ONE_DAY, Stretch
from analytics.selectors.risk.shapes import RiskAsked, Riskless
from analytics.selectors.scope import Scope, figure
from analytics.trading import TradingReturns
from market.errors import NoRisklessRate
from market.selectors import risk_free
from portfolio_site.kernel.dates import DAYS_A_YEAR, years_before
from portfolio_site.kernel.figures import Unit

HOW_TO_SET = "You can set one for this report (rf, in percent a year)."


@dataclass(eq=False)
class Window:
    """One window of a scope.  What it rests on is read once."""

    scope: Scope
    asked: RiskAsked = field(default_factory=RiskAsked)
    _published: tuple[tuple[str, ...], date | None] = field(default=((), None), init=False)  # who told the rate without risk, and its newest day

    @cached_property
    def last(self) -> date:
        return min(self.asked.end or self.scope.today, self.scope.today)

    @cached_property
    def start(self) -> date | None:
        """The first day that is asked for; None: from the first entry on."""
        if self.asked.whole:
            return None
        return self.asked.start or years_before(self.last, 1) + ONE_DAY

    @cached_property
    def stretch(self) -> Stretch:
        return Stretch(self.scope, self.start, self.last)

    def beside(self, scope: Scope) -> Self:
        """The same window of the same portfolios beside another benchmark; the rate without risk is asked for once."""
        other = type(self)(scope, self.asked)
        other.stretch, other._riskless = self.stretch.beside(scope), self._riskless
        other._published = self._published
        return other

    @property
    def periods(self) -> int:
        return self.stretch.daily.periods

    @property
    def rolling_days(self) -> int:
        """A quarter of a year of trading days."""
        return self.periods // 4

    @cached_property
    def returns(self) -> TradingReturns:
        """Of the window.  Raises Undefined, also for fewer than 20, and where nothing was ever held that could vary for want of prices."""
        found = self.stretch.returns()
        table = self.scope.table
        if table.rows and not table.closed and all(row.at_cost for row in table.rows):
            raise Undefined("nothing that was ever held has a price, and what stands at its cost does not vary")
        risk.enough(found.values)
        return found

    @cached_property
    def past(self) -> tuple[FloatArray, int]:
        """Returns up to the end of the window with those of the year before it, as far as there are some; and how many lie in the window."""
        inside = self.returns
        if self.start is None:
            return inside.values, len(inside.values)
        try:
            longer = Stretch(self.scope, years_before(self.start, 1), self.last).returns().values
        except Undefined:
            longer = inside.values
        wanted = len(inside.values) + self.periods
        return longer[-wanted:], len(inside.values)

    def _day(self, entry: int) -> date:
        return self.stretch.daily.first + timedelta(days=entry)

    # ── rates to measure against ────────────────────────────────────────────

    def _earned(self, rate: float) -> FloatArray:
        """What a rate a year earned over each return."""
        returns = self.returns
        return np.asarray((1.0 + rate) ** ((returns.closes - returns.opens) / DAYS_A_YEAR) - 1.0)

    @cached_property
    def least(self) -> FloatArray | float:
        """The least acceptable return over each return."""
        return self._earned(self.asked.least) if self.asked.least else 0.0

    @property
    def riskless(self) -> FloatArray:
        """What was earned without risk over each return.  Raises Undefined with how to set a rate where none is known."""
        if isinstance(self._riskless, Undefined):
            raise self._riskless
        return self._riskless

    @cached_property
    def _riskless(self) -> FloatArray | Undefined:
        """The same, or why there is none: asked for once.  One query, none where the person set a rate."""
        try:
            returns = self.returns
        except Undefined as problem:
            return problem
        if self.asked.rate is not None:
            return self._earned(self.asked.rate)
        begin = int(returns.opens[0])
        try:
            found = risk_free(self.scope.currency, self._day(begin), self._day(int(returns.closes[-1])))
        except NoRisklessRate as problem:
            return Undefined(f"{problem} {HOW_TO_SET}")
        self._published = found.sources, found.newest
        grown = np.concatenate(([1.0], np.cumprod(1.0 + found.rates)))
        return np.asarray(grown[returns.closes - begin] / grown[returns.opens - begin] - 1.0)

    @cached_property
    def riskless_told(self) -> Riskless:
        """The rate that counts, a year."""
        own = self.asked.rate is not None
        rate = figure("risk_free", Unit.FRACTION, self._riskless_a_year)
        sources, newest = ((), None) if own or not rate.known else self._published
        return Riskless(rate, "set for this report" if own else ", ".join(sources), newest, own)

    def _riskless_a_year(self) -> float:
        if self.asked.rate is not None:
            return self.asked.rate
        earned, returns = self.riskless, self.returns
        days = int((returns.closes - returns.opens).sum())
        return float(np.exp(np.log1p(earned).sum() * DAYS_A_YEAR / days) - 1.0)

    @cached_property
    def riskless_or_same(self) -> FloatArray | float:
        """The rate without risk; one and the same over each trading day, which beta and R² do not see, where none is known."""
        return 0.0 if isinstance(self._riskless, Undefined) else self._riskless
