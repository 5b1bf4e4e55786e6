"""Why the totals of the whole are what they are: sums over holdings, and fractions of them; see `explain`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from analytics.selectors.explaining.common import entries_behind, listed, moment_of, money, prices_behind, rates_behind
from analytics.selectors.explanations import Explanation, Line, Term
from analytics.selectors.scope import Scope, in_words, less
from portfolio_site.kernel.figures import Figure

ZERO = Decimal(0)


def total_cost(scope: Scope) -> Explanation:
    table, code = scope.table, scope.currency
    whole = money(table.cost, code, "total_cost")
    lines = [Line(row.instrument.name, (money(row.cost, code),), row.instrument.id) for row in table.rows]
    shown, more = listed(lines, 1, code)
    return Explanation(
        name="total_cost",
        title="Cost of what is held",
        figure=whole,
        as_of=scope.today,
        words="What the units held were bought for, with fees and taxes.",
        terms=(Term("", "cost of the holdings, added up", whole), Term("=", "cost of what is held", whole)),
        rows_title="By holding",
        columns=("Cost",),
        lines=shown,
        more_lines=more,
    )


def cash_value(scope: Scope) -> Explanation:
    table = scope.table
    lines = [Line(f"Cash, {one.currency}", (money(one.amount, one.currency), one.rate, one.value)) for one in table.cash if one.value.known]
    shown, more = listed(lines, 3, scope.currency)
    return Explanation(
        name="cash_value",
        title="Cash",
        figure=table.cash_value,
        as_of=moment_of(table),
        words=f"The balance of each currency, converted to {scope.currency}.",
        terms=(Term("", "balances × rates, added up", table.cash_value), Term("=", "cash", table.cash_value)) if table.cash_value.known else (),
        rows_title="Balances",
        columns=("Amount", "Rate", "Value"),
        lines=shown,
        more_lines=more,
        inputs=tuple(rates_behind(table)),
    )


def day_change(scope: Scope) -> Explanation:
    table = scope.table
    known = [row for row in table.rows if row.value.known and row.day_change.known]
    shown, more = listed([Line(row.instrument.name, (row.value, row.day_change), row.instrument.id) for row in known], 2, scope.currency)
    change = table.day_change
    return Explanation(
        name="day_change",
        title="Change of the day",
        figure=change,
        as_of=moment_of(table),
        words="What today's changes of prices did to the units held, at the rates of today.",
        terms=(Term("", "changes of the holdings, added up", change), Term("=", "change of the day", change)) if change.known else (),
        rows_title="By holding",
        columns=("Value", "Change"),
        lines=shown,
        more_lines=more,
        inputs=tuple(prices_behind(table.rows)),
    )


def day_change_percent(scope: Scope) -> Explanation:
    table = scope.table
    before = less("value", table.value, table.day_change)
    terms = (Term("", "change of the day", table.day_change), Term("÷", "value at the close before", before))
    return part_of(
        "day_change_percent",
        "Change of the day",
        table.day_change_fraction,
        terms,
        scope,
        "The change of the day as a part of what all was worth before it.",
    )


def total_gain_percent(scope: Scope) -> Explanation:
    table, code = scope.table, scope.currency
    paid = sum((flow.amount for book in scope.books for flow in book.flows if flow.amount > 0), ZERO)
    terms = (Term("", "total gain", table.total_gain), Term("÷", "everything ever paid in", money(paid, code)))
    return part_of(
        "total_gain_percent", "Total gain", table.total_gain_fraction, terms, scope, "The total gain as a part of everything that was ever paid in."
    )


def part_of(name: str, title: str, figure: Figure, terms: tuple[Term, ...], scope: Scope, words: str) -> Explanation:
    """A figure that is a fraction of two others; without terms where it is undefined."""
    return Explanation(
        name=name,
        title=f"{title}, as a part",
        figure=figure,
        as_of=moment_of(scope.table),
        words=words,
        terms=(*terms, Term("=", "part", figure)) if figure.known else (),
        inputs=tuple(prices_behind(scope.table.rows)),
    )


def net_flows(scope: Scope, start: date | None = None, end: date | None = None, figure: Figure | None = None) -> Explanation:
    """What was paid in less what was taken out, day by day; of a period, where it has a start or an end."""
    code = scope.currency
    flows = [flow for book in scope.books for flow in book.flows if (start is None or flow.day >= start) and (end is None or flow.day <= end)]
    flows.sort(key=lambda flow: flow.day, reverse=True)
    whole = figure or money(scope.table.net_flows, code, "net_flows")
    lines = [
        Line("Paid in" if flow.amount > 0 else "Taken out", (flow.day, money(flow.amount, code)), flow.instrument, flow.event_id)
        for flow in flows
        if flow.amount
    ]
    shown, more = listed(lines, 2, code)
    paid, taken = sum((f.amount for f in flows if f.amount > 0), ZERO), sum((-f.amount for f in flows if f.amount < 0), ZERO)
    since = "" if start is None and figure is None else f" {'since ' + in_words(start) if start is not None else 'since the beginning'}"
    return Explanation(
        name="net_flows",
        title=f"Paid in less taken out{since}",
        figure=whole,
        as_of=end or scope.today,
        words="Money and units that came from outside, less what went there. Units moved in kind count at the cost they carry.",
        terms=(Term("", "paid in", money(paid, code)), Term("−", "taken out", money(taken, code)), Term("=", "paid in less taken out", whole)),
        rows_title="Flows",
        columns=("Day", "Amount"),
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(len({flow.event_id for flow in flows})),),
    )
