"""Why the figures of income are what they are; see `explain`.  From the same payments, each the entry that booked it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial

from analytics.engine.returns import DAYS_A_YEAR
from analytics.selectors.explaining.common import entries_behind, listed, money, prices_behind, rates_behind
from analytics.selectors.explanations import Explanation, Explanations, Line, Source, Term
from analytics.selectors.income.report import IncomeReport
from analytics.selectors.income.shapes import Expected, Payment
from analytics.selectors.income.withheld import DIVIDENDS, TREATY
from analytics.selectors.scope import in_words
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted
from portfolio_site.web.times import country_name

ZERO = Decimal(0)
Terms = tuple[Term, ...]


def income_explanations(report: IncomeReport) -> Explanations:
    """By name: the figures of the report, each payment of the period (`payment_12`, by its entry), each one to come
    (`expected_3_20260512`, by instrument and day), and what a holding is expected to pay (`holding_3`)."""
    makers: dict[str, Callable[[], Explanation]] = {
        "income": partial(_of_period, report),
        "withheld": partial(_withheld, report),
        "net_income": partial(_net, report),
        "income_past_year": partial(_past_year, report),
        "expected_income": partial(_expected_year, report),
        "income_yield": partial(_yield, report),
        "expected_yield": partial(_expected_yield, report),
        "yield_on_cost": partial(_yield_on_cost, report),
        "income_growth": partial(_growth, report),
        "reclaimable": partial(_reclaimable, report),
    }
    for paid in report.payments:
        makers[paid.why_name] = partial(_payment, report, paid)
    for coming in report.expectations.all:
        makers[coming.why_name] = partial(_expected, report, coming)
    for pk in report.held:
        makers[f"holding_{pk}"] = partial(_holding, report, pk)
    return Explanations(makers)


def _explained(report: IncomeReport, name: str, title: str, figure: Figure, words: str, terms: Terms, **more: object) -> Explanation:
    """The calculation only where there is a figure."""
    made: dict[str, object] = {"left_out": figure.warnings, **more}
    return Explanation(
        name=name, title=title, figure=figure, as_of=report.today, words=words, terms=terms if figure.known else (), **made  # type: ignore[arg-type]
    )  # fmt: skip


# ── what was paid ───────────────────────────────────────────────────────────


def _lines(report: IncomeReport, payments: Iterable[Payment], last: Callable[[Payment], Decimal]) -> dict[str, object]:
    """A line for each entry; its last cell is what it adds to the figure."""
    code, rows = report.scope.currency, list(payments)
    lines = [
        Line(
            f"{one.words}{'' if one.instrument is None else f', {one.instrument.symbol}'}",
            (one.day, "" if one.paid is None else money(one.paid, one.currency), money(last(one), code)),
            entry_id=one.entry,
        )
        for one in rows
    ]
    shown, more = listed(lines, 3, code)
    return {
        "rows_title": "Payments",
        "columns": ("Day", "Before tax, as paid", f"In {code}"),
        "lines": shown,
        "more_lines": more,
        "inputs": (entries_behind(len(rows), "", "payment", "payments"),),
    }


def _gross(one: Payment) -> Decimal:
    return one.amounts.gross


def _of_period(report: IncomeReport) -> Explanation:
    figure = money(report.amounts.gross, report.scope.currency, "income")
    words = "Dividends, interest, coupons and rewards of the period before tax, each at the rate of its entry: the income of its gains."
    return _explained(
        report,
        "income",
        "Income of the period",
        figure,
        words,
        _one_sum("payments, added up", "income", figure),
        **_lines(report, report.payments, _gross),
    )


def _one_sum(said: str, result: str, figure: Figure) -> Terms:
    return (Term("", said, figure), Term("=", result, figure))


def _withheld(report: IncomeReport) -> Explanation:
    rows = [one for one in report.payments if one.amounts.withheld]
    figure = report.withheld.total
    words = "Taxes that the entries of the payments name, each at the rate of its entry. Taxes entered by themselves are not among them."
    more = _lines(report, rows, lambda one: one.amounts.withheld)
    return _explained(report, "withheld", "Tax withheld", figure, words, _one_sum("taxes, added up", "withheld", figure), **more)


def _net(report: IncomeReport) -> Explanation:
    amounts, code = report.amounts, report.scope.currency
    figure = money(amounts.net, code, "net_income")
    terms = (
        Term("", "before tax", money(amounts.gross, code)),
        Term("−", "tax withheld", money(amounts.withheld, code)),
        Term("−", "fees of the payments", money(amounts.fees, code)),
        Term("=", "after tax", figure),
    )
    words = "What came in, without what was withheld or charged on the way."
    return _explained(report, "net_income", "Income after tax", figure, words, terms, **_lines(report, report.payments, lambda one: one.amounts.net))


def _recent(report: IncomeReport, *, only_held: bool = False) -> list[Payment]:
    """Of the 365 days up to today, latest first."""
    rows = [one for one in reversed(report.paid.payments) if 0 <= (report.today - one.day).days < DAYS_A_YEAR]
    return [one for one in rows if one.instrument is not None and one.instrument.id in report.held] if only_held else rows


def _past_year(report: IncomeReport) -> Explanation:
    figure = report.past_year
    words = f"Everything that was paid in the {DAYS_A_YEAR} days up to {in_words(report.today)}, before tax."
    terms = _one_sum("payments, added up", "past 12 months", figure)
    return _explained(report, "income_past_year", "Income of the past 12 months", figure, words, terms, **_lines(report, _recent(report), _gross))


def _payment(report: IncomeReport, one: Payment) -> Explanation:
    """From what the entry says to what was left of it."""
    code, amounts = report.scope.currency, one.amounts
    figure = money(amounts.net, code, "net_income")
    terms: list[Term] = []
    if one.paid is None:
        terms.append(Term("", "before tax", money(amounts.gross, code)))
    else:
        terms.append(Term("", "before tax, as paid", money(one.paid, one.currency)))
        if one.currency != code:
            terms.append(Term("×", "rate of the entry", Figure("rate", Unit.NUMBER, one.rate)))
    if one.lowered:
        terms.append(Term("−", "what lowered the cost", money(one.lowered, code)))
    if amounts.withheld:
        terms.append(Term("−", "tax withheld", money(amounts.withheld, code)))
    if amounts.fees:
        terms.append(Term("−", "fees", money(amounts.fees, code)))
    terms.append(Term("=", "after tax", figure))
    name = f"{one.words}{'' if one.instrument is None else f', {one.instrument.name}'}"
    held = f" {one.instrument.symbol} was held with the units that count for it." if one.instrument is not None and one.units else ""
    lines: tuple[Line, ...] = (Line("The entry", (one.day, money(amounts.net, code)), entry_id=one.entry),)
    if one.units and one.paid is not None:
        lines = (Line("The entry", (one.day, Figure("quantity", Unit.UNITS, one.units), money(amounts.net, code)), entry_id=one.entry),)
    columns = ("Day", "Units", "After tax") if len(lines[0].cells) == 3 else ("Day", "After tax")
    return _explained(
        report, one.why_name, name, figure, f"Paid on {in_words(one.day)}, as you recorded it.{held}", tuple(terms),
        rows_title="Entry", columns=columns, lines=lines, inputs=(entries_behind(1, "", "entry"),),
    )  # fmt: skip


# ── what is to come ─────────────────────────────────────────────────────────


def _coming(report: IncomeReport, rows: Sequence[Expected]) -> dict[str, object]:
    known = [one for one in rows if one.value.known]
    lines = [
        Line(
            one.symbol,
            (one.day, "announced" if one.is_announced else "estimate", money(one.amount, one.currency), one.value),
            None if one.instrument is None else one.instrument.id,
        )
        for one in known
    ]
    shown, more = listed(lines, 4, report.scope.currency)
    return {
        "rows_title": "Payments to come",
        "columns": ("Day", "How sure", "As paid", f"In {report.scope.currency}"),
        "lines": shown,
        "more_lines": more,
        "inputs": (*_of_patterns(known), *rates_behind(report.scope.table)),
    }


def _of_patterns(rows: Sequence[Expected]) -> tuple[Source, ...]:
    announced = sum(one.is_announced for one in rows)
    found = []
    if announced:
        found.append(entries_behind(announced, " reported by the market", "dividend", "dividends"))
    if len(rows) - announced:
        found.append(entries_behind(len(rows) - announced, " after the pattern of past payments", "estimate", "estimates"))
    return tuple(found)


RULE = (
    "What the market has announced; else each payment of the past rhythm of a holding, a year on, as much for a unit as the last one. "
    "Before tax, on the units held and the balances of now, at the exchange rates of now. Estimates are no promise."
)


def _expected_year(report: IncomeReport) -> Explanation:
    figure = report.expected_year
    left_out = (*figure.warnings, *(f"{one.instrument.symbol}: {one.reason}" for one in report.expectations.unforeseen))
    if report.payments_on_cash and (none := report.expectations.why_no_interest):
        left_out = (*left_out, f"Interest on cash: {none}")
    more = {**_coming(report, report.expectations.all), "left_out": left_out}
    terms = _one_sum("payments to come, added up", "next 12 months", figure)
    return _explained(report, "expected_income", "Expected in the next 12 months", figure, RULE, terms, **more)


def _holding(report: IncomeReport, pk: int) -> Explanation:
    rows = report.expectations.of(pk)
    row = next((one for one in report.holdings if one.instrument is not None and one.instrument.id == pk), None)
    view = report.held[pk].instrument
    figure = (
        row.expected if row is not None else Figure.undefined("expected_income", Unit.MONEY, report.expectations.why_none(pk), report.scope.currency)
    )
    more = {**_coming(report, rows), "left_out": (report.expectations.why_none(pk),) if not rows else figure.warnings}
    terms = _one_sum("payments to come, added up", "next 12 months", figure)
    return _explained(report, f"holding_{pk}", f"Expected of {view.name}", figure, RULE, terms, **more)


def _expected(report: IncomeReport, one: Expected) -> Explanation:
    """Units × amount of one × rate, and the past payments that it follows."""
    if one.instrument is None:
        past = [paid for paid in reversed(report.payments_on_cash) if one.balance == f"cash_{paid.portfolio_id}_{paid.currency}"]
        terms = [
            Term("", "paid on each one of the balance", Figure("rate", Unit.FRACTION, one.each)),
            Term("×", "balance now", money(one.units, one.currency)),
        ]
    else:
        past = list(reversed(report.paid.by_instrument.get(one.instrument.id, ())))
        said = "units held" if one.day <= report.today or not one.is_announced else "units then"
        terms = [
            Term("", "paid on one unit", money(one.each, one.currency)),
            Term("×", said, Figure("quantity", Unit.UNITS, one.units)),
        ]
    if one.currency != report.scope.currency:
        terms.append(Term("×", "rate of now", one.rate))
    terms.append(Term("=", "expected, before tax", one.value))
    what = "announced" if one.is_announced else "estimate"
    more = {} if one.is_announced else _lines(report, past, _gross)
    return _explained(report, one.why_name, f"{one.words} of {one.name}, {what}", one.value, one.reason, tuple(terms), **more)


# ── ratios ──────────────────────────────────────────────────────────────────


def _yield(report: IncomeReport) -> Explanation:
    return _ratio(report, "income_yield", "Yield", report.income_yield, "value of the holdings", report.scope.table.holdings_value)


def _yield_on_cost(report: IncomeReport) -> Explanation:
    cost = money(abs(report.scope.table.cost), report.scope.currency)
    return _ratio(report, "yield_on_cost", "Yield on cost", report.yield_on_cost, "cost of the holdings", cost)


def holding_income_explanations(report: IncomeReport, pk: int) -> dict[str, Callable[[], Explanation]]:
    """Of the page of one holding: its yield on cost, and each payment to come."""
    makers: dict[str, Callable[[], Explanation]] = {"yield_on_cost": partial(_yield_on_cost_of, report, pk)}
    return makers | {coming.why_name: partial(_expected, report, coming) for coming in report.expectations.of(pk)}


def _yield_on_cost_of(report: IncomeReport, pk: int) -> Explanation:
    row, code = report.of_holding(pk), report.scope.currency
    cost = report.held[pk].cost if pk in report.held else ZERO
    terms = (
        Term("", "past 12 months", row.past_year),
        Term("÷", "cost of what is held", money(abs(cost), code)),
        Term("=", "yield on cost", row.yield_on_cost),
    )
    words = "What it paid in the past 12 months, before tax, over the cost of what is held now."
    name = report.scope.instruments[pk].name
    return _explained(report, "yield_on_cost", f"Yield on cost, {name}", row.yield_on_cost, words, terms, **_lines(report, _recent(report), _gross))


def _ratio(report: IncomeReport, name: str, title: str, figure: Figure, said: str, below: Figure) -> Explanation:
    above = money(report.of_held, report.scope.currency)
    terms = (Term("", "past 12 months, of what is held", above), Term("÷", said, below), Term("=", title.lower(), figure))
    words = f"What was paid in the past 12 months by what is still held, before tax, over the {said} now. Interest on cash is not in it."
    more = _lines(report, _recent(report, only_held=True), _gross)
    if name == "income_yield":
        more["inputs"] = (*more["inputs"], *prices_behind(report.scope.table.rows), *rates_behind(report.scope.table))  # type: ignore[misc]
    return _explained(report, name, title, figure, words, terms, **more)


def _expected_yield(report: IncomeReport) -> Explanation:
    figure, below = report.expected_yield, report.scope.table.holdings_value
    terms = (
        Term("", "next 12 months, of what is held", report.expected_of_held),
        Term("÷", "value of the holdings", below),
        Term("=", "expected yield", figure),
    )
    return _explained(
        report,
        "expected_yield",
        "Expected yield",
        figure,
        "What is expected in the next 12 months of what is held, over its value now. Interest on cash is not in it. " + RULE,
        terms,
        **_coming(report, report.expectations.of_holdings),
    )


def _growth(report: IncomeReport) -> Explanation:
    """The last year over the first, to the power of one over the years between, less one."""
    sums, code, figure = report.sums, report.scope.currency, report.growth
    terms: Terms = ()
    if figure.known:
        years = len(sums) - 1
        over = f"to the power of 1 ÷ {years}" if years > 1 else "a year before"
        factor = Figure("amount", Unit.NUMBER, float(sums[0] / sums[-1]) ** (1 / years))
        terms = (
            Term("", f"past 12 months ÷ those {counted(years, 'year')} before, {over}" if years > 1 else f"past 12 months ÷ those {over}", factor),
            Term("−", "one", Figure("amount", Unit.NUMBER, Decimal(1))),
            Term("=", "growth a year", figure),
        )
    lines = tuple(
        Line("The past 12 months" if not back else f"{counted(back, 'year')} before", (money(amount, code),)) for back, amount in enumerate(sums)
    )
    words = "How fast the income of 12 months grew, a year, over at most five years; purchases and sales of holdings are in it."
    return _explained(
        report, "income_growth", "Growth of income", figure, words, terms, rows_title="Years of 365 days", columns=(f"In {code}",), lines=lines,
        inputs=(entries_behind(len(report.paid.payments), "", "payment", "payments"),),
    )  # fmt: skip


def _reclaimable(report: IncomeReport) -> Explanation:
    figure, code = report.withheld.reclaimable, report.scope.currency
    rows = [row for row in report.withheld.rows if row.reclaimable.known and row.reclaimable.value]
    lines = tuple(
        Line(
            country_name(row.country),
            (money(row.amounts.gross, code), money(row.amounts.withheld, code), row.reclaimable),
            terms=(
                Term("", "withheld", money(row.amounts.withheld, code)),
                Term("−", f"{TREATY:.0%} of the dividends", money(row.amounts.gross * TREATY, code)),
                Term("=", "above it", row.reclaimable),
            ),
        )
        for row in rows
    )
    words = (
        f"What other countries withheld of dividends beyond {TREATY:.0%}, which most treaties leave them. "
        "It may be claimed back there; your own treaty decides, and this is no tax advice."
    )
    inputs = (entries_behind(sum(one.kind in DIVIDENDS for one in report.payments), "", "dividend", "dividends"),)
    return _explained(
        report, "reclaimable", "Tax that may be claimed back", figure, words, _one_sum("countries, added up", "reclaimable", figure),
        rows_title="By country", columns=("Dividends", "Withheld", "Above"), lines=lines, inputs=inputs,
    )  # fmt: skip
