"""Why the figures of a comparison are what they are; see `explain`.  What the reports of returns and of risk explain is explained by them.

Names: a figure of the portfolio by itself has its own (`twr`), one beside a line that of the line behind it (`beta_12`, `lead_i45`), one of the
portfolio without its trades begins with `untraded_`, and one of a portfolio among others ends with its number (`gain_p3`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from functools import partial

import numpy as np

from analytics.engine import drawdown
from analytics.engine.errors import Undefined
from analytics.selectors.comparing.portfolios import SideBySide, income_of
from analytics.selectors.comparing.report import Beside, CompareReport
from analytics.selectors.comparing.untraded import WithoutTrades
from analytics.selectors.explaining.common import entries_behind, listed, money, net_worth
from analytics.selectors.explaining.performance import gain, lead, time_weighted
from analytics.selectors.explaining.returns import money_weighted, over_benchmark
from analytics.selectors.explaining.risk import ratio_makers
from analytics.selectors.explaining.risk_beside import beside_makers
from analytics.selectors.explaining.risk_common import Numbers, calculation, spread_terms
from analytics.selectors.explanations import Explanation, Explanations, Line, Source, Term
from analytics.selectors.performance import Stretch
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.scope import in_words
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.words import counted
from portfolios.ledger.records import INCOME

Makers = dict[str, Callable[[], Explanation]]


def comparison_explanations(report: CompareReport) -> Explanations:
    """By name, for every figure of a comparison with others."""
    makers = _of_window(report.window)
    for one in report.besides:
        makers |= _suffixed(_of_line(one), one.other.key)
    return Explanations({**makers, **_untraded(report.untraded)})


def sides_explanations(sides: SideBySide) -> Explanations:
    """By name, for every figure of portfolios side by side."""
    makers: Makers = {}
    for pk, window in sides.windows.items():
        makers |= _suffixed({**_of_window(window), **_of_side(window)}, f"p{pk}", window.scope.portfolios[0].name)
    return Explanations(makers)


def _suffixed(makers: Mapping[str, Callable[[], Explanation]], key: str, whose: str = "") -> Makers:
    def make(name: str, maker: Callable[[], Explanation]) -> Explanation:
        made = maker()
        return replace(made, name=f"{name}_{key}", title=f"{made.title}, {whose}" if whose else made.title)

    return {f"{name}_{key}": partial(make, name, maker) for name, maker in makers.items()}


# ── by itself ───────────────────────────────────────────────────────────────


def _of_window(window: RiskWindow) -> Makers:
    scope, stretch = window.scope, window.stretch
    ratios = ratio_makers(window)
    return {
        "twr": partial(time_weighted, scope, stretch),
        "twr_annualised": partial(_annualised, stretch),
        "gain": partial(gain, scope, stretch),
        "volatility": ratios["volatility"],
        "maximum_drawdown": ratios["maximum_drawdown"],
    }


def _of_side(window: RiskWindow) -> Makers:
    scope, stretch = window.scope, window.stretch
    value = partial(net_worth, scope) if stretch.last == scope.today else partial(_worth_then, window)
    return {
        "value": value,
        "mwr": partial(money_weighted, scope, stretch),
        "risk_level": ratio_makers(window)["risk_level"],
        "income": partial(_income, window),
    }


def _annualised(stretch: Stretch) -> Explanation:
    return _annual(stretch.twr_annualised, stretch.twr, stretch.days, stretch.last, stretch.scope.warnings)


def _annual(annual: Figure, total: Figure, days: int, last: date, left_out: tuple[str, ...]) -> Explanation:
    """One unit grown by the return, to the power of a year over the days."""
    terms: tuple[Term, ...] = (Term("=", "return a year", annual),)
    if annual.value is not None and total.value is not None:
        grown = float(1.0 + float(total.value)) ** (365 / days)
        terms = (Term("", f"what one unit became, to the power of 365 ÷ {days}", _number(grown)), Term("−", "the unit", _number(1.0)), *terms)
    return Explanation(
        "twr_annualised", "Return a year", annual, last,
        "The return of each year that would have made the return of the period.", terms,
        inputs=(Source(f"Return of {counted(days, 'day', 'days')}", total, "computed from closes and entries", last, kind="series"),), left_out=left_out,
    )  # fmt: skip


def _number(value: float, name: str = "growth") -> Figure:
    return Figure(name, Unit.NUMBER, value)


def _worth_then(window: RiskWindow) -> Explanation:
    stretch = window.stretch
    return Explanation(
        "value", "Value", stretch.end_value, stretch.last,
        f"Every holding at the close of {in_words(stretch.last)}, and cash, in {window.scope.currency}.",
        (
            Term("", f"value at the close of {in_words(stretch.daily.first)}", stretch.start_value),
            Term("+", "paid in less taken out", stretch.net_flows), Term("+", "gain", stretch.gain), Term("=", "value", stretch.end_value),
        ),
        left_out=window.scope.warnings,
    )  # fmt: skip


def _income(window: RiskWindow) -> Explanation:
    scope, total = window.scope, income_of(window)
    before, last = window.stretch.daily.first, window.stretch.last
    rows = [row for book in scope.books for row in book.postings if row.kind == INCOME and before < row.day <= last]
    rows.sort(key=lambda row: row.day, reverse=True)
    lines = [
        Line(
            "Interest and the like" if row.instrument is None else scope.instruments[row.instrument].name,
            (row.day, money(row.amount, scope.currency)), row.instrument, row.event_id,
        )
        for row in rows
    ]  # fmt: skip
    shown, more = listed(lines, 2, scope.currency)
    return Explanation(
        "income", "Income", total, last, "Dividends and interest before tax on the days of the period, each at the rate of its day.",
        (Term("", counted(len(rows), "payment", "payments"), total), Term("=", "income", total)),
        rows_title="Payments", columns=("Day", "Received"), lines=shown, more_lines=more, inputs=(entries_behind(len(rows), "", "payment", "payments"),),
    )  # fmt: skip


# ── beside a line ───────────────────────────────────────────────────────────


def _of_line(one: Beside) -> Makers:
    window, scope, stretch = one.window, one.window.scope, one.stretch
    return {
        **beside_makers(window),
        "excess": partial(over_benchmark, scope, stretch),
        "lead": partial(lead, scope, stretch),
        "same_money": partial(_same_money, one),
        "benchmark_twr": partial(_own_return, one),
        "benchmark_twr_annualised": partial(
            _annual, one.line.alone.twr_annualised, one.line.alone.twr, stretch.days - stretch.opening, stretch.last, scope.benchmark_notes
        ),
        "benchmark_volatility": partial(_own_volatility, one),
        "benchmark_maximum_drawdown": partial(_own_fall, one),
    }


def _levels_behind(one: Beside) -> tuple[Source, ...]:
    return (Source(one.other.view.name, None, "closes, dividends and rates of the same days", one.stretch.last, kind="series"),)


def _own(one: Beside, name: str, title: str, shown: Figure, words: str, terms: tuple[Term, ...]) -> Explanation:
    return Explanation(
        name,
        f"{title}, {one.other.view.name}",
        shown,
        one.stretch.last,
        words,
        terms,
        inputs=_levels_behind(one),
        left_out=one.window.scope.benchmark_notes,
    )


def _own_return(one: Beside) -> Explanation:
    twr = one.line.alone.twr
    terms: tuple[Term, ...] = ()
    if twr.known:
        opened = one.stretch.daily.first + timedelta(days=one.stretch.opening)
        terms = (
            Term("", f"its level on {in_words(one.stretch.last)}", _number(float(one.level[-1]))),
            Term("÷", f"its level at the close of {in_words(opened)}", _number(float(one.level[0]))),
            Term("−", "the unit", _number(1.0)),
        )
    words = "Its level at the end over the one at the beginning, with dividends reinvested where they are known, in the currency of the report."
    return _own(one, "benchmark_twr", "Return", twr, words, (*terms, Term("=", "return", twr)))


def _own_volatility(one: Beside) -> Explanation:
    def numbers() -> Numbers:
        return spread_terms(one.window, one.window.pair[1])

    words = "How far its returns on the trading days of the portfolio lie from their mean, as a standard deviation, scaled to a year."
    return _own(one, "benchmark_volatility", "Volatility", one.volatility, words, calculation(numbers, "volatility", one.volatility))


def _own_fall(one: Beside) -> Explanation:
    worst = one.worst
    terms: tuple[Term, ...] = ()
    if worst.value:
        deepest, opened = drawdown.drawdowns(one.level, 1)[0], one.stretch.daily.first + timedelta(days=one.stretch.opening)
        high, low = (opened + timedelta(days=at) for at in (deepest.peak, deepest.trough))
        terms = (
            Term("", f"its level on {in_words(low)}", _number(float(one.level[deepest.trough]))),
            Term("÷", f"its level at the high of {in_words(high)}", _number(float(one.level[deepest.peak]))),
            Term("−", "the unit", _number(1.0)),
        )
    return _own(
        one,
        "benchmark_maximum_drawdown",
        "Worst fall",
        worst,
        "How far its level lay under its highest close before, at its deepest.",
        (*terms, Term("=", "fall", worst)),
    )


def _same_money(one: Beside) -> Explanation:
    """As the lead, told from the other side."""
    made, stretch, ends = lead(one.window.scope, one.stretch), one.stretch, one.line.result.same_money
    terms: tuple[Term, ...] = (Term("=", "the same money", ends),)
    if ends.known:
        daily, level = stretch.daily, stretch.benchmark_index
        net = np.concatenate(([daily.value[0]], daily.inflow - daily.outflow))
        grown = net * level[-1] / level
        opening = money(float(grown[0]), stretch.scope.currency)
        flows = money(float(ends.value or 0) - float(grown[0]), stretch.scope.currency)
        terms = (
            Term("", "what the value at the close before became", opening),
            Term("+", "what was paid in since became, less what was taken out", flows),
            *terms,
        )
    return replace(made, name="same_money", title=f"The same money in {one.other.view.name}", figure=ends, terms=terms,
                   words=f"Every flow buys or sells {one.other.view.name} at the close of its day; what that would be worth at the end.")  # fmt: skip


# ── without trades ──────────────────────────────────────────────────────────


def _untraded(of: WithoutTrades) -> Makers:
    makers: Makers = {
        "untraded_difference": partial(_difference, of),
        "untraded_points": partial(_points, of),
        "untraded_gain": partial(_kept_gain, of),
        "untraded_value": partial(_kept_value, of),
    }
    try:
        other = of.other
    except Undefined:
        return makers
    inner = _of_window(other)
    names = ("twr", "twr_annualised", "volatility", "maximum_drawdown")

    def make(name: str) -> Explanation:
        made = inner[name]()
        return replace(made, name=f"untraded_{name}", title=f"{made.title} without trades", left_out=(*of.notes, *made.left_out))

    return {**makers, **{f"untraded_{name}": partial(make, name) for name in names}}


def _since(of: WithoutTrades) -> str:
    try:
        return f"after the close of {in_words(of.since)}"
    except Undefined:
        return "in the period"


def _kept_lines(of: WithoutTrades) -> list[Line]:
    lines = [Line(row.instrument.name, (row.units_then, row.units, row.value_then, row.value), row.instrument.id) for row in of.kept]
    if of.kept and of.rest.known:
        lines.append(Line("Cash, and what stands at its cost", ("", "", "", of.rest)))
    return lines


def _told(of: WithoutTrades, name: str, title: str, shown: Figure, words: str, terms: tuple[Term, ...]) -> Explanation:
    lines, more = listed(_kept_lines(of), 4, of.scope.currency)
    return Explanation(
        name, title, shown, of.stretch.last, words, terms,
        rows_title="What was kept", columns=("Units then", "Units now", "Worth then", "Worth now"), lines=lines, more_lines=more,
        inputs=(Source("Entries without the trades", None, "your ledger", None, kind="entries"),), left_out=(*of.notes, *of.scope.warnings),
    )  # fmt: skip


def _difference(of: WithoutTrades) -> Explanation:
    terms = (Term("", "gain", of.stretch.gain), Term("−", "gain without trades", of.gain), Term("=", "what trading brought", of.difference))
    words = f"What was gained, less what would have been had nothing been traded {_since(of)}: units kept, money of purchases and sales left where it was."
    return _told(of, "untraded_difference", "What trading brought", of.difference, words, terms)


def _points(of: WithoutTrades) -> Explanation:
    twr = of.alone.twr
    terms = (Term("", "time-weighted return", of.stretch.twr), Term("−", "without trades", twr), Term("=", "difference", of.points))
    return _told(of, "untraded_points", "Return over not trading", of.points, f"The return less the one had nothing been traded {_since(of)}.", terms)


def _kept_gain(of: WithoutTrades) -> Explanation:
    terms: tuple[Term, ...] = (Term("=", "gain without trades", of.gain),)
    if of.gain.known:
        daily, code = of.path.daily, of.scope.currency
        flows = float(daily.inflow.sum() - daily.outflow.sum())
        terms = (
            Term("", "value at the end", of.value), Term("−", f"value at the close of {in_words(daily.first)}", money(float(daily.value[0]), code)),
            Term("−", "paid in less taken out", money(flows, code)), *terms,
        )  # fmt: skip
    return _told(of, "untraded_gain", "Gain without trades", of.gain, f"What would have been gained had nothing been traded {_since(of)}.", terms)


def _kept_value(of: WithoutTrades) -> Explanation:
    terms: tuple[Term, ...] = (Term("=", "value without trades", of.value),)
    if of.value.known and of.rest.known:
        held = money(float(of.value.value or 0) - float(of.rest.value or 0), of.scope.currency)
        terms = (Term("", "holdings kept", held), Term("+", "cash, and what stands at its cost", of.rest), *terms)
    return _told(of, "untraded_value", "Value without trades", of.value, f"What it would be worth had nothing been traded {_since(of)}.", terms)
