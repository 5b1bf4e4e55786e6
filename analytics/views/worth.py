"""The report of value.  Beside what all reports have (analytics.views.reports): `look_through=1` divides funds by what is known of them.

The value is that of the end of the period: now, or the close of an earlier day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics.choices import By
from analytics.selectors import Slice, interval_ends
from analytics.selectors.explaining.value import DIMENSIONS
from analytics.selectors.worth import Worth, worth_in
from analytics.views.reports import Asked, asked, report_page
from analytics.views.returns_files import Point, point_of
from analytics.views.tables import listing
from analytics.views.wholes import tiles_of
from analytics.views.worth_files import FILES, worth_tables
from portfolio_site.web import charts

MOST_DAYS = 62  # of the table beside the chart: every day up to so many, else the last day of each month


@require_GET
@login_required
def value(request: HttpRequest) -> HttpResponse:
    """See the head of this module for the address."""
    ask = asked(request).at_its_end(request.user)
    report = worth_in(ask.scope, start=ask.start, look_through=request.GET.get("look_through", "") == "1")
    return report_page(
        request, ask, "analytics/value.html", page="value", context=_context(ask, report), explanations=report.explanations,
        tables=lambda: worth_tables(report), extras=("look_through",),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Card:
    """The value by one dimension; `why` names its explanation."""

    key: str
    title: str
    why: str
    rows: tuple[Slice, ...]


def _context(ask: Asked, report: Worth) -> dict[str, Any]:
    found, drawn = report.value, report.chart
    chart = None
    if len(drawn.days) > 1:
        chart = charts.performance(charts.History(drawn.days, drawn.value, drawn.invested, drawn.index, (), found.currency), wanted=())
    tiles = tiles_of(found.table)
    return {
        "report": report,
        "found": found,
        "listing": listing(found.table, {}, suffix=ask.choice.suffix),
        "chart": chart,
        "fallback": drawn.value,
        "twin": _twin(report),
        "map": charts.treemap(tiles) if found.table.has_weights and tiles else None,
        "cards": [Card(by.value, f"By {by.label.lower()}", name, found.parts(by)) for by, name in DIMENSIONS.items() if by is not By.HOLDING],
        "no_benchmark": True,
        "files": FILES,
    }


def _twin(report: Worth) -> list[Point]:
    """The series as rows, latest first."""
    series = report.series
    places = interval_ends(series.days, "day" if len(series.days) <= MOST_DAYS else "month")
    return [point_of(series, int(place), report.value.currency) for place in places[::-1]]
