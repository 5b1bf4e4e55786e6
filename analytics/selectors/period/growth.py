"""How the value grew: its trend, its months, and what changed it today and this month.  docs/numbers.md: "Growth"."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np

from analytics.engine.errors import Undefined
from analytics.engine.trend import Trend, growth_trend
from analytics.selectors.parts import Bridge, Parts
from analytics.selectors.performance import Stretch
from analytics.selectors.scope import Scope, figure
from portfolio_site.kernel.figures import Figure, Unit


@dataclass(frozen=True, slots=True)
class MonthRow:
    """A month of the period: what there was at its last close, what was paid in, and what the rest of the change is.  value − before = flows + gain."""

    month: date  # its first day
    value: Figure
    flows: Figure
    change: Figure
    gain: Figure


@dataclass(frozen=True, slots=True)
class Growth:
    """rate      a year, of the line through the logarithms of the value; `fit`: how well it fits, 0 to 1
    months    latest first
    today     what changed the value today, and `month` this month
    """

    rate: Figure
    fit: Figure
    months: tuple[MonthRow, ...]
    today: Bridge
    month: Bridge


@dataclass(eq=False)
class GrowthReport:
    """Of a scope and a period; today and this month are those of now, whatever the period."""

    scope: Scope
    stretch: Stretch

    @cached_property
    def trend(self) -> Trend:
        """From the first close with money on.  Raises Undefined."""
        self.stretch.growth  # noqa: B018  (its own reason comes first)
        return growth_trend(self.stretch.daily.value[self.stretch.opening :])

    @cached_property
    def rate(self) -> Figure:
        return figure("growth_rate", Unit.FRACTION, lambda: self.trend.rate)

    @cached_property
    def fit(self) -> Figure:
        return figure("trend_fit", Unit.NUMBER, self._fit)

    def _fit(self) -> float:
        if self.trend.r_squared is None:
            raise Undefined("the value does not vary")
        return self.trend.r_squared

    def months(self) -> tuple[MonthRow, ...]:
        """Of the period, also months that it only touches; empty where the value of a day is not known."""
        if self.stretch.is_empty or not self.stretch.daily.known.all():
            return ()
        series, code = self.stretch.daily, self.scope.currency
        months = (np.datetime64(series.first, "D") + np.arange(len(series.value))).astype("datetime64[M]").astype(np.int64)
        ends = np.append(np.flatnonzero(months[2:] != months[1:-1]) + 1, len(series.value) - 1)
        flows = np.concatenate(([0.0], np.cumsum(series.inflow - series.outflow)))
        rows = []
        for begin, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
            first = (series.first + timedelta(days=int(end))).replace(day=1)
            paid, change = float(flows[end] - flows[begin]), float(series.value[end] - series.value[begin])
            amounts = {"value": float(series.value[end]), "net_flows": paid, "change": change, "gain": change - paid}
            rows.append(MonthRow(first, *(Figure(name, Unit.MONEY, amount, currency=code) for name, amount in amounts.items())))
        return tuple(reversed(rows))

    @cached_property
    def today(self) -> Parts:
        return Parts(Stretch(self.scope, self.scope.today, is_exact=False))

    @cached_property
    def month(self) -> Parts:
        return Parts(Stretch(self.scope, self.scope.today.replace(day=1), is_exact=False))

    def result(self) -> Growth:
        return Growth(self.rate, self.fit, self.months(), self.today.bridge(), self.month.bridge())
