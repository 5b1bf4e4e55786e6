"""A portfolio beside up to four others.  docs/numbers.md: "Against a benchmark", "Comparing".

Nothing is computed here that the reports of returns and of risk do not compute: each line is the same period and the same window beside another
benchmark.  What does not depend on the benchmark is read and computed once; the levels of all lines are read together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from analytics import memory
from analytics.border import FloatArray
from analytics.engine import drawdown, risk
from analytics.engine.errors import Undefined
from analytics.levels import Level, level_of, quoted_in
from analytics.selectors.comparing.alone import alone_of, nothing, window_of
from analytics.selectors.comparing.shapes import Alone, Comparison, LineBeside, Other, Path
from analytics.selectors.comparing.untraded import WithoutTrades
from analytics.selectors.performance import Stretch
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.scope import Scope, figure
from market.selectors import actions_of, price_columns, prices_version
from portfolio_site.kernel.figures import Figure, Unit


@dataclass(eq=False)
class Beside:
    """One line: the window of the portfolio beside it."""

    other: Other
    window: RiskWindow

    @property
    def stretch(self) -> Stretch:
        return self.window.stretch

    @cached_property
    def level(self) -> FloatArray:
        """Its level from the opening on.  Raises Undefined."""
        return self.stretch.benchmark_index[self.stretch.opening :]

    @cached_property
    def volatility(self) -> Figure:
        """Of its returns on the trading days of the portfolio."""
        return figure("volatility", Unit.FRACTION, lambda: risk.annual_volatility(self.window.pair[1], periods_per_year=self.window.periods))

    @cached_property
    def worst(self) -> Figure:
        return figure("maximum_drawdown", Unit.FRACTION, lambda: drawdown.maximum_drawdown(self.level))

    @cached_property
    def line(self) -> LineBeside:
        result = self.stretch.benchmark()
        assert result is not None  # it has a benchmark: that is what it is
        try:
            path = Path(self.stretch.daily.days[self.stretch.opening :], self.level / self.level[0] - 1.0)
        except Undefined as problem:
            path = nothing(problem)
        return LineBeside(self.other, Alone(result.twr, result.twr_annualised, self.volatility, self.worst, path), result, self.window.against)


class CompareReport:
    """The parts of the report, each computed when it is asked for."""

    def __init__(self, scope: Scope, others: Sequence[Other] = (), start: date | None = None, end: date | None = None) -> None:
        self.scope, self.others = scope, tuple(others)
        self.window = window_of(scope, start, end)
        self.stretch = self.window.stretch

    @cached_property
    def besides(self) -> tuple[Beside, ...]:
        scopes = [self.scope.beside(other.view, level) for other, level in zip(self.others, self._levels, strict=True)]
        return tuple(Beside(other, self.window.beside(scope)) for other, scope in zip(self.others, scopes, strict=True))

    @cached_property
    def _levels(self) -> tuple[Level, ...]:
        """Of all lines, at each entry of the series.  Six queries at most, two where they are known."""
        if not self.others:
            return ()
        wanted = {pk for other in self.others for pk in other.view.instruments}
        owner = self.scope.portfolios[0].owner if self.scope.portfolios else None
        versions = prices_version(wanted, user=owner)
        key = ("levels", self.scope.key, tuple(other.view for other in self.others), versions)
        return memory.series.of(key, lambda: self._computed(wanted))

    def _computed(self, wanted: set[int]) -> tuple[Level, ...]:
        series = self.scope.computed.daily
        quoted = {pk: code for other in self.others for pk, code in quoted_in(other.view).items()}
        market, reported = self.scope.market(price_columns(wanted), quoted, ()), actions_of(wanted, start=series.first)

        def level(other: Other) -> Level:
            own = [action for action in reported if action.instrument_id in other.view.instruments]
            return level_of(other.view, market, own, currency=self.scope.currency, first=series.first, length=len(series.value))

        return tuple(level(other) for other in self.others)

    @cached_property
    def untraded(self) -> WithoutTrades:
        return WithoutTrades(self.window)

    def result(self) -> Comparison:
        stretch = self.stretch
        return Comparison(
            start=stretch.first if not stretch.is_empty else (stretch.start or stretch.last),
            end=stretch.last,
            currency=self.scope.currency,
            days=len(self.window.dated_returns.values),
            start_value=stretch.start_value,
            end_value=stretch.end_value,
            net_flows=stretch.net_flows,
            gain=stretch.gain,
            alone=alone_of(self.window),
            lines=tuple(one.line for one in self.besides),
            untraded=self.untraded.result,
            warnings=self.scope.warnings,
        )
