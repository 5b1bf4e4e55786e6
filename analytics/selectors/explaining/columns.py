"""Why the columns of the page of holdings that have no total of their own are what they are, holding by holding; see `explain`."""

from __future__ import annotations

from decimal import Decimal

from analytics.selectors.explaining.common import MOST_LINES, moment_of, money, prices_behind, rates_behind
from analytics.selectors.explanations import Explanation, Line, Term
from analytics.selectors.scope import Scope
from portfolio_site.kernel.figures import Figure, Unit

ZERO = Decimal(0)
NO_TOTAL = "A cost of one unit is told for each holding: units of different ones do not add up."


def weights(scope: Scope) -> Explanation:
    """Each value over the value of everything; together they are the whole."""
    table = scope.table
    parts: list[tuple[str, Figure, Figure, int | None]] = [(row.instrument.name, row.value, row.weight, row.instrument.id) for row in table.rows]
    parts += [(f"Cash, {cash.currency}", cash.value, cash.weight, None) for cash in table.cash]
    lines = []
    for name, value, weight, pk in parts:
        if weight.known:
            terms = (Term("", "value", value), Term("÷", "value of everything", table.value), Term("=", "weight", weight))
            lines.append(Line(name, (value, weight), pk, terms=terms))
    rest = lines[MOST_LINES - 1 :] if len(lines) > MOST_LINES else []
    shown = [*lines[: MOST_LINES - 1], Line(f"{len(rest)} more", ("", _sum(rest)))] if rest else lines
    whole = _sum(lines) if lines else Figure.undefined("weight", Unit.FRACTION, table.value.why_not or "Nothing is held.")
    return Explanation(
        name="weight",
        title="Weights",
        figure=whole,
        as_of=moment_of(table),
        words="The value of each holding and balance as a part of everything, cash included.",
        terms=(Term("", "weights, added up", whole), Term("=", "all weights", whole)) if whole.known else (),
        rows_title="Holdings and cash",
        columns=("Value", "Weight"),
        lines=tuple(shown),
        more_lines=len(rest),
        inputs=(*prices_behind(table.rows), *rates_behind(table)),
        left_out=table.value.warnings,
    )


def _sum(lines: list[Line]) -> Figure:
    cells = (line.cells[-1] for line in lines)
    return Figure("weight", Unit.FRACTION, sum((cell.value for cell in cells if isinstance(cell, Figure) and isinstance(cell.value, Decimal)), ZERO))


def average_costs(scope: Scope) -> Explanation:
    """Cost over units of each holding."""
    table, code = scope.table, scope.currency
    lines = []
    for row in table.rows:
        if row.average_cost.known:
            cost, units = money(row.cost, code), Figure("quantity", Unit.UNITS, row.quantity)
            terms = (Term("", "cost of what is held", cost), Term("÷", "units", units), Term("=", "average cost", row.average_cost))
            lines.append(Line(row.instrument.name, (cost, units, row.average_cost), row.instrument.id, terms=terms))
    return Explanation(
        name="average_cost",
        title="Average cost",
        figure=Figure.undefined("average_cost", Unit.MONEY, NO_TOTAL, code),
        as_of=scope.today,
        words="What one unit held has cost on average: the cost of what is held, divided by the units.",
        terms=(),
        rows_title="By holding",
        columns=("Cost", "Units", "Of one"),
        lines=tuple(lines[:MOST_LINES]),
        more_lines=0,
        left_out=(f"The {len(lines) - MOST_LINES} smallest holdings are not listed; the page of each explains its own.",)
        if len(lines) > MOST_LINES
        else (),
    )
