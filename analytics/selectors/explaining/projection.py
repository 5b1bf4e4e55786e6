"""Why the figures of a projection are what they are; see `explaining.answers`."""

from __future__ import annotations

from functools import partial

from analytics.engine.errors import Undefined
from analytics.selectors.explaining.risk_common import Numbers, calculation
from analytics.selectors.explanations import Explanation, Explanations, Line, Source
from analytics.selectors.projection import MONTHS, Projection, ProjectionReport
from analytics.selectors.scope import in_words
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted


def projection_explanations(report: ProjectionReport, found: Projection) -> Explanations:
    """By name: what is paid in, the ends of the fan, the share that reaches the goal, and what the goal needs."""
    ends = (
        ("projection", "Half of the futures", found.middle, "Half of the futures end at this or below it."),
        ("projection_low", "The lowest twentieth", found.low, "A twentieth of the futures end at this or below it."),
        ("projection_high", "The highest twentieth", found.high, "A twentieth of the futures end above this."),
    )
    makers = {name: partial(_end, report, found, name, title, one, words) for name, title, one, words in ends}
    return Explanations(
        {
            **makers,
            "paid": partial(_paid, report, found),
            "reached": partial(_reached, report, found),
            "needed_contribution": partial(_needed, report, found),
        }
    )


def _explained(
    report: ProjectionReport, found: Projection, name: str, title: str, figure: Figure, words: str, numbers: Numbers, **more: object
) -> Explanation:
    inputs = [Source("value now, where every future starts", found.value, "quotes and closes", found.as_of)]
    if found.past_first is not None and found.past_last is not None:
        said = counted(found.past_days, "return of a trading day", "returns of trading days")
        inputs.append(Source(f"{said} up to {in_words(found.past_last)}", None, "computed from closes and entries", found.past_first, kind="series"))
    return Explanation(
        name=name,
        title=title,
        figure=figure,
        as_of=found.as_of,
        words=" ".join((words, *found.assumptions)),
        terms=calculation(lambda: numbers, title[:1].lower() + title[1:], figure),
        inputs=tuple(inputs),
        left_out=found.warnings,
        **more,  # type: ignore[arg-type]
    )


def _end(report: ProjectionReport, found: Projection, name: str, title: str, figure: Figure, words: str) -> Explanation:
    lines: list[Line] = []
    if found.fan is not None:
        for at in range(0, len(found.days), MONTHS):
            cells = tuple(Figure("projection", Unit.MONEY, float(found.fan.worth[level][at]), currency=found.currency) for level in (0, 2, 4))
            lines.append(Line(in_words(found.days[at]), cells))
    return _explained(
        report, found, name, title, figure, words, (), rows_title="The fan, year by year", columns=("5 %", "50 %", "95 %"), lines=tuple(lines)
    )


def _paid(report: ProjectionReport, found: Projection) -> Explanation:
    months, each = found.asked.years * MONTHS, found.asked.contribution
    value = float(found.value.value or 0)
    numbers: Numbers = (("", "value now", value, Unit.NUMBER), ("+", f"{months} months at {each:g} each", months * each, Unit.NUMBER))
    return _explained(report, found, "paid", "Paid in", found.paid, "The value now and all that is paid in or taken out.", numbers)


def _reached(report: ProjectionReport, found: Projection) -> Explanation:
    many = found.asked.futures
    share = float(found.reached.value or 0)
    numbers: Numbers = (("", "futures that end at the goal or above it", round(share * many), Unit.NUMBER), ("÷", "futures", many, Unit.NUMBER))
    return _explained(
        report, found, "reached", "Chance of the goal", found.reached, "The share of the futures that end at the goal or above it.", numbers
    )


def _needed(report: ProjectionReport, found: Projection) -> Explanation:
    words = f"The least amount a month with which {found.asked.chance:.0%} of the futures, or more, end at the goal or above it."
    numbers: Numbers = ()
    try:
        deciding = report.needed
    except Undefined:
        deciding = None
    if deciding is not None and deciding.amount > 0:
        numbers = (
            ("", "what the goal is short of in the future that decides", deciding.short, Unit.NUMBER),
            ("÷", "what one unit a month comes to in it", deciding.unit, Unit.NUMBER),
        )
    elif deciding is not None:
        words += " None is needed: so many of them reach it by themselves."
    return _explained(report, found, "needed_contribution", "Contribution a month that the goal needs", found.needed, words, numbers)
