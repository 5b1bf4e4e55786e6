"""Why the excess over the benchmark is what it is: what was held more of, and what was better within it; see `explain`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from analytics.choices import By
from analytics.selectors.explanations import Explanation, Line, Source, Term
from analytics.selectors.performance import Stretch
from analytics.selectors.period.attribution import Attribution, AttributionReport, Row
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.words import counted

WORDS = {
    "allocation": "More or less was held of it than in the benchmark: the difference of the weights, times how much better it did there than the whole.",
    "selection": "What was held of it did better or worse than the benchmark’s: the difference of the returns, at the benchmark’s weight.",
    "interaction": "Both at once: the difference of the weights times the difference of the returns, and what was earned while none of it was held.",
}
TITLES = {"allocation": "Allocation", "selection": "Selection", "interaction": "Interaction"}
CELLS: dict[str, tuple[tuple[str, str], ...]] = {
    "allocation": (("weight", "Weight"), ("benchmark_weight", "In the benchmark"), ("benchmark_twr", "Return there"), ("allocation", "Allocation")),
    "selection": (("benchmark_weight", "In the benchmark"), ("twr", "Return"), ("benchmark_twr", "Return there"), ("selection", "Selection")),
    "interaction": (("weight", "Weight"), ("benchmark_weight", "In the benchmark"), ("interaction", "Interaction")),
    "attribution": (("allocation", "Allocation"), ("selection", "Selection"), ("interaction", "Interaction"), ("effect", "Together")),
}


def attribution_makers(report: AttributionReport, by: By) -> dict[str, Callable[[], Explanation]]:
    """By name, for the columns of the table and for the whole."""
    return {"attribution": partial(_whole, report, by), **{name: partial(_effect, report, by, name) for name in TITLES}}


def _lines(found: Attribution, name: str) -> tuple[Line, ...]:
    return tuple(Line(row.name, tuple(_cell(row, field) for field, _ in CELLS[name])) for row in found.rows)


def _cell(row: Row, field: str) -> Figure:
    cell: Figure = getattr(row, field)
    return cell


def _behind(found: Attribution, stretch: Stretch) -> tuple[Source, ...]:
    if found.why_not:
        return ()
    said = f"{counted(found.periods, 'period')} of a month at most, cut where money moved"
    return (Source(said, None, "computed from closes and entries", stretch.daily.first, kind="series"),)


def _whole(report: AttributionReport, by: By) -> Explanation:
    found, stretch = report.by(by), report.stretch
    effects = (Term("", "allocation", found.allocation), Term("+", "selection", found.selection), Term("+", "interaction", found.interaction))
    returns = (Term("", "portfolio", stretch.twr), Term("−", "benchmark", stretch.benchmark_twr), Term("=", "difference", found.excess))
    return Explanation(
        name="attribution",
        title=f"Where the difference came from, by {by.label.lower()}",
        figure=found.excess,
        as_of=stretch.last,
        words=(
            "Of each period in which the mix was only held, what each part of it did against the benchmark (Brinson and Fachler), linked over the "
            f"periods as Cariño does, so that all effects add up to the difference of the returns. {stretch.scope.told_of_costs}"
        ),
        terms=() if found.why_not else (*effects, Term("=", "difference of the returns", found.excess)),
        rows_title=f"By {by.label.lower()}; each row adds up",
        columns=tuple(head for _, head in CELLS["attribution"]),
        lines=_lines(found, "attribution"),
        inputs=_behind(found, stretch),
        checks=() if found.why_not else (returns,),
        left_out=_left_out(found, stretch),
    )


def _effect(report: AttributionReport, by: By, name: str) -> Explanation:
    found, stretch = report.by(by), report.stretch
    figure: Figure = getattr(found, name)
    return Explanation(
        name=name,
        title=TITLES[name],
        figure=figure,
        as_of=stretch.last,
        words=f"{WORDS[name]} Period by period, and linked: weights and returns below are those of the whole time.",
        terms=()
        if found.why_not
        else (Term("", f"{counted(len(found.rows), 'row')}, added up", figure), Term("=", f"{TITLES[name].lower()} in points", figure)),
        rows_title=f"By {by.label.lower()}",
        columns=tuple(head for _, head in CELLS[name]),
        lines=_lines(found, name),
        inputs=_behind(found, stretch),
        left_out=_left_out(found, stretch),
    )


def _left_out(found: Attribution, stretch: Stretch) -> tuple[str, ...]:
    return (*((found.why_not,) if found.why_not else ()), *found.notes, *stretch.scope.warnings)
