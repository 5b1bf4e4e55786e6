"""Risk of some portfolios together over a window.  docs/numbers.md: "Risk".

Everything here rests on the returns of the window's business days, from the time-weighted index.  A figure that needs the rate without risk
takes the one that the person set, else the stored one of the report currency; where there is neither, it is undefined.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cached_property
from hashlib import sha256

import numpy as np

from analytics import memory
from analytics.border import FloatArray
from analytics.engine import drawdown, relative, risk, tail
from analytics.engine.covariance import correlations
from analytics.engine.errors import Undefined
from analytics.engine.rolling import rolling_volatility
from analytics.engine.tail import Method
from analytics.selectors.risk.holdings import HeldTogether
from analytics.selectors.risk.shapes import AgainstBenchmark, Dated, Fall, Risk, TailRow, TestedRow
from analytics.selectors.risk.stress import own_stress, past_stress
from analytics.selectors.risk.window import Window
from analytics.selectors.scope import figure, sentence
from portfolio_site.kernel.figures import Figure, Unit

METHODS: tuple[Method, ...] = ("historical", "normal", "cornish_fisher")
LEVELS = (0.95, 0.99)
HORIZONS = (1, 10)
MOST_FALLS = 5
NO_BENCHMARK = "No benchmark is chosen. Choose one to compare with."
CANCELS = "No rate without risk is known: beta and R² take it as the same over each trading day, where it cancels out."


class RiskWindow(Window):
    """A window with the figures of its risk."""

    # ── ratios ──────────────────────────────────────────────────────────────

    def _of_returns(self, name: str, compute: Callable[[FloatArray], float], unit: Unit = Unit.FRACTION) -> Figure:
        return figure(name, unit, lambda: compute(self.returns.values))

    @cached_property
    def volatility(self) -> Figure:
        return self._of_returns("volatility", lambda r: risk.annual_volatility(r, periods_per_year=self.periods))

    @cached_property
    def downside(self) -> Figure:
        return self._of_returns("downside_deviation", lambda r: risk.downside_deviation(r, periods_per_year=self.periods, least=self.least))

    @cached_property
    def sharpe(self) -> Figure:
        return self._of_returns("sharpe", lambda r: risk.sharpe_ratio(r, periods_per_year=self.periods, risk_free=self.riskless), Unit.NUMBER)

    @cached_property
    def sortino(self) -> Figure:
        return self._of_returns("sortino", lambda r: risk.sortino_ratio(r, periods_per_year=self.periods, least=self.least), Unit.NUMBER)

    @cached_property
    def skewness(self) -> Figure:
        return self._of_returns("skewness", lambda r: self._moments(r)[0], Unit.NUMBER)

    @cached_property
    def kurtosis(self) -> Figure:
        return self._of_returns("excess_kurtosis", lambda r: self._moments(r)[1], Unit.NUMBER)

    @staticmethod
    def _moments(returns: FloatArray) -> tuple[float, float]:
        if risk.is_still(returns):
            raise Undefined("the returns do not vary, and have no shape")
        return tail.moments(returns)

    @cached_property
    def level(self) -> Figure:
        return figure(
            "risk_level", Unit.NUMBER, lambda: Decimal(risk.risk_level(risk.annual_volatility(self.returns.values, periods_per_year=self.periods)))
        )

    @property
    def level_reason(self) -> str:
        if self.volatility.value is None:
            return self.volatility.why_not
        return sentence(risk.risk_class(float(self.volatility.value)).reason)

    # ── falls ───────────────────────────────────────────────────────────────

    @cached_property
    def index(self) -> FloatArray:
        """The growth index from the opening on, one entry a calendar day.  Raises Undefined."""
        return self.stretch.index[self.stretch.opening :]

    def day_of_index(self, entry: int) -> date:
        """The day of an entry of `index`."""
        return self._day(self.stretch.opening + entry)

    @cached_property
    def worst(self) -> Figure:
        return figure("maximum_drawdown", Unit.FRACTION, lambda: drawdown.maximum_drawdown(self.index))

    @cached_property
    def calmar(self) -> Figure:
        return figure("calmar", Unit.NUMBER, lambda: drawdown.calmar_ratio(self.index, days=len(self.index) - 1))

    @cached_property
    def ulcer(self) -> Figure:
        return figure("ulcer", Unit.FRACTION, lambda: drawdown.ulcer_index(self.index))

    @cached_property
    def falls(self) -> tuple[Fall, ...]:
        """The deepest falls of the window."""
        if not self.worst.known:
            return ()
        day = self.day_of_index
        return tuple(
            Fall(one.depth, day(one.peak), day(one.trough), None if one.recovery is None else day(one.recovery), one.length)
            for one in drawdown.drawdowns(self.index, MOST_FALLS)
        )

    @cached_property
    def under_water(self) -> Dated:
        if not self.worst.known:
            return Dated(np.zeros(0, dtype=np.int64), np.zeros(0), self.worst.why_not)
        return Dated(self.stretch.daily.days[self.stretch.opening :], drawdown.drawdown_series(self.index))

    # ── the tail ────────────────────────────────────────────────────────────

    def tails(self) -> tuple[TailRow, ...]:
        return tuple(self.tail_row(method, level, horizon) for level in LEVELS for horizon in HORIZONS for method in METHODS)

    def tail_row(self, method: Method, level: float, horizon: int) -> TailRow:
        """One way, at one level, over one horizon."""
        try:
            found = tail.tail(self.returns.values, level=level, method=method, horizon=horizon)
        except Undefined as problem:
            why = sentence(problem.reason)
            none, nothing = Figure.undefined("value_at_risk", Unit.FRACTION, why), Figure.undefined("expected_shortfall", Unit.FRACTION, why)
            code = self.scope.currency
            money = tuple(Figure.undefined(one.name, Unit.MONEY, why, code) for one in (none, nothing))
            return TailRow(method, level, horizon, none, nothing, *money)
        loss = Figure("value_at_risk", Unit.FRACTION, found.value_at_risk)
        beyond = Figure("expected_shortfall", Unit.FRACTION, found.expected_shortfall)
        return TailRow(method, level, horizon, loss, beyond, self.in_money(loss), self.in_money(beyond))

    def in_money(self, part: Figure) -> Figure:
        """A fraction of the value at the end of the window."""
        worth = self.stretch.end_value
        if part.value is None or worth.value is None:
            return Figure.undefined(part.name, Unit.MONEY, part.why_not or worth.why_not, self.scope.currency)
        return Figure(part.name, Unit.MONEY, float(part.value) * float(worth.value), currency=self.scope.currency)

    def tests(self) -> tuple[TestedRow, ...]:
        return tuple(self.test_row(method, level) for level in LEVELS for method in METHODS)

    def test_row(self, method: Method, level: float) -> TestedRow:
        """The back-test of one way over the days of the window: each evening's value at risk is made from a year before, or from the first
        half of what there is."""
        names = (("days", Unit.NUMBER), ("failures", Unit.NUMBER), ("expected_failures", Unit.NUMBER), ("p_value", Unit.FRACTION))
        before = 0
        try:
            returns, _ = self.past
            before = min(self.periods, len(returns) // 2)
            if before < risk.LEAST_OBSERVATIONS:
                raise Undefined(f"fewer than {2 * risk.LEAST_OBSERVATIONS} trading days are known, half to estimate and half to test: {len(returns)}")
            key = ("back-test", sha256(returns.tobytes()).hexdigest(), level, method, before)
            found = memory.risks.of(key, lambda: tail.back_test(returns, level=level, method=method, window=before))
        except Undefined as problem:
            why = sentence(problem.reason)
            none = [Figure.undefined(name, unit, why) for name, unit in names]
            return TestedRow(method, level, before, none[0], none[1], none[2], none[3], None)
        days, failures = (Figure(name, Unit.NUMBER, Decimal(n)) for name, n in (("days", found.days), ("failures", found.failures)))
        expected, p_value = Figure("expected_failures", Unit.NUMBER, found.expected), Figure("p_value", Unit.FRACTION, found.p_value)
        return TestedRow(method, level, before, days, failures, expected, p_value, found.accepted)

    # ── beside the benchmark ────────────────────────────────────────────────

    @cached_property
    def pair(self) -> tuple[FloatArray, FloatArray]:
        """Our returns and the benchmark's over the same closes.  Raises Undefined."""
        if self.scope.benchmark is None:
            raise Undefined(NO_BENCHMARK)
        returns, level = self.returns, self.stretch.benchmark_index
        return returns.values, np.asarray(level[returns.closes] / level[returns.opens] - 1.0)

    @cached_property
    def line(self) -> relative.Line:
        """Raises Undefined."""
        return relative.line(*self.pair, periods_per_year=self.periods, risk_free=self.riskless_or_same)

    def _alpha(self) -> float:
        self.pair  # its own reason comes first  # noqa: B018
        self.riskless  # without a rate there is no alpha  # noqa: B018
        return self.line.alpha

    @cached_property
    def against(self) -> AgainstBenchmark:
        years = self.periods

        def of_pair(name: str, compute: Callable[[FloatArray, FloatArray], float], unit: Unit = Unit.NUMBER) -> Figure:
            return figure(name, unit, lambda: compute(*self.pair))

        beta = figure("beta", Unit.NUMBER, lambda: self.line.beta)
        if beta.known and isinstance(self.riskless_or_same, float):
            beta = Figure("beta", Unit.NUMBER, beta.value, warnings=(CANCELS,))
        return AgainstBenchmark(
            benchmark=self.scope.benchmark,
            notes=self.scope.benchmark_notes,
            beta=beta,
            alpha=figure("alpha", Unit.FRACTION, self._alpha),
            r_squared=of_pair("r_squared", lambda r, b: relative.r_squared(r, b, risk_free=self.riskless_or_same)),
            correlation=of_pair("correlation", lambda r, b: correlations(np.column_stack((r, b))).at(0, 1)),
            tracking_error=of_pair("tracking_error", lambda r, b: relative.tracking_error(r, b, periods_per_year=years), Unit.FRACTION),
            information_ratio=of_pair("information_ratio", lambda r, b: relative.information_ratio(r, b, periods_per_year=years)),
            up_capture=of_pair("up_capture", relative.up_capture, Unit.FRACTION),
            down_capture=of_pair("down_capture", relative.down_capture, Unit.FRACTION),
        )

    # ── series ──────────────────────────────────────────────────────────────

    @cached_property
    def dated_returns(self) -> Dated:
        try:
            returns = self.returns
        except Undefined as problem:
            return Dated(np.zeros(0, dtype=np.int64), np.zeros(0), sentence(problem.reason))
        return Dated(self.stretch.daily.days[returns.closes], returns.values)

    @cached_property
    def rolling(self) -> Dated:
        """Volatility of the trading days up to each day of the window, those before the window included where they are known."""
        try:
            returns, inside = self.past
            span = self.rolling_days
            found = rolling_volatility(returns[-(inside + span - 1) :], window=span, periods_per_year=self.periods)
        except Undefined as problem:
            return Dated(np.zeros(0, dtype=np.int64), np.zeros(0), sentence(problem.reason))
        return Dated(self.stretch.daily.days[self.returns.closes][-len(found) :], found)

    # ── all of it ───────────────────────────────────────────────────────────

    @cached_property
    def held(self) -> HeldTogether:
        """What is held now, over the days of the window."""
        return HeldTogether(self.scope, self.start or self.scope.daily.first, self.last)

    def result(self) -> Risk:
        least = Figure("least_acceptable", Unit.FRACTION, self.asked.least)
        return Risk(
            start=self.stretch.first if not self.stretch.is_empty else (self.start or self.last),
            end=self.last,
            currency=self.scope.currency,
            days=len(self.dated_returns.values),
            periods=self.periods,
            value=self.stretch.end_value,
            level=self.level,
            level_reason=self.level_reason,
            volatility=self.volatility,
            downside_deviation=self.downside,
            sharpe=self.sharpe,
            sortino=self.sortino,
            calmar=self.calmar,
            maximum_drawdown=self.worst,
            ulcer=self.ulcer,
            skewness=self.skewness,
            excess_kurtosis=self.kurtosis,
            riskless=self.riskless_told,
            least=least,
            tails=self.tails(),
            tests=self.tests(),
            falls=self.falls,
            drawdown=self.under_water,
            returns=self.dated_returns,
            rolling=self.rolling,
            rolling_days=self.rolling_days,
            benchmark=self.against,
            holdings=self.held.result(),
            past=past_stress(self.held),
            own=own_stress(self.held, self.asked.shocks),
            warnings=self.scope.warnings,
        )
