"""Why one cost method comes to what the comparison of methods says, in the currency of the portfolio; see `explain`.

The scope is of one portfolio, told under the method that is asked about (`under_method`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from analytics.selectors.explaining.common import entries_behind, listed, money, prices_behind, rates_behind
from analytics.selectors.explanations import Explanation, Explanations, Line, Term
from analytics.selectors.scope import Scope, in_words
from portfolio_site.kernel.dates import years_before
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted
from portfolios.choices import CostMethod
from portfolios.ledger.records import Match
from portfolios.selectors import POOLED, HoldingRow

ZERO = Decimal(0)
TITLES = {
    "cost": "Cost of what is held",
    "realized_gain": "Realised gain",
    "long_term_gain": "Realised gain of units held for more than a year",
    "unrealized_gain": "Unrealised gain",
}
WORDS = {
    "cost": "What the units held were bought for, with fees and taxes: the method says which units are still there.",
    "realized_gain": "What came in by selling, less what the units sold had cost under the method. Gains on cash are not in it.",
    "long_term_gain": "Of the realised gain, the part of units that had been held for more than a year when they were sold.",
    "unrealized_gain": "What selling everything at the newest prices would gain, before the costs of selling. Gains on cash are not in it.",
}


class _Method:
    """One portfolio under one method; `rows` are the holdings asked about, sold ones among them."""

    def __init__(self, scope: Scope, instrument: int | None) -> None:
        self.scope, self.currency = scope, scope.currency
        self.rows: list[HoldingRow] = [row for row in (*scope.table.rows, *scope.table.closed) if instrument in (None, row.instrument.id)]
        wanted = {row.instrument.id for row in self.rows}
        self.matches: list[Match] = [match for book in scope.books for match in book.matches if match.instrument in wanted]

    def titled(self, name: str) -> str:
        return f"{TITLES[name]}, {str(CostMethod(self.scope.portfolios[0].cost_method).label).lower()}"

    def told(self, name: str, lines: list[Line], columns: tuple[str, ...], figure: Figure, **more: object) -> Explanation:
        shown, left = listed(lines, len(columns), self.currency)
        one, several = ("sale", "sales") if name == "long_term_gain" else ("holding", "holdings")
        return Explanation(
            name=name,
            title=self.titled(name),
            figure=figure,
            as_of=self.scope.today,
            words=WORDS[name],
            terms=(Term("", f"{counted(len(lines), one, several)}, added up", figure), Term("=", TITLES[name].lower(), figure))
            if figure.known
            else (),
            rows_title="By sale" if name == "long_term_gain" else "By holding",
            columns=columns,
            lines=shown,
            more_lines=left,
            **more,  # type: ignore[arg-type]
        )

    def sum(self, name: str, lines: list[Line]) -> Figure:
        cells = (line.cells[-1] for line in lines)
        return money(sum((cell.value for cell in cells if isinstance(cell, Figure) and isinstance(cell.value, Decimal)), ZERO), self.currency, name)


def _cost(one: _Method) -> Explanation:
    lines = [
        Line(row.instrument.name, (Figure("quantity", Unit.UNITS, row.quantity), money(row.cost, one.currency)), row.instrument.id)
        for row in one.rows
        if row.quantity
    ]
    return one.told("cost", lines, ("Units", "Cost"), one.sum("cost", lines))


def _realised(one: _Method) -> Explanation:
    lines = []
    for row in one.rows:
        sales = [match for match in one.matches if match.instrument == row.instrument.id]
        proceeds, cost = sum((match.proceeds for match in sales), ZERO), sum((match.cost for match in sales), ZERO)
        if sales or row.realised:
            terms = (
                Term("", "proceeds", money(proceeds, one.currency)),
                Term("−", "cost of the units sold", money(cost, one.currency)),
                Term("=", "realised gain", money(row.realised, one.currency, "realised")),
            )
            cells = (money(proceeds, one.currency), money(cost, one.currency), money(row.realised, one.currency, "realised"))
            lines.append(Line(row.instrument.name, cells, row.instrument.id, terms=terms if proceeds - cost == row.realised else ()))
    sold = entries_behind(len({match.sale_id for match in one.matches}), "", "sale", "sales")
    return one.told("realized_gain", lines, ("Proceeds", "Cost", "Gain"), one.sum("realised", lines), inputs=(sold,))


def _long_term(one: _Method) -> Explanation:
    if any(match.buy_id is None for match in one.matches):
        return one.told("long_term_gain", [], (), Figure.undefined("realised", Unit.MONEY, POOLED, one.currency))
    names = {row.instrument.id: row.instrument.symbol for row in one.rows}
    lines = [
        Line(
            f"{names[match.instrument]}, bought {in_words(match.opened_on)}",
            (match.closed_on, money(match.proceeds, one.currency), money(match.cost, one.currency), money(match.gain, one.currency, "realised")),
            entry_id=match.sale_id,
        )
        for match in one.matches
        if match.opened_on < years_before(match.closed_on, 1)
    ]
    return one.told("long_term_gain", lines, ("Sold", "Proceeds", "Cost", "Gain"), one.sum("realised", lines))


def _unrealised(one: _Method) -> Explanation:
    held = [row for row in one.rows if row.quantity]
    known = [row for row in held if row.unrealised.known]
    lines = [
        Line(
            row.instrument.name,
            (row.value, money(row.cost, one.currency), row.unrealised),
            row.instrument.id,
            terms=(Term("", "value", row.value), Term("−", "cost", money(row.cost, one.currency)), Term("=", "unrealised gain", row.unrealised)),
        )
        for row in known
    ]
    missing = tuple(row.unrealised.why_not for row in held if not row.unrealised.known)
    alone = missing and len(one.rows) == 1
    figure = Figure.undefined("unrealised", Unit.MONEY, missing[0], one.currency) if alone else one.sum("unrealised", lines)
    inputs = (*prices_behind(known), *rates_behind(one.scope.table))
    return one.told("unrealized_gain", lines, ("Value", "Cost", "Gain"), figure, inputs=inputs, left_out=missing)


def method_explanations(scope: Scope, instrument: int | None) -> Explanations:
    """By name, as the comparison of methods tells them."""
    one = _Method(scope, instrument)
    makers: dict[str, Callable[[], Explanation]] = {
        "cost": partial(_cost, one),
        "realized_gain": partial(_realised, one),
        "long_term_gain": partial(_long_term, one),
        "unrealized_gain": partial(_unrealised, one),
    }
    return Explanations(makers)
