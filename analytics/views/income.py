"""The report of income.  Beside what all reports have (analytics.views.reports): `?by=` month, quarter or year, `?stack=` kind or holding, and
`?expected=off` to leave out what is to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics.selectors.explaining.income import income_explanations
from analytics.selectors.income.buckets import HOLDING, KIND, LENGTHS, QUARTER, STACKS, YEAR
from analytics.selectors.income.feed import feed_of
from analytics.selectors.income.report import IncomeAsked, IncomeReport
from analytics.selectors.income.shapes import Amounts, Bucket, Income
from analytics.views.income_files import FILES, income_tables
from analytics.views.reports import Asked, asked, report_page
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolio_site.web.times import month

MOST_PARTS = 7  # with a colour of their own; the rest are "Others"
MOST_LISTED = 25  # payments with a row of their own; the files have all
MOST_HOLDINGS = 100
OTHERS = "Others"
ZERO = Decimal(0)


@require_GET
@login_required
def income(request: HttpRequest) -> HttpResponse:
    """See the head of this module for the address."""
    ask = asked(request)
    report = IncomeReport(ask.scope, _question(request, ask))
    return report_page(
        request,
        ask,
        "analytics/income.html",
        page="income",
        context={**_context(ask, report), "feed": feed_of(request.user)},
        explanations=income_explanations(report),
        tables=lambda: income_tables(report.result),
        extras=("by", "stack", "expected"),
    )


def _question(request: HttpRequest, ask: Asked) -> IncomeAsked:
    """What is asked; what cannot be read is as if it were not there."""
    by, stack = request.GET.get("by", ""), request.GET.get("stack", "")
    return IncomeAsked(
        start=ask.start,
        end=ask.end,
        by=by if by in LENGTHS else "",
        stack=stack if stack in STACKS else KIND,
        expected=request.GET.get("expected", "") != "off",
        residence=str(getattr(getattr(request, "preferences", None), "tax_residence", "") or ""),
    )


# ── what the page shows ─────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bars with its colour, and what it comes to in the period."""

    name: str
    colour: str
    amount: Figure


@dataclass(frozen=True, slots=True)
class BarRow:
    """A row of the table beside the bars."""

    label: str
    text: str
    amounts: Amounts
    expected: Decimal


def _context(ask: Asked, report: IncomeReport) -> dict[str, Any]:
    found = report.result
    stacked = _stacked(found)
    labels = [_label(one.first, found.by) for one in found.buckets]
    rows = [BarRow(label, one.text, one.amounts, one.to_come) for label, one in zip(labels, found.buckets, strict=True)]
    kept, rest = found.payments[:MOST_LISTED], found.payments[MOST_LISTED:]
    return {
        "report": found,
        "chart": charts.stacks([one.first for one in found.buckets], labels, stacked, found.currency) if stacked else None,
        "parts": _parts(found, stacked),
        "rows": rows[::-1],
        "payments": kept,
        "rest": _summed(rest) if rest else None,
        "rest_count": len(rest),
        "held": found.holdings[:MOST_HOLDINGS],
        "more_holdings": max(len(found.holdings) - MOST_HOLDINGS, 0),
        "several": len(ask.scope.portfolios) > 1,
        "names": {portfolio.pk: portfolio.name for portfolio in ask.choice.all},
        "lengths": [(key, key.capitalize()) for key in LENGTHS],
        "stacks": ((KIND, "Kind"), (HOLDING, "Holding")),
        "shows_expected": report.asked.expected,
        "no_benchmark": True,
        "files": FILES,
    }


def _label(first: date, by: str) -> str:
    return str(first.year) if by == YEAR else f"Q{(first.month + 2) // 3} {first.year}" if by == QUARTER else month(first)


def _summed(payments: Sequence[Any]) -> Amounts:
    whole = Amounts()
    for one in payments:
        whole = whole.plus(one.amounts)
    return whole


def _stacked(found: Income) -> list[charts.Stack]:
    """The parts of the bars, the smaller ones together."""
    own, others = found.parts[:MOST_PARTS], found.parts[MOST_PARTS:]
    made = [_stack(name, [key], found.buckets) for key, name in own]
    return [*made, _stack(OTHERS, [key for key, _ in others], found.buckets)] if others else made


def _stack(name: str, keys: Sequence[str], buckets: Sequence[Bucket]) -> charts.Stack:
    return charts.Stack(
        name,
        [sum((one.paid.get(key, ZERO) for key in keys), ZERO) for one in buckets],
        [sum((one.expected.get(key, ZERO) for key in keys), ZERO) for one in buckets],
    )


def _parts(found: Income, stacked: Sequence[charts.Stack]) -> list[Part]:
    sums = [sum((amount for amount in one.amounts if isinstance(amount, Decimal)), ZERO) for one in stacked]
    return [
        Part(one.name, f"c{place % 8 + 1}", Figure("amount", Unit.MONEY, amount, currency=found.currency))
        for place, (one, amount) in enumerate(zip(stacked, sums, strict=True))
    ]
