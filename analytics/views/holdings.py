"""All holdings with all their figures."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics.views.choice import choice_of
from analytics.views.tables import GROUPINGS, listing, sparks_of
from portfolio_site.web.pages import render_page
from portfolios.selectors import holdings_of


@require_GET
@login_required
def holdings(request: HttpRequest) -> HttpResponse:
    """`?p=` the portfolio, `?group=` class, sector, country or currency, `?closed=1` what was sold entirely as well.

    `?as_of=` an earlier day, `?known_at=` as it was known on a day.
    """
    choice = choice_of(request, timed=True)
    moment = choice.moment
    table = holdings_of(choice.portfolios, currency=choice.currency, as_of=moment.as_of, known_at=moment.known_at)
    grouping = request.GET.get("group", "")
    context = {
        "page": "holdings",
        **choice.context(),
        "listing": listing(table, sparks_of((row.instrument.id for row in table.rows), until=moment.as_of), suffix=choice.suffix, grouping=grouping),
        "still": not moment.is_now,
        "table": table,
        "warnings": table.value.warnings,
        "groupings": GROUPINGS,
        "grouping": grouping if grouping in GROUPINGS else "",
        "show_closed": request.GET.get("closed") == "1",
    }
    seen = {row.instrument.currency for row in table.rows} | {table.currency} | {cash.currency for cash in table.cash}
    return render_page(request, "analytics/holdings.html", context, fragment="table", currencies=seen)
