"""What explanations of risk share: terms that come to the figure from left to right, and a line for each trading day."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from math import sqrt

import numpy as np

from analytics.border import BoolArray, FloatArray
from analytics.engine.errors import Undefined
from analytics.selectors.explaining.common import MOST_LINES
from analytics.selectors.explanations import Explanation, Line, Source, Term
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.scope import in_words
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted

Terms = tuple[Term, ...]
Numbers = Sequence[tuple[str, str, float, Unit]]  # operator, label, number, unit
Rows = tuple[str, tuple[str, ...], Callable[[], tuple[tuple[Line, ...], int]]]  # title, heads of columns, lines and how many more


def number(label: str, value: float, unit: Unit = Unit.NUMBER) -> Figure:
    return Figure(label, unit, float(value))


def calculation(numbers: Callable[[], Numbers], label: str, figure: Figure) -> Terms:
    """The calculation, and the figure; that alone where there is no calculation."""
    last = Term("=", label, figure)
    if figure.value is None:
        return (last,)
    try:
        return (*(Term(operator, said, number("term", value, unit)) for operator, said, value, unit in numbers()), last)
    except Undefined:
        return (last,)


def explained(
    window: RiskWindow,
    name: str,
    title: str,
    figure: Figure,
    words: str,
    numbers: Callable[[], Numbers],
    *,
    rows: Rows | None = None,
    riskless: bool = False,
    beside: bool = False,
) -> Explanation:
    lines, more = rows[2]() if rows is not None and figure.known else ((), 0)
    stretch = window.stretch
    inputs = [Source(counted(len(window.dated_returns.values), "return of a trading day", "returns of trading days"), None,
                     "computed from closes and entries", stretch.daily.first, kind="series")]  # fmt: skip
    if beside and window.scope.benchmark is not None:
        inputs.append(Source(window.scope.benchmark.name, None, "closes of the same days", stretch.last, kind="series"))
    if riskless and window.riskless_told.figure.known:
        told = window.riskless_told
        inputs.append(Source("Rate without risk, a year", told.figure, told.source, told.newest, kind="rate"))
    notes = window.scope.benchmark_notes if beside else ()
    return Explanation(
        name=name,
        title=title,
        figure=figure,
        as_of=window.last,
        words=words,
        terms=calculation(numbers, title[:1].lower() + title[1:], figure),
        rows_title=rows[0] if lines and rows is not None else "",
        columns=rows[1] if lines and rows is not None else (),
        lines=lines,
        more_lines=more,
        inputs=tuple(inputs),
        left_out=tuple(dict.fromkeys((*figure.warnings, *notes, *window.scope.warnings))),
    )


def day_lines(window: RiskWindow, *columns: tuple[FloatArray, Unit], only: BoolArray | None = None) -> tuple[tuple[Line, ...], int]:
    """A line for each trading day, newest first; what is not listed stands in a last one, whose last cell is its sum."""
    dated = window.dated_returns
    places = list(range(len(dated.days) - 1, -1, -1) if only is None else reversed(np.flatnonzero(only).tolist()))
    shown = places if len(places) <= MOST_LINES else places[: MOST_LINES - 1]
    lines = [Line(in_words(day_of(int(dated.days[at]))), tuple(number("part", values[at], unit) for values, unit in columns)) for at in shown]
    rest = places[len(shown) :]
    if rest:
        values, unit = columns[-1]
        filler: tuple[Figure | date | str, ...] = ("",) * (len(columns) - 1)
        lines.append(Line(f"{len(rest)} more", (*filler, number("part", float(values[rest].sum()), unit))))
    return tuple(lines), len(rest)


def a_year(window: RiskWindow) -> str:
    return f"√{window.periods}, to a year"


def spread_terms(window: RiskWindow, values: FloatArray) -> Numbers:
    """A sample standard deviation of a day, brought to a year."""
    squares = float(((values - values.mean()) ** 2).sum())
    return (
        ("", "root of the squared distances from the mean day, added up", sqrt(squares), Unit.NUMBER),
        ("÷", f"√{len(values) - 1}, the days less one", sqrt(len(values) - 1), Unit.NUMBER),
        ("×", a_year(window), sqrt(window.periods), Unit.NUMBER),
    )
