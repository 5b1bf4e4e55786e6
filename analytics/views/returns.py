"""The report of returns: the period against the benchmark, its falls, and the years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics import selectors
from analytics.selectors import PerformanceSeries, Returns, interval_ends
from analytics.views.reports import Asked, asked, report_page
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolio_site.web.downloads import Column, Table

FILES = (("figures", "Figures"), ("series", "Daily series"), ("falls", "Falls"), ("years", "Calendar years"))
MOST_ROWS = 62  # of the table beside the chart: every day up to so many, else the last day of each month


@require_GET
@login_required
def performance(request: HttpRequest) -> HttpResponse:
    """See analytics.views.reports for the address."""
    ask = asked(request)
    report = selectors.returns_of(ask.scope, ask.start, ask.end)
    return report_page(
        request,
        ask,
        "analytics/performance.html",
        page="performance",
        context=_context(ask, report),
        explanations=report.explanations,
        tables=lambda: _tables(report),
    )


def _context(ask: Asked, report: Returns) -> dict[str, Any]:
    drawn = report.chart
    name = ask.scope.benchmark.name if ask.scope.benchmark is not None else ""
    chart = None
    if len(drawn.days) > 1:
        history = charts.History(drawn.days, drawn.value, drawn.invested, drawn.index, drawn.benchmark, ask.choice.currency, name, drawn.same_money)
        chart = charts.performance(history, wanted=())
    falls = charts.falls(drawn.days, report.drawdown) if any(report.drawdown) else None
    return {
        "report": report,
        "found": report.performance,
        "chart": chart,
        "fallback": [value - 1.0 for value in drawn.index],
        "twin": _twin(report.performance.series, ask.choice.currency),
        "falls_chart": falls,
        "files": FILES,
    }


@dataclass(frozen=True, slots=True)
class Point:
    """One row of the table beside the chart."""

    day: date
    value: Figure
    twr: Figure
    benchmark_twr: Figure | None


def _twin(series: PerformanceSeries, currency: str) -> list[Point]:
    """The series as rows, latest first."""
    places = interval_ends(series.days, "day" if len(series.days) <= MOST_ROWS else "month")
    return [_point(series, int(place), currency) for place in places[::-1]]


def _point(series: PerformanceSeries, place: int, currency: str) -> Point:
    other = series.benchmark_twr
    return Point(
        day_of(int(series.days[place])),
        Figure("value", Unit.MONEY, float(series.value[place]), currency=currency),
        Figure("twr", Unit.FRACTION, float(series.twr[place])),
        None if other is None else Figure("benchmark_twr", Unit.FRACTION, float(other[place])),
    )


# ── files ───────────────────────────────────────────────────────────────────


def _columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _tables(report: Returns) -> list[Table]:
    found = report.performance
    figures = [found.start_value, found.end_value, found.net_flows, found.gain, found.twr, found.twr_annualised, found.mwr, found.modified_dietz]
    figures += [report.worst_fall, found.volatility]
    if found.benchmark is not None:
        bench = found.benchmark
        figures += [bench.twr, bench.twr_annualised, bench.same_money, bench.lead, bench.excess]
    return [
        Table("figures", "Figures", _columns("figure", "value", "unit"), [(one.name, one, one.currency or one.unit.value) for one in figures]),
        _series_table(found.series, found.currency),
        Table(
            "falls",
            "Falls",
            _columns("high", "low", "recovered", "days", "depth"),
            [(one.high, one.low, one.recovered, one.days, one.depth) for one in report.falls],
        ),
        Table(
            "years",
            "Calendar years",
            _columns("year", "twr", "benchmark_twr", "excess", "whole"),
            [(str(one.year), one.twr, one.benchmark_twr, one.excess, "yes" if one.is_whole else "no") for one in report.years],
        ),
    ]


def _series_table(series: PerformanceSeries, currency: str) -> Table:
    points = [_point(series, place, currency) for place in range(len(series.days))]
    invested = [Figure("invested", Unit.MONEY, amount, currency=currency) for amount in series.invested.tolist()]
    rows = [(one.day, one.value, put_in, one.twr, one.benchmark_twr) for one, put_in in zip(points, invested, strict=True)]
    return Table("series", "Daily series", _columns("date", "value", "invested", "twr", "benchmark_twr"), rows)
