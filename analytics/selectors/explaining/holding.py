"""Why the figures of one holding are what they are; see `explain`."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial

from analytics.selectors.explaining.common import gain_terms, income, moment_of, money, price_of_one, prices_behind, rates_behind, realised
from analytics.selectors.explaining.entries import Entries, average_cost, ledger_figure
from analytics.selectors.explaining.totals import part_of
from analytics.selectors.explanations import Explanation, Explanations, Term
from analytics.selectors.scope import Scope, less
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.selectors import HoldingRow

ZERO = Decimal(0)


def holding_value(scope: Scope, row: HoldingRow) -> Explanation:
    return _value_at_cost(scope, row) if row.at_cost else _value_at_price(scope, row)


def _value_at_cost(scope: Scope, row: HoldingRow) -> Explanation:
    """Where there is no price, or no rate."""
    return Explanation(
        name="market_value",
        title=f"Value of {row.instrument.name}",
        figure=row.value,
        as_of=moment_of(scope.table),
        words="There is no price, or no rate, to value it with: it stands at what the units held cost, and gains nothing until there is one.",
        terms=(Term("", "cost of what is held", money(row.cost, scope.currency)), Term("=", "value", row.value)),
        left_out=row.value.warnings,
    )


def _value_at_price(scope: Scope, row: HoldingRow) -> Explanation:
    return Explanation(
        name="market_value",
        title=f"Value of {row.instrument.name}",
        figure=row.value,
        as_of=moment_of(scope.table),
        words="Units times the newest price, converted at the newest rate.",
        terms=(
            Term("", "units", Figure("quantity", Unit.UNITS, row.quantity)),
            *price_of_one(row, "×"),
            Term("×", f"rate to {scope.currency}", row.rate),
            Term("=", "value", row.value),
        ),
        inputs=(*prices_behind([row]), *(one for one in rates_behind(scope.table) if one.label.startswith(f"1 {row.instrument.currency} "))),
    )


def holding_unrealised(scope: Scope, row: HoldingRow) -> Explanation:
    code = scope.currency
    return Explanation(
        name="unrealized_gain",
        title=f"Unrealised gain, {row.instrument.name}",
        figure=row.unrealised,
        as_of=moment_of(scope.table),
        words="What selling all units at the newest price would gain, before the costs of selling.",
        terms=(Term("", "value", row.value), Term("−", "cost of what is held", money(row.cost, code)), Term("=", "unrealised gain", row.unrealised))
        if row.unrealised.known
        else (),
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


def holding_part(scope: Scope, row: HoldingRow, part: str) -> Explanation:
    """The price part or the currency part of the open gain: what is left of it without the other one."""
    by_price = part == "price_gain"
    currency = f"currency, {row.instrument.currency} against {scope.currency}"
    mine, other, label = (row.price_part, row.currency_part, currency) if by_price else (row.currency_part, row.price_part, "price")
    result = "price, at the rates of the purchases" if by_price else currency
    return Explanation(
        name=part,
        title=f"{'Price' if by_price else 'Currency'} part of the gain, {row.instrument.name}",
        figure=mine,
        as_of=moment_of(scope.table),
        words="(price now − price paid) × rate then × units."
        if by_price
        else "price now × (rate now − rate then) × units: what the exchange rate did.",
        terms=(Term("", "unrealised gain", row.unrealised), Term("−", label, other), Term("=", result, mine)) if mine.known else (),
        inputs=(*prices_behind([row]), *(one for one in rates_behind(scope.table) if one.label.startswith(f"1 {row.instrument.currency} "))),
    )


def holding_day_change(scope: Scope, row: HoldingRow) -> Explanation:
    before = less("value", row.value, row.day_change)
    return Explanation(
        name="day_change",
        title=f"Change of the day, {row.instrument.name}",
        figure=row.day_change,
        as_of=moment_of(scope.table),
        words="What today's change of price did to the units held, at the rate of today.",
        terms=(Term("", "value now", row.value), Term("−", "value at the close before", before), Term("=", "change of the day", row.day_change))
        if row.day_change.known and row.value.known
        else (),
        inputs=tuple(prices_behind([row])),
    )


def holding_weight(scope: Scope, row: HoldingRow) -> Explanation:
    return Explanation(
        name="weight",
        title=f"Weight of {row.instrument.name}",
        figure=row.weight,
        as_of=moment_of(scope.table),
        words="The value of the holding as a part of everything, cash included.",
        terms=(Term("", "value", row.value), Term("÷", "value of everything", scope.table.value), Term("=", "weight", row.weight))
        if row.weight.known
        else (),
        inputs=tuple(prices_behind([row])),
    )


def holding_gain(scope: Scope, row: HoldingRow) -> Explanation:
    code = scope.currency
    return Explanation(
        name="total_gain",
        title=f"Total gain, {row.instrument.name}",
        figure=row.total_gain,
        as_of=moment_of(scope.table),
        words="What was gained by selling, what selling the rest would gain, and what was received, less costs that are in no purchase or sale.",
        terms=gain_terms(
            money(row.realised, code, "realised"), row.unrealised, money(row.income, code, "income"), money(row.expenses, code), row.total_gain
        ),
        inputs=tuple(prices_behind([row])),
    )


def holding_price(scope: Scope, row: HoldingRow) -> Explanation:
    made = price_of_one(row, "")
    figure = row.price if len(made) > 1 else made[0].figure
    return Explanation(
        name="price",
        title=f"Price of {row.instrument.name}",
        figure=figure,
        as_of=moment_of(scope.table),
        words="The newest price that is known of one unit, as it is quoted.",
        terms=((*made, Term("=", "price of one unit", figure)) if len(made) > 1 else (Term("", "newest price", figure), Term("=", "price", figure)))
        if row.price.known
        else (),
        inputs=tuple(prices_behind([row])),
    )


def holding_rate(scope: Scope, row: HoldingRow) -> Explanation:
    return Explanation(
        name="fx_rate",
        title=f"1 {row.instrument.currency} in {scope.currency}",
        figure=row.rate,
        as_of=moment_of(scope.table),
        words=f"The newest reference rate: what one {row.instrument.currency} is in {scope.currency}.",
        terms=(Term("", "reference rate", row.rate), Term("=", "rate", row.rate)) if row.rate.known else (),
        inputs=tuple(one for one in rates_behind(scope.table) if one.label.startswith(f"1 {row.instrument.currency} ")),
    )


def holding_percent(scope: Scope, row: HoldingRow, name: str) -> Explanation:
    """A gain or change of a holding as a part of what it is compared with."""
    code, pk = scope.currency, row.instrument.id
    if name == "unrealized_gain_percent":
        figure, part, whole = row.unrealised_fraction, Term("", "unrealised gain", row.unrealised), money(abs(row.cost), code)
        title, against = "Unrealised gain", "cost of what is held"
    elif name == "day_change_percent":
        figure, part, whole = row.day_change_fraction, Term("", "change of the day", row.day_change), less("value", row.value, row.day_change)
        title, against = "Change of the day", "value at the close before"
    else:
        paid = row.cost + sum((match.cost for book in scope.books for match in book.matches if match.instrument == pk), ZERO)
        figure, part, whole = row.total_gain_fraction, Term("", "total gain", row.total_gain), money(paid, code)
        title, against = "Total gain", "everything ever paid for it"
    words = f"The {part.label} as a part of the {against}." if against.startswith(("cost", "value")) else f"The total gain as a part of {against}."
    return part_of(name, f"{title}, {row.instrument.name}", figure, (part, Term("÷", against, whole)), scope, words)


def holding_explanations(scope: Scope, row: HoldingRow | None) -> Explanations:
    """By name, for one holding; none for what was never held."""
    if row is None:
        return Explanations({})
    entries = Entries(scope, row)
    makers: dict[str, Callable[[], Explanation]] = {
        "quantity": partial(ledger_figure, entries, "quantity"),
        "average_cost": partial(average_cost, entries),
        "total_cost": partial(ledger_figure, entries, "total_cost"),
        "price": partial(holding_price, scope, row),
        "fx_rate": partial(holding_rate, scope, row),
        "market_value": partial(holding_value, scope, row),
        "unrealized_gain": partial(holding_unrealised, scope, row),
        "unrealized_gain_percent": partial(holding_percent, scope, row, "unrealized_gain_percent"),
        "price_gain": partial(holding_part, scope, row, "price_gain"),
        "currency_gain": partial(holding_part, scope, row, "currency_gain"),
        "realized_gain": partial(realised, scope, row.instrument.id),
        "income": partial(income, scope, row.instrument.id),
        "expenses": partial(ledger_figure, entries, "expenses"),
        "total_gain": partial(holding_gain, scope, row),
        "total_gain_percent": partial(holding_percent, scope, row, "total_gain_percent"),
        "day_change": partial(holding_day_change, scope, row),
        "day_change_percent": partial(holding_percent, scope, row, "day_change_percent"),
        "weight": partial(holding_weight, scope, row),
    }
    return Explanations(makers)
