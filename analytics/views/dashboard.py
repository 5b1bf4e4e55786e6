"""What a person owns, what it is worth now, what it gained, and how it did against an index."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from analytics import selectors
from analytics.selectors import Dashboard
from analytics.views.choice import Choice, choice_of
from analytics.views.explain import explanation_page
from analytics.views.tables import listing
from analytics.views.wholes import parts_of, tiles_of
from market.choices import Quality
from portfolio_site.web import charts
from portfolio_site.web.pages import render_page


@require_GET
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """`?p=` the portfolio, `?why=` the figure to explain.  Who has no portfolio yet is welcomed first."""
    choice = choice_of(request)
    if not choice.all and choice.chosen is None:
        return redirect("welcome")
    data = selectors.dashboard(request.user, choice.portfolios, currency=choice.currency)
    why = request.GET.get("why", "")
    if why:
        return explanation_page(request, data.explanations, why, {"page": "dashboard", **choice.context()})
    seen = {row.instrument.currency for row in data.table.rows} | {choice.currency} | {cash.currency for cash in data.table.cash}
    return render_page(request, "analytics/dashboard.html", _context(choice, data), fragment="figures", currencies=seen)


def _context(choice: Choice, data: Dashboard) -> dict[str, Any]:
    chart = charts.performance(_history(data)) if len(data.chart.days) > 1 else None
    classes, currencies = parts_of(data.by_class), parts_of(data.by_currency)
    periods = chart["periods"] if chart else []
    return {
        "page": "dashboard",
        **choice.context(),
        "data": data,
        "table": data.table,
        "warnings": data.warnings,
        "whys": set(data.explanations),
        "listing": listing(data.table, data.sparks, suffix=choice.suffix),
        "simulated": any(row.quote is not None and row.quote.quality == Quality.SIMULATED for row in data.table.rows),
        "chart": chart,
        "period": "1Y" if "1Y" in periods else "ALL",
        "fallback": _past_year(data),
        "classes": classes,
        "currency_parts": currencies,
        "allocation": {
            "views": {"cls": charts.donut(classes), "cur": charts.donut(currencies), "tree": charts.treemap(tiles_of(data.table))},
        },
    }


def _history(data: Dashboard) -> charts.History:
    series = data.chart
    name = data.benchmark.name if data.benchmark is not None else ""
    return charts.History(series.days, series.value, series.invested, series.index, series.benchmark, data.currency, name, series.same_money)


def _past_year(data: Dashboard) -> Sequence[float]:
    """The points that the server draws itself: those that the chart opens with."""
    since = next((i for i, day in enumerate(data.chart.days) if day >= data.year_start), 0)
    return data.chart.value[since:]
