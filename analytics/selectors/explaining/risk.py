"""Why the figures of risk are what they are; see `explain`.  Terms are put together from left to right, and come to the figure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt

import numpy as np

from analytics.border import FloatArray
from analytics.engine import drawdown
from analytics.engine.returns import annualised
from analytics.selectors.explaining.returns import level_of_risk
from analytics.selectors.explaining.risk_beside import beside_makers
from analytics.selectors.explaining.risk_common import Numbers, a_year, day_lines, explained, spread_terms
from analytics.selectors.explaining.risk_held import held_makers
from analytics.selectors.explaining.risk_tail import tail_makers
from analytics.selectors.explanations import Explanation, Explanations, Line
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.scope import in_words
from portfolio_site.kernel.figures import Figure, Unit


def risk_explanations(window: RiskWindow) -> Explanations:
    """By name, for every figure of the report on risk of one window."""
    return Explanations({**ratio_makers(window), **tail_makers(window), **beside_makers(window), **held_makers(window.held, window.asked.shocks)})


def ratio_makers(window: RiskWindow) -> dict[str, Callable[[], Explanation]]:
    """By name, for what rests on the returns of the window alone."""
    made = (_volatility, _downside, _sharpe, _sortino, _calmar, _worst, _ulcer, _skewness, _kurtosis, _level)
    names = (
        "volatility", "downside_deviation", "sharpe", "sortino", "calmar", "maximum_drawdown", "ulcer", "skewness", "excess_kurtosis", "risk_level",
    )  # fmt: skip
    return {name: partial(make, window) for name, make in zip(names, made, strict=True)}


def _volatility(window: RiskWindow) -> Explanation:
    def rows() -> tuple[tuple[Line, ...], int]:
        r = window.returns.values
        return day_lines(window, (r, Unit.FRACTION), ((r - r.mean()) ** 2, Unit.NUMBER))

    return explained(
        window, "volatility", "Volatility", window.volatility,
        "How far the returns of trading days lie from their mean, as a standard deviation, scaled to a year.",
        lambda: spread_terms(window, window.returns.values), rows=("Trading days", ("Return", "Squared distance"), rows),
    )  # fmt: skip


def _downside(window: RiskWindow) -> Explanation:
    def short() -> FloatArray:
        return np.minimum(window.returns.values - window.least, 0.0)

    def numbers() -> Numbers:
        total, count = float((short() ** 2).sum()), len(window.returns.values)
        return (
            ("", "root of the squared shortfalls, added up", sqrt(total), Unit.NUMBER),
            ("÷", f"√{count}, all days", sqrt(count), Unit.NUMBER),
            ("×", a_year(window), sqrt(window.periods), Unit.NUMBER),
        )

    def rows() -> tuple[tuple[Line, ...], int]:
        return day_lines(window, (window.returns.values, Unit.FRACTION), (short() ** 2, Unit.NUMBER), only=short() < 0)

    return explained(
        window, "downside_deviation", "Downside deviation", window.downside,
        f"As the volatility, but only of what falls short of the least acceptable return, {100 * window.asked.least:g} % a year.",
        numbers, rows=("Days that fell short", ("Return", "Squared shortfall"), rows),
    )  # fmt: skip


def _sharpe(window: RiskWindow) -> Explanation:
    def numbers() -> Numbers:
        over = window.returns.values - window.riskless
        return (
            ("", "mean return over the rate without risk, a year", float(over.mean()) * window.periods, Unit.FRACTION),
            ("÷", "its standard deviation, a year", float(over.std(ddof=1)) * sqrt(window.periods), Unit.FRACTION),
        )

    words = "What was earned over the rate without risk, for each unit of volatility."
    return explained(window, "sharpe", "Sharpe ratio", window.sharpe, words, numbers, riskless=True)


def _sortino(window: RiskWindow) -> Explanation:
    def numbers() -> Numbers:
        over = window.returns.values - window.least
        return (
            ("", "mean return over the least acceptable one, a year", float(over.mean()) * window.periods, Unit.FRACTION),
            ("÷", "downside deviation", float(window.downside.value or 0), Unit.FRACTION),
        )

    words = f"What was earned over the least acceptable return, {100 * window.asked.least:g} % a year, for each unit of downside deviation."
    return explained(window, "sortino", "Sortino ratio", window.sortino, words, numbers)


def _calmar(window: RiskWindow) -> Explanation:
    def numbers() -> Numbers:
        index = window.index
        return (
            ("", "return a year", annualised(float(index[-1] / index[0]) - 1.0, len(index) - 1), Unit.FRACTION),
            ("÷", "worst fall, without its sign", -drawdown.maximum_drawdown(index), Unit.FRACTION),
        )

    return explained(window, "calmar", "Calmar ratio", window.calmar, "The return a year for each unit of the worst fall of the window.", numbers)


def _worst(window: RiskWindow) -> Explanation:
    def numbers() -> Numbers:
        index, deepest = window.index, drawdown.drawdowns(window.index, 1)
        peak, trough = (float(index[deepest[0].peak]), float(index[deepest[0].trough])) if deepest else (1.0, 1.0)
        return (
            ("", "index at the ground", trough, Unit.NUMBER),
            ("÷", "index at the height before it", peak, Unit.NUMBER),
            ("−", "one", 1.0, Unit.NUMBER),
        )

    def rows() -> tuple[tuple[Line, ...], int]:
        return tuple(
            Line(f"Fall {place}", (fall.peak, fall.trough, fall.recovery or "not yet", Figure("maximum_drawdown", Unit.FRACTION, fall.depth)))
            for place, fall in enumerate(window.falls, start=1)
        ), 0

    return explained(
        window, "maximum_drawdown", "Worst fall", window.worst,
        "The deepest fall of the time-weighted index from a height inside the window; what was paid in or out does not count.",
        numbers, rows=("Deepest falls", ("Height", "Ground", "Made good", "Fall"), rows),
    )  # fmt: skip


def _ulcer(window: RiskWindow) -> Explanation:
    def numbers() -> Numbers:
        depth = drawdown.drawdown_series(window.index)[1:]
        return (
            ("", "root of the squared depths of all days, added up", sqrt(float((depth**2).sum())), Unit.NUMBER),
            ("÷", f"√{len(depth)}, the days", sqrt(len(depth)), Unit.NUMBER),
        )

    return explained(
        window, "ulcer", "Ulcer index", window.ulcer, "How deep the index lay under its last height, and for how long, in one number.", numbers
    )


def _power(window: RiskWindow, power: int) -> Numbers:
    r = window.returns.values
    centred = r - r.mean()
    return (
        ("", f"mean {'third' if power == 3 else 'fourth'} power of the distances from the mean day", float((centred**power).mean()), Unit.NUMBER),
        ("÷", f"the same power of their spread, {'s³' if power == 3 else 's⁴'}", float((centred**2).mean() ** (power / 2)), Unit.NUMBER),
    )


def _skewness(window: RiskWindow) -> Explanation:
    words = "Which way the days lean: below zero, large falls are more frequent than large rises."
    return explained(window, "skewness", "Skewness", window.skewness, words, lambda: _power(window, 3))


def _kurtosis(window: RiskWindow) -> Explanation:
    words = "How much more often extreme days come than under the normal distribution, where it is zero."
    return explained(
        window, "excess_kurtosis", "Excess kurtosis", window.kurtosis, words,
        lambda: (*_power(window, 4), ("−", "that of the normal distribution", 3.0, Unit.NUMBER)),
    )  # fmt: skip


def _level(window: RiskWindow) -> Explanation:
    span = f"from {in_words(window.stretch.first)} to {in_words(window.last)}"
    return level_of_risk(window.scope, window.level, window.volatility, window.periods, span, window.last)
