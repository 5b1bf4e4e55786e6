"""Why the gains of a period are what they are, row by row; see `explain`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cached_property, partial

from analytics.selectors.amounts import Gains, GainsRow
from analytics.selectors.explaining.common import gain_terms, listed, money, prices_behind, rates_behind
from analytics.selectors.explaining.totals import net_flows
from analytics.selectors.explanations import Explanation, Explanations, Line, Source, Term
from analytics.selectors.gains import gains_of
from analytics.selectors.scope import Scope, in_words
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.words import counted

FIELDS = {  # names in the API, and of the rows
    "realized": "realised",
    "unrealized": "unrealised",
    "income": "income",
    "expenses": "expenses",
    "total": "total",
    "price_gain": "price_part",
    "currency_gain": "currency_part",
}
TITLES = {
    "realized": "Realised gain",
    "unrealized": "Change of the unrealised gain",
    "income": "Income",
    "expenses": "Costs",
    "total": "Total gain",
    "price_gain": "Gain by price",
    "currency_gain": "Gain by currency",
}
WORDS = {
    "realized": "For each sale of the period, what came in after its fees and taxes, less what the units sold had cost.",
    "unrealized": "What was open at the end less what was open at the close before the period.",
    "income": "Dividends, coupons, interest and rewards of the period before tax, each at the rate of its day.",
    "expenses": "Fees and taxes of the period that are part of no purchase and no sale.",
    "total": "Realised gains, the change of the unrealised gain and income, less costs.",
    "price_gain": "What prices did, at the rates of the purchases: to the units sold in the period, and to those still held.",
    "currency_gain": "What exchange rates did: to the units sold in the period, to those still held, and to cash.",
}


class _Period:
    def __init__(self, scope: Scope, start: date | None, end: date | None) -> None:
        self.scope, self.start, self.end = scope, start, end

    @cached_property
    def gains(self) -> Gains:
        return gains_of(self.scope, self.start, self.end)


def _value(row: Gains | GainsRow, field: str, currency: str) -> Figure:
    found = getattr(row, FIELDS[field])
    return money(found, currency, field) if isinstance(found, Decimal) else found


def _terms(gains: Gains, field: str) -> tuple[Term, ...]:
    code = gains.currency
    if field == "total":
        return gain_terms(
            money(gains.realised, code, "realised"), gains.unrealised, money(gains.income, code, "income"), money(gains.expenses, code), gains.total
        )
    whole = _value(gains, field, code)
    return (
        Term("", f"{counted(len(gains.rows), 'holding or balance', 'holdings and balances')}, added up", whole),
        Term("=", TITLES[field].lower(), whole),
    )


def _check(gains: Gains) -> tuple[tuple[Term, ...], ...]:
    """Price and currency come to realised and unrealised together."""
    both = (gains.price_part, gains.currency_part, gains.unrealised)
    if not all(isinstance(one.value, Decimal) for one in both):
        return ()
    open_and_closed = money(gains.realised + Decimal(str(gains.unrealised.value)), gains.currency)
    return ((Term("", "by price", both[0]), Term("+", "by currency", both[1]), Term("=", "realised and unrealised", open_and_closed)),)


def _explained(period: _Period, field: str) -> Explanation:
    gains, table = period.gains, period.scope.table
    whole = _value(gains, field, gains.currency)
    lines = []
    for row in gains.rows:
        figure = _value(row, field, gains.currency)
        if figure.known and figure.value:
            name = row.instrument.name if row.instrument is not None else f"Cash, {row.cash}" if row.cash else "Cash and whole portfolios"
            lines.append(Line(name, (figure,), None if row.instrument is None else row.instrument.id))
    shown, more = listed(lines, 1, gains.currency)
    since = f"since {in_words(gains.start)}" if gains.start is not None else "since the beginning"
    return Explanation(
        name=field,
        title=f"{TITLES[field]} {since} up to {in_words(gains.end)}",
        figure=whole,
        as_of=gains.end,
        words=WORDS[field],
        terms=_terms(gains, field) if whole.known else (),
        rows_title="By holding",
        columns=(TITLES[field],),
        lines=shown,
        more_lines=more,
        inputs=(*prices_behind(table.rows), *rates_behind(table), Source("the entries of the period", None, "your ledger", None, kind="entries")),
        checks=_check(gains),
        left_out=whole.warnings,
    )


def _flows(period: _Period) -> Explanation:
    gains = period.gains
    return net_flows(period.scope, gains.start, gains.end, money(gains.net_flows, gains.currency, "net_flows"))


def gains_makers(scope: Scope, start: date | None, end: date | None) -> dict[str, Callable[[], Explanation]]:
    period = _Period(scope, start, end)
    makers: dict[str, Callable[[], Explanation]] = {field: partial(_explained, period, field) for field in TITLES}
    return {**makers, "net_flows": partial(_flows, period)}


def period_explanations(scope: Scope, start: date | None, end: date | None) -> Explanations:
    """By name, for the gains of a period (`gains_of`)."""
    return Explanations(gains_makers(scope, start, end))
