"""Why the figures of one lot are what they are, in the currency of its portfolio; see `explain`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import partial

from analytics.selectors.explaining.common import entries_behind, listed, moment_of, money, price_of_one, prices_behind, rates_behind
from analytics.selectors.explaining.entries import Entries, by_kind, in_short, listed_changes, named
from analytics.selectors.explanations import Explanation, Explanations, Line, Term
from analytics.selectors.scope import Scope
from portfolio_site.kernel.figures import Figure, Unit
from portfolios.ledger.records import LotChange
from portfolios.selectors import HoldingRow, LotView, MatchView, Trace

ZERO = Decimal(0)
WORDS = {
    "quantity": "The units that opened the lot, less those that left it.",
    "cost": "What the lot was opened for, less what the units that left it took along.",
}
TITLES = {"quantity": "Units", "cost": "Cost"}
RESULTS = {"quantity": "units left", "cost": "cost of what is left"}


class Lot:
    """One lot of one holding in one portfolio (the only one of its scope).  `matches` are the parts of sales that were taken from it."""

    def __init__(self, scope: Scope, row: HoldingRow, view: LotView, matches: tuple[MatchView, ...]) -> None:
        self.scope, self.row, self.view, self.currency = scope, row, view, scope.currency
        self.entries = Entries(scope, row)
        self.matches = [one for one in matches if (one.buy_id, one.opened_on, one.nth) == (view.event_id, view.opened_on, view.nth)]

    def titled(self, title: str) -> str:
        on: date = self.view.opened_on
        return f"{title} of the lot of {on.day} {on:%b %Y}, {self.row.instrument.name}"

    def units(self, amount: Decimal) -> Figure:
        return Figure("quantity", Unit.UNITS, amount)

    def money(self, amount: Decimal) -> Figure:
        return money(amount, self.currency)


def _told(lot: Lot, name: str, title: str, figure: Figure, words: str, terms: tuple[Term, ...]) -> Explanation:
    return Explanation(name=name, title=lot.titled(title), figure=figure, as_of=moment_of(lot.scope.table), words=words, terms=terms)


def ledger_part(lot: Lot, field: str) -> Explanation:
    """Units or cost that are left, from what each entry changed of the lot."""
    entries, view = lot.entries, lot.view
    found: list[tuple[Trace, LotChange]] = [
        (trace, change)
        for trace in entries.traces
        for change in trace.lot_changes
        if (change.lot_event_id, change.opened_on, change.nth) == (view.event_id, view.opened_on, view.nth)
    ]
    figure = partial(entries.figure, field)
    lines = [
        Line(
            named(trace.events[change.event_id].kind),
            (change.day, in_short(trace.events[change.event_id]), figure(getattr(change, field))),
            entry_id=change.event_id,
        )
        for trace, change in reversed(found)
        if getattr(change, field)
    ]
    total = sum((getattr(change, field) for _, change in found), ZERO)
    shown, more = listed_changes(lines, figure)
    return Explanation(
        name=field,
        title=lot.titled(TITLES[field]),
        figure=figure(total),
        as_of=lot.scope.today,
        words=WORDS[field],
        terms=(*by_kind(lines[::-1], figure), Term("=", RESULTS[field], figure(total))),
        rows_title="Entries",
        columns=("Day", "Entry", "Change"),
        lines=shown,
        more_lines=more,
        inputs=(entries_behind(len(lines)),),
    )


def bought(lot: Lot) -> Explanation:
    view, units = lot.view, lot.units
    terms = (
        Term("", "units left", units(view.quantity)),
        Term("+", "units that left it, splits since then included", units(view.bought - view.quantity)),
        Term("=", "units that there were", units(view.bought)),
    )
    return _told(
        lot, "bought", "Units bought", units(view.bought), "All units that came in the lot, as many as they are after the splits since then.", terms
    )


def bought_cost(lot: Lot) -> Explanation:
    view = lot.view
    terms = (
        Term("", "cost of what is left", lot.money(view.cost)),
        Term("+", "cost of the units that left it", lot.money(view.bought_cost - view.cost)),
        Term("=", "cost of all units", lot.money(view.bought_cost)),
    )
    return _told(
        lot, "bought_cost", "Cost of all units", lot.money(view.bought_cost), "What all units that came in the lot cost, with fees and taxes.", terms
    )


def unit_cost(lot: Lot) -> Explanation:
    view = lot.view
    left = bool(view.quantity)
    cost, units = (view.cost, view.quantity) if left else (view.bought_cost, view.bought)
    which = "of what is left" if left else "of all units"
    each = money(view.unit_cost, lot.currency, "unit_cost")
    terms = (
        Term("", f"cost {which}", lot.money(cost)),
        Term("÷", "units", lot.units(units)),
        Term("=", "cost of one unit", each),
    )
    return _told(lot, "unit_cost", "Cost of one unit", each, f"The cost {which}, for each of its units.", terms if units else ())


def value(lot: Lot) -> Explanation:
    view, row = lot.view, lot.row
    terms = (
        Term("", "units left", lot.units(view.quantity)),
        *price_of_one(row, "×"),
        Term("×", f"rate to {lot.currency}", row.rate),
        Term("=", "value", view.value),
    )
    own_rate = (one for one in rates_behind(lot.scope.table) if one.label.startswith(f"1 {row.instrument.currency} "))
    return Explanation(
        name="value",
        title=lot.titled("Value"),
        figure=view.value,
        as_of=moment_of(lot.scope.table),
        words="Units that are left times the newest price, converted at the newest rate.",
        terms=terms if view.quantity and view.value.known else (),
        inputs=(*prices_behind([row]), *own_rate),
    )


def unrealized_gain(lot: Lot) -> Explanation:
    view = lot.view
    terms = (
        Term("", "value", view.value),
        Term("−", "cost of what is left", lot.money(view.cost)),
        Term("=", "unrealised gain", view.unrealised),
    )
    words = "What selling the units that are left at the newest price would gain, before the costs of selling."
    return _told(lot, "unrealized_gain", "Unrealised gain", view.unrealised, words, terms if view.unrealised.known else ())


def realized_gain(lot: Lot) -> Explanation:
    code, matches = lot.currency, lot.matches
    whole = money(lot.view.realised, code, "realized_gain")
    lines = [
        Line(
            "Sale",
            (one.closed_on, lot.units(one.quantity), lot.money(one.cost), lot.money(one.proceeds), money(one.gain, code, "gain")),
            entry_id=one.sale_id,
        )
        for one in sorted(matches, key=lambda one: one.closed_on, reverse=True)
    ]
    shown, more = listed(lines, 5, code)
    cost, proceeds = sum((one.cost for one in matches), ZERO), sum((one.proceeds for one in matches), ZERO)
    adds_up = proceeds - cost == lot.view.realised
    return Explanation(
        name="realized_gain",
        title=lot.titled("Realised gain"),
        figure=whole,
        as_of=lot.scope.today,
        words="For each sale that took from the lot, what came in for its units after fees and taxes, less what they had cost.",
        terms=(Term("", "proceeds", lot.money(proceeds)), Term("−", "cost of the units sold", lot.money(cost)), Term("=", "realised gain", whole))
        if adds_up
        else (),
        rows_title="Sales",
        columns=("Sold", "Units", "Cost", "Proceeds", "Gain"),
        lines=shown if adds_up else (),
        more_lines=more if adds_up else 0,
        inputs=(entries_behind(len({one.sale_id for one in matches}), "", "sale", "sales"),),
    )


def days_held(lot: Lot) -> Explanation:
    view = lot.view
    figure = Figure("days_held", Unit.DAYS, Decimal(view.days_held))
    until = "the day on which the last units left it" if not view.quantity else "the day looked at"
    return _told(
        lot, "days_held", "Days", figure, f"The days from the purchase to {until}.", (Term("", "days", figure), Term("=", "days held", figure))
    )


def lot_explanations(lot: Lot) -> Explanations:
    """By name, for one lot."""
    makers: dict[str, Callable[[], Explanation]] = {
        "bought": partial(bought, lot),
        "quantity": partial(ledger_part, lot, "quantity"),
        "cost": partial(ledger_part, lot, "cost"),
        "bought_cost": partial(bought_cost, lot),
        "unit_cost": partial(unit_cost, lot),
        "value": partial(value, lot),
        "unrealized_gain": partial(unrealized_gain, lot),
        "realized_gain": partial(realized_gain, lot),
        "days_held": partial(days_held, lot),
    }
    return Explanations(makers)
