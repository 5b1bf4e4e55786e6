"""Why the figures of one holding are what they are; see `explain`."""

from __future__ import annotations

from functools import partial

from analytics.selectors.explain import gain_terms, income, moment_of, money, prices_behind, rates_behind, realised
from analytics.selectors.scope import Scope
from analytics.selectors.shapes import Explanation, Explanations, Term
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingRow


def holding_value(scope: Scope, row: HoldingRow) -> Explanation:
    return Explanation(
        name="value",
        title=f"Value of {row.instrument.name}",
        figure=row.value,
        as_of=moment_of(scope.table),
        words="Units times the newest price, converted at the newest rate.",
        terms=(
            Term("", "units", Figure("quantity", Unit.UNITS, row.quantity)),
            Term("×", "price", row.price),
            Term("×", f"rate to {scope.currency}", row.rate),
            Term("=", "value", row.value),
        ),
        inputs=(*prices_behind([row]), *(one for one in rates_behind(scope.table) if one.label.startswith(f"1 {row.instrument.currency} "))),
    )


def holding_unrealised(scope: Scope, row: HoldingRow) -> Explanation:
    code = scope.currency
    return Explanation(
        name="unrealised",
        title=f"Unrealised gain, {row.instrument.name}",
        figure=row.unrealised,
        as_of=moment_of(scope.table),
        words="What selling all units at the newest price would gain, before the costs of selling.",
        terms=(Term("", "value", row.value), Term("−", "cost of what is held", money(row.cost, code)), Term("=", "unrealised gain", row.unrealised)),
        inputs=(*prices_behind([row]), *(one for one in rates_behind(scope.table) if one.label.startswith(f"1 {row.instrument.currency} "))),
        checks=(
            (
                Term("", "price, at the rates of the purchases", row.price_part),
                Term("+", f"currency, {row.instrument.currency} against {code}", row.currency_part),
                Term("=", "unrealised gain", row.unrealised),
            ),
        )
        if row.unrealised.known
        else (),
    )


def holding_gain(scope: Scope, row: HoldingRow) -> Explanation:
    code = scope.currency
    return Explanation(
        name="total_gain",
        title=f"Total gain, {row.instrument.name}",
        figure=row.total_gain,
        as_of=moment_of(scope.table),
        words="What was gained by selling, what selling the rest would gain, and what was received, less costs that are in no purchase or sale.",
        terms=gain_terms(money(row.realised, code), row.unrealised, money(row.income, code), money(row.expenses, code), row.total_gain),
        inputs=tuple(prices_behind([row])),
    )


def holding_explanations(scope: Scope, row: HoldingRow | None) -> Explanations:
    """By name, for the page of one holding; none for what was never held."""
    if row is None:
        return Explanations({})
    makers = {"realised": partial(realised, scope, row.instrument.id), "income": partial(income, scope, row.instrument.id)}
    if row.is_open:
        makers |= {"value": partial(holding_value, scope, row), "unrealised": partial(holding_unrealised, scope, row)}
    return Explanations({**makers, "total_gain": partial(holding_gain, scope, row)})
