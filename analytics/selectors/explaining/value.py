"""Why a value is what it is, in total and by its parts; see `explain`.  By the names of the fields of GET /portfolios/{id}/value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from analytics.choices import By
from analytics.selectors.amounts import Slice, Value
from analytics.selectors.explaining.common import listed, moment_of, net_worth, prices_behind, rates_behind, worth_line
from analytics.selectors.explaining.slices import weights_told
from analytics.selectors.explaining.totals import cash_value, day_change, day_change_percent, part_of, total_cost
from analytics.selectors.explanations import Explanation, Explanations, Term
from analytics.selectors.scope import Scope

DIMENSIONS = {
    By.HOLDING: "by_holding", By.CLASS: "by_class", By.SECTOR: "by_sector", By.COUNTRY: "by_country", By.REGION: "by_region", By.CURRENCY: "by_currency",
}  # fmt: skip


def value_explanations(scope: Scope, found: Value, *, look_through: bool) -> Explanations:
    """By name.  `found`: the value of what the scope holds."""
    makers: dict[str, Callable[[], Explanation]] = {
        "value": partial(_value, scope),
        "holdings_value": partial(_holdings_value, scope),
        "cash_value": partial(cash_value, scope),
        "cash_weight": partial(_cash_weight, scope, found),
        "total_cost": partial(total_cost, scope),
        "day_change": partial(day_change, scope),
        "day_change_percent": partial(day_change_percent, scope),
    }
    makers |= {name: partial(_parts, scope, found, by, look_through) for by, name in DIMENSIONS.items()}
    return Explanations(makers)


def _value(scope: Scope) -> Explanation:
    return replace(net_worth(scope), name="value", title="Value")


def _holdings_value(scope: Scope) -> Explanation:
    table = scope.table
    whole = table.holdings_value
    shown, more = listed([worth_line(row) for row in table.rows if row.value.known], 4, scope.currency)
    return Explanation(
        name="holdings_value",
        title="Value of the holdings",
        figure=whole,
        as_of=moment_of(table),
        words="Units × price × rate of every holding, without cash.",
        terms=(Term("", "units × price × rate, added up", whole), Term("=", "value of the holdings", whole)) if whole.known else (),
        rows_title="Holdings",
        columns=("Units", "Price", "Rate", "Value"),
        lines=shown,
        more_lines=more,
        inputs=(*prices_behind(table.rows), *rates_behind(table)),
        left_out=whole.warnings,
    )


def _cash_weight(scope: Scope, found: Value) -> Explanation:
    terms = (Term("", "cash", found.cash), Term("÷", "value", found.value))
    return part_of("cash_weight", "Cash", found.cash_weight, terms, scope, "Cash as a part of the whole value.")


def _parts(scope: Scope, found: Value, by: By, look_through: bool) -> Explanation:
    """The weights of one dimension; they add up to one."""
    slices: tuple[Slice, ...] = found.parts(by)
    whole, told = weights_told(slices, found.value, "value", "whole value")
    through = " Funds are divided by what is known of them." if look_through else " Funds are not looked into."
    return Explanation(
        name=DIMENSIONS[by],
        title=f"Value by {by.label.lower()}",
        figure=whole,
        as_of=moment_of(scope.table),
        words=f"Each part over the whole value, cash included; with what is unclassified they add up to one.{through}",
        inputs=(*prices_behind(scope.table.rows), *rates_behind(scope.table)),
        left_out=found.value.warnings,
        **told,
    )
