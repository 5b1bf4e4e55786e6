"""The report of returns: the period against the benchmark, its falls, and the years.  Beside what all reports have (analytics.views.reports):
`?returns=gross`, and `?tab=`, for which see analytics.views.returns_tabs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics import selectors
from analytics.selectors import MonthCell, PerformanceSeries, Returns, YearRow, interval_ends
from analytics.selectors.period.unusual import UnusualDay
from analytics.views.reports import Asked, asked, report_page
from analytics.views.returns_files import FILES, Point, name_of, point_of, returns_tables
from analytics.views.returns_tabs import MADE, TABS, Tab
from portfolio_site.kernel.errors import NotFound
from portfolio_site.kernel.figures import Figure
from portfolio_site.web import charts
from portfolio_site.web.numbers import pct, signed0

MOST_BARS = 12
WARMEST = (0.06, 0.03, 0.01, 0.00005)  # returns of a month from which a cell has its colour in full, and lesser ones
MOST_ROWS = 62  # of the table beside the chart: every day up to so many, else the last day of each month


@require_GET
@login_required
def performance(request: HttpRequest) -> HttpResponse:
    """See analytics.views.reports for the address."""
    ask = asked(request, returns=True)
    named = request.GET.get("tab", "")
    if named in MADE:
        tab = MADE[named](request, ask)
    elif named:
        raise NotFound("There is no such tab.")
    else:
        report = selectors.returns_of(ask.scope, ask.start, ask.end)
        tab = Tab("analytics/performance.html", _context(ask, report), report.explanations, lambda: returns_tables(report))
    return report_page(
        request,
        ask,
        tab.template,
        page="performance",
        part=named,
        context={"tab": named, "tabs": TABS, **tab.context},
        explanations=tab.explanations,
        tables=tab.tables,
        extras=("tab", *tab.extras),
    )


def _context(ask: Asked, report: Returns) -> dict[str, Any]:
    drawn = report.chart
    name = ask.scope.benchmark.name if ask.scope.benchmark is not None else ""
    chart = None
    if len(drawn.days) > 1:
        lines = (drawn.value, drawn.invested, drawn.index, drawn.benchmark)
        marks = [charts.Happened(one.day, _said(one)) for one in report.unusual]
        history = charts.History(drawn.days, *lines, ask.choice.currency, name, drawn.same_money, marks)
        chart = charts.performance(history, wanted=())
    falls = charts.falls(drawn.days, report.drawdown) if any(report.drawdown) else None
    return {
        "report": report,
        "found": report.performance,
        "chart": chart,
        "fallback": [value - 1.0 for value in drawn.index],
        "twin": _twin(report.performance.series, ask.choice.currency),
        "falls_chart": falls,
        "bridge_chart": _bridge(report, ask.choice.currency),
        "parts_chart": _parts(report),
        "heat": [_heat(year) for year in report.years],
        "years": [(year, f"over_{year.year}") for year in report.years],
        "falls": [(fall, f"fall_{place}") for place, fall in enumerate(report.falls, start=1)],
        "stretches": [(one, f"stretches_{one.years}") for one in report.rolling],
        "growth": report.growth,
        "unusual": [(one, f"unusual_{one.day.isoformat()}") for one in report.unusual],
        "changes": (("Today", "change_today", report.growth.today), ("This month", "change_month", report.growth.month)),
        "files": FILES,
    }


def _said(one: UnusualDay) -> str:
    """What hovering the mark of an unusual day says: "Unusual day, −3.66%: AAPL −€9,628, Cash €12"."""
    brought = ", ".join(f"{'Cash' if driver.instrument is None else driver.instrument.symbol} {signed0(driver.gain)}" for driver in one.drivers)
    return f"Unusual day, {pct(one.twr)}" + (f": {brought}" if brought else "")


def _twin(series: PerformanceSeries, currency: str) -> list[Point]:
    """The series as rows, latest first."""
    places = interval_ends(series.days, "day" if len(series.days) <= MOST_ROWS else "month")
    return [point_of(series, int(place), currency) for place in places[::-1]]


def _bridge(report: Returns, currency: str) -> charts.Chart | None:
    one = report.bridge
    if not (one.price.known and one.flows.known):
        return None
    costs = replace(one.costs, value=-one.costs.value) if one.costs.value is not None else one.costs
    steps = [("Paid in", one.flows), ("Price", one.price), ("Currency", one.currency), ("Income", one.income), ("Costs", costs)]
    return charts.bridge([charts.Step(*step) for step in steps], currency, flows=frozenset({"Paid in"}), total_name="Change")


def _parts(report: Returns) -> charts.Chart | None:
    """The largest contributions by size, in the order of the table; what is left as one bar."""
    known = [(name_of(part), float(part.contribution.value)) for part in report.parts if part.contribution.value is not None]
    if not known:
        return None
    if len(known) > MOST_BARS:
        largest = sorted(known, key=lambda one: -abs(one[1]))[: MOST_BARS - 1]
        rest = sum(points for _, points in known) - sum(points for _, points in largest)
        known = [one for one in known if one in largest] + [("Others", rest)]
    return charts.contributions([name for name, _ in known], [points for _, points in known])


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One year of the heat map; each cell with the class of its colour."""

    year: YearRow
    cells: list[tuple[MonthCell, str]]
    colour: str
    why: str


def _heat(year: YearRow) -> HeatRow:
    return HeatRow(year, [(cell, _warmth(cell.twr, 1.0)) for cell in year.months], _warmth(year.twr, 3.0), f"year_{year.year}")


def _warmth(one: Figure, scale: float) -> str:
    """heat-up-4 … heat-up-1, heat-0, heat-down-1 … heat-down-4."""
    if one.value is None:
        return "heat-none"
    value = float(one.value) / scale
    strength = next((4 - place for place, edge in enumerate(WARMEST) if abs(value) >= edge), 0)
    return f"heat-{'up' if value > 0 else 'down'}-{strength}" if strength else "heat-0"
