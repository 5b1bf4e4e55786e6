"""Why the figures beside the benchmark are what they are; see `explaining.risk`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np

from analytics.border import FloatArray
from analytics.selectors.explaining.risk_common import Numbers, day_lines, explained, spread_terms
from analytics.selectors.explanations import Explanation, Line
from analytics.selectors.risk.report import RiskWindow
from portfolio_site.kernel.figures import Figure, Unit


def beside_makers(window: RiskWindow) -> dict[str, Callable[[], Explanation]]:
    """By name, for each figure beside the benchmark."""
    against, name = window.against, window.scope.benchmark.name if window.scope.benchmark is not None else "the benchmark"
    told: Iterable[tuple[str, str, Figure, str, Callable[[RiskWindow], Numbers], bool]] = (
        ("beta", "Beta", against.beta, f"By how much the portfolio moves when {name} moves by one.", _beta, True),
        ("alpha", "Alpha", against.alpha, f"What was earned a year beyond what beta and {name} explain.", _alpha, True),
        ("r_squared", "R²", against.r_squared, f"The share of the movement that {name} explains.", _r_squared, True),
        ("correlation", "Correlation", against.correlation, f"How closely the portfolio follows {name}, from −1 to 1.", _correlation, False),
        ("tracking_error", "Tracking error", against.tracking_error, f"The spread of the difference from {name}, scaled to a year.", _tracking, False),
        ("information_ratio", "Information ratio", against.information_ratio, f"The lead over {name} for each unit of tracking error.", _lead, False),
        ("up_capture", "Up capture", against.up_capture, f"The part of the rises of {name} that was made.", partial(_capture, 1), False),
        ("down_capture", "Down capture", against.down_capture, f"The part of the falls of {name} that was taken.", partial(_capture, -1), False),
    )  # fmt: skip

    def rows() -> tuple[tuple[Line, ...], int]:
        ours, theirs = window.pair
        return day_lines(window, (ours, Unit.FRACTION), (theirs, Unit.FRACTION))

    def make(name: str, title: str, figure: Figure, words: str, numbers: Callable[[RiskWindow], Numbers], riskless: bool) -> Explanation:
        listed = ("Common days", ("Portfolio", "Benchmark"), rows)
        return explained(window, name, title, figure, words, lambda: numbers(window), rows=listed, riskless=riskless, beside=True)

    return {one[0]: partial(make, *one) for one in told}


def _excess(window: RiskWindow) -> tuple[FloatArray, FloatArray]:
    ours, theirs = window.pair
    return ours - window.riskless_or_same, theirs - window.riskless_or_same


def _beta(window: RiskWindow) -> Numbers:
    ours, theirs = _excess(window)
    return (
        ("", "how the two vary together", float(np.cov(ours, theirs)[0, 1]), Unit.NUMBER),
        ("÷", "how the benchmark varies", float(theirs.var(ddof=1)), Unit.NUMBER),
    )


def _alpha(window: RiskWindow) -> Numbers:
    ours, theirs = _excess(window)
    return (
        ("", "mean return over the rate without risk, a year", float(ours.mean()) * window.periods, Unit.FRACTION),
        ("−", "beta times that of the benchmark", window.line.beta * float(theirs.mean()) * window.periods, Unit.FRACTION),
    )


def _r_squared(window: RiskWindow) -> Numbers:
    close = float(np.corrcoef(*_excess(window))[0, 1])
    return (("", "correlation over the rate without risk", close, Unit.NUMBER), ("×", "itself", close, Unit.NUMBER))


def _correlation(window: RiskWindow) -> Numbers:
    ours, theirs = window.pair
    return (
        ("", "how the two vary together", float(np.cov(ours, theirs)[0, 1]), Unit.NUMBER),
        ("÷", "standard deviation of the one times that of the other", float(ours.std(ddof=1) * theirs.std(ddof=1)), Unit.NUMBER),
    )


def _tracking(window: RiskWindow) -> Numbers:
    ours, theirs = window.pair
    return spread_terms(window, ours - theirs)


def _lead(window: RiskWindow) -> Numbers:
    ours, theirs = window.pair
    return (
        ("", "mean lead, a year", float((ours - theirs).mean()) * window.periods, Unit.FRACTION),
        ("÷", "tracking error", float(window.against.tracking_error.value or 0), Unit.FRACTION),
    )


def _capture(sign: int, window: RiskWindow) -> Numbers:
    ours, theirs = window.pair
    chosen = theirs * sign > 0
    moved = "rose" if sign > 0 else "fell"
    return (
        ("", f"mean return of the days on which it {moved}", float(np.expm1(np.log1p(ours[chosen]).mean())), Unit.FRACTION),
        ("÷", "its own on these days", float(np.expm1(np.log1p(theirs[chosen]).mean())), Unit.FRACTION),
    )
