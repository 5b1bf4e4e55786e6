"""The report of returns: the period against the benchmark, its falls, and the years."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics import selectors
from analytics.selectors import MonthCell, Part, PerformanceSeries, Returns, YearRow, interval_ends
from analytics.views.reports import Asked, asked, report_page
from market.selectors import day_of
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.web import charts
from portfolio_site.web.downloads import Column, Table

FILES = (
    ("figures", "Figures"),
    ("series", "Daily series"),
    ("drivers", "What changed the value"),
    ("contribution", "Contribution"),
    ("months", "Months"),
    ("falls", "Falls"),
    ("years", "Calendar years"),
)
MOST_BARS = 12
WARMEST = (0.06, 0.03, 0.01, 0.00005)  # returns of a month from which a cell has its colour in full, and lesser ones
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
        "bridge_chart": _bridge(report, ask.choice.currency),
        "parts_chart": _parts(report),
        "heat": [_heat(year) for year in report.years],
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


def name_of(part: Part) -> str:
    return part.instrument.symbol if part.instrument is not None else "Cash"


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One year of the heat map; each cell with the class of its colour."""

    year: YearRow
    cells: list[tuple[MonthCell, str]]
    colour: str


def _heat(year: YearRow) -> HeatRow:
    return HeatRow(year, [(cell, _warmth(cell.twr, 1.0)) for cell in year.months], _warmth(year.twr, 3.0))


def _warmth(one: Figure, scale: float) -> str:
    """heat-up-4 … heat-up-1, heat-0, heat-down-1 … heat-down-4."""
    if one.value is None:
        return "heat-none"
    value = float(one.value) / scale
    strength = next((4 - place for place, edge in enumerate(WARMEST) if abs(value) >= edge), 0)
    return f"heat-{'up' if value > 0 else 'down'}-{strength}" if strength else "heat-0"


# ── files ───────────────────────────────────────────────────────────────────


def _columns(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


def _tables(report: Returns) -> list[Table]:
    found, bridge = report.performance, report.bridge
    figures = [found.start_value, found.end_value, found.net_flows, found.gain, found.twr, found.twr_annualised, found.mwr, found.modified_dietz]
    figures += [report.gross_twr, report.worst_fall, found.volatility]
    if found.benchmark is not None:
        bench = found.benchmark
        figures += [bench.twr, bench.twr_annualised, bench.same_money, bench.lead, bench.excess]
    return [
        Table("figures", "Figures", _columns("figure", "value", "unit"), [(one.name, one, one.currency or one.unit.value) for one in figures]),
        _series_table(found.series, found.currency),
        Table(
            "drivers",
            "What changed the value",
            _columns("step", "amount"),
            [
                ("start_value", bridge.start),
                ("net_flows", bridge.flows),
                ("price", bridge.price),
                ("currency", bridge.currency),
                ("income", bridge.income),
                ("costs", bridge.costs),
                ("end_value", bridge.end),
            ],
        ),
        Table(
            "contribution",
            "Contribution",
            _columns("symbol", "name", "contribution", "gain", "price", "currency", "income", "costs", "held"),
            [
                (
                    name_of(one),
                    one.instrument.name if one.instrument else "",
                    one.contribution,
                    one.gain,
                    one.price,
                    one.currency,
                    one.income,
                    one.costs,
                    "yes" if one.is_held else "no",
                )
                for one in report.parts
            ],
        ),
        Table(
            "months",
            "Months",
            _columns("month", "twr", "whole"),
            [(cell.text, cell.twr, "yes" if cell.is_whole else "no") for year in report.years for cell in year.months[::-1] if cell.is_inside],
        ),
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
