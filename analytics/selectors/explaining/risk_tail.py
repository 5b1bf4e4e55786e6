"""Why value at risk, expected shortfall and their back-tests are what they are; see `explaining.risk`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import sqrt

from analytics.engine import tail
from analytics.selectors.explaining.risk_common import Numbers, day_lines, explained
from analytics.selectors.explanations import Explanation, Line
from analytics.selectors.risk.report import HORIZONS, LEVELS, METHODS, RiskWindow
from portfolio_site.kernel.figures import Figure, Unit

WAYS = {"historical": "as in the past", "normal": "by the normal distribution", "cornish_fisher": "by Cornish and Fisher"}


def tail_name(what: str, method: str, level: float, horizon: int) -> str:
    """What one way of value at risk or shortfall is called; the plain one, as in the past, 95 % over one day, by its bare name."""
    if (method, level, horizon) == ("historical", 0.95, 1):
        return what
    return f"{what}_{method}_{round(level * 100)}_{horizon}"


def back_test_name(method: str, level: float) -> str:
    return f"back_test_{method}_{round(level * 100)}"


def tail_makers(window: RiskWindow) -> dict[str, Callable[[], Explanation]]:
    """By name, for each way, level and horizon."""
    makers: dict[str, Callable[[], Explanation]] = {}
    for method in METHODS:
        for level in LEVELS:
            for horizon in HORIZONS:
                for what in ("value_at_risk", "expected_shortfall"):
                    makers[tail_name(what, method, level, horizon)] = partial(_tail, window, what, method, level, horizon)
            makers[back_test_name(method, level)] = partial(_test, window, method, level)
    return makers


def _tail(window: RiskWindow, what: str, method: tail.Method, level: float, horizon: int) -> Explanation:
    row = window.tail_row(method, level, horizon)
    is_var = what == "value_at_risk"
    figure = row.value_at_risk if is_var else row.expected_shortfall
    time = "one day" if horizon == 1 else f"{horizon} days"
    title = f"{'Value at risk' if is_var else 'Expected shortfall'}, {level:.0%}, {time}, {WAYS[method]}".replace("%", " %")
    loss = f"The loss that is not exceeded in {round(level * 100)} of 100 runs of {time}"
    words = loss + "." if is_var else f"The mean loss of the worst {round((1 - level) * 100)} of 100 runs of {time}."

    def numbers() -> Numbers:
        if method == "historical":
            return _from_history(window, float(row.value_at_risk.value or 0), horizon, is_var)
        r = window.returns.values
        spread, centre = float(r.std(ddof=1)) * sqrt(horizon), float(r.mean()) * horizon
        return (
            ("", f"standard deviation over {time}", spread, Unit.FRACTION),
            ("×", "how many of them the loss lies below the mean", (float(figure.value or 0) + centre) / spread if spread else 0.0, Unit.NUMBER),
            ("−", f"mean return over {time}", centre, Unit.FRACTION),
        )

    def rows() -> tuple[tuple[Line, ...], int]:
        r = window.returns.values
        return day_lines(window, (r, Unit.FRACTION), only=r <= -float(row.value_at_risk.value or 0))

    listed = ("Days at or beyond it", ("Return",), rows) if method == "historical" and horizon == 1 else None
    return explained(window, tail_name(what, method, level, horizon), title, figure, words, numbers, rows=listed)


def _from_history(window: RiskWindow, loss: float, horizon: int, is_var: bool) -> Numbers:
    if is_var:
        return (("", "the return at that place among all", -loss, Unit.FRACTION), ("×", "a loss counts upward", -1.0, Unit.NUMBER))
    runs = tail.runs(window.returns.values, horizon)
    worst = runs[runs <= -loss]
    return (
        ("", "returns at or below the value at risk, added up", float(worst.sum()), Unit.FRACTION),
        ("÷", "how many", float(len(worst)), Unit.NUMBER),
        ("×", "a loss counts upward", -1.0, Unit.NUMBER),
    )


def _test(window: RiskWindow, method: tail.Method, level: float) -> Explanation:
    row = window.test_row(method, level)
    title = f"Back-test of the value at risk, {level:.0%}, {WAYS[method]}".replace("%", " %")
    words = (
        f"Each evening the value at risk of the next day is made from the {row.estimated_on} trading days before. So many days lost more; luck "
        "alone strays that far from what the level allows in the share of cases that the test of Kupiec tells."
    )
    share = Figure.undefined("failed", Unit.FRACTION, row.failures.why_not) if row.failures.value is None or not row.days.value else None
    share = share or Figure("failed", Unit.FRACTION, float(row.failures.value or 0) / float(row.days.value or 1))

    def numbers() -> Numbers:
        return (
            ("", "days that lost more", float(row.failures.value or 0), Unit.NUMBER),
            ("÷", "days tested", float(row.days.value or 1), Unit.NUMBER),
        )

    found = explained(window, back_test_name(method, level), title, share, words, numbers)
    if row.p_value.value is None or row.expected.value is None:
        return found
    told = (Line("Failures that the level allows", (row.expected,)), Line("Chance that luck strays so far", (row.p_value,)))
    return Explanation(
        found.name, found.title, found.figure, found.as_of, found.words, found.terms, "What the test says", ("",), told, 0, found.inputs,
        left_out=found.left_out,
    )  # fmt: skip
