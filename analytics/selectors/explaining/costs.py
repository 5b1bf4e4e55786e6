"""Why the costs of a period are what they are, entry by entry; see `explain`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from analytics.choices import CostKind
from analytics.selectors.explaining.common import entries_behind, listed, money
from analytics.selectors.explanations import Explanation, Line, Source, Term
from analytics.selectors.period.costs import NOT_COUNTED, CostsReport, kind_of
from portfolio_site.kernel.figures import Figure
from portfolio_site.kernel.words import counted
from portfolios.selectors import CostPaid


def cost_makers(report: CostsReport) -> dict[str, Callable[[], Explanation]]:
    """By name: the whole, its shares, and each kind as `costs_withheld`."""
    kinds = {f"costs_{kind.value}": partial(_kind, report, kind) for kind in CostKind}
    shares = {"cost_share": partial(_share, report), "cost_of_gain": partial(_of_gain, report), "cost_drag": partial(_drag, report)}
    return {"costs": partial(_whole, report), **shares, **kinds}


def _entries(report: CostsReport, paid: list[CostPaid]) -> tuple[tuple[Line, ...], int]:
    code, views = report.stretch.scope.currency, report.stretch.scope.instruments
    lines = [
        Line(
            (views[one.instrument].symbol if one.instrument is not None else "Portfolio") + f", {one.entry.replace('_', ' ') or 'entry'}",
            (one.day, kind_of(one).label, money(one.amount, code)),
            None,
            one.event_id,
        )
        for one in reversed(paid)
    ]
    return listed(lines, 3, code)


def _of(report: CostsReport, name: str, title: str, figure: Figure, words: str, terms: tuple[Term, ...], paid: list[CostPaid]) -> Explanation:
    shown, more = _entries(report, paid)
    inputs: tuple[Source, ...] = (entries_behind(len({one.event_id for one in paid}), " with fees or taxes"),)
    return Explanation(
        name=name,
        title=title,
        figure=figure,
        as_of=report.stretch.last,
        words=words,
        terms=terms if figure.known else (),
        rows_title="Fees and taxes of the period",
        columns=("Day", "Kind", "Amount"),
        lines=shown,
        more_lines=more,
        inputs=inputs,
        left_out=(NOT_COUNTED, *report.stretch.scope.warnings),
    )


def _whole(report: CostsReport) -> Explanation:
    found = report.result()
    terms = (
        Term("", "booked as expenses", found.booked),
        Term("+", "inside the cost and the proceeds of trades", found.inside),
        Term("=", "costs", found.total),
    )
    words = "Every fee and tax of the period at the rate of its day. Those of trades are part of what was paid or received, the others are expenses."
    return _of(report, "costs", "Costs", found.total, words, terms, report.paid)


def _kind(report: CostsReport, kind: CostKind) -> Explanation:
    paid, code = [one for one in report.paid if kind_of(one) is kind], report.stretch.scope.currency
    total = money(sum(one.amount for one in paid), code, "costs")
    terms = (Term("", f"{counted(len(paid), 'amount')}, added up", total), Term("=", kind.label.lower(), total))
    return _of(report, f"costs_{kind.value}", kind.label, total, "Each at the rate of its day.", terms, paid)


def _share(report: CostsReport) -> Explanation:
    terms = (Term("", "costs", report.total), Term("÷", "mean of the closes of the period", report.mean_value), Term("=", "part", report.share))
    words = "The costs of the period as a part of what was there on average."
    return _of(report, "cost_share", "Costs, as a part of the value", report.share, words, terms, report.paid)


def _of_gain(report: CostsReport) -> Explanation:
    terms = (Term("", "costs", report.total), Term("÷", "gain before costs", report.gain_before), Term("=", "part", report.of_gain))
    words = "The costs of the period as a part of what was gained before they were paid."
    return _of(report, "cost_of_gain", "Costs, as a part of the gain", report.of_gain, words, terms, report.paid)


def _drag(report: CostsReport) -> Explanation:
    stretch = report.stretch
    terms = (
        Term("", "return before costs", stretch.gross_twr),
        Term("−", "return after costs", stretch.net_twr),
        Term("=", "difference", report.drag),
    )
    words = "What costs took off the time-weighted return: before them it counts what was paid as money taken out at the end of its day."
    return _of(report, "cost_drag", "What costs took off the return", report.drag, words, terms, report.paid)
