"""All holdings with all their figures."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics.selectors import Explanations, Scope, column_explanations, method_explanations_of
from analytics.selectors.explaining import names as explain_names
from analytics.views.choice import Choice, choice_of
from analytics.views.explain import explanation_page
from analytics.views.tables import GROUPINGS, listing, sparks_of
from market.selectors import get_instrument
from portfolio_site.web.pages import render_page
from portfolios.choices import CostMethod
from portfolios.selectors import holdings_of, under_method


@require_GET
@login_required
def holdings(request: HttpRequest) -> HttpResponse:
    """`?p=` the portfolio, `?group=` class, sector, country or currency, `?closed=1` what was sold entirely as well.

    `?as_of=` an earlier day, `?known_at=` as it was known on a day.  `?why=` the column to explain; with `?method=`, what the
    comparison of methods says of that one, of all or of `?instrument=`.
    """
    choice = choice_of(request, timed=True)
    moment = choice.moment
    why = request.GET.get("why", "")
    if why:
        return explanation_page(request, _explanations(request, choice), why, {"page": "holdings", **choice.context()})
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
        "whys": explain_names.COLUMNS,
        "show_closed": request.GET.get("closed") == "1",
    }
    seen = {row.instrument.currency for row in table.rows} | {table.currency} | {cash.currency for cash in table.cash}
    return render_page(request, "analytics/holdings.html", context, fragment="table", currencies=seen)


def _explanations(request: HttpRequest, choice: Choice) -> Explanations:
    """Of the columns, or of one method in the chosen portfolio.  Raises NotFound where there is no such instrument."""
    method, number, moment = request.GET.get("method", ""), request.GET.get("instrument", ""), choice.moment
    if method not in CostMethod.values or choice.chosen is None:
        return column_explanations(Scope(choice.portfolios, choice.currency, as_of=moment.as_of, known_at=moment.known_at))
    known = number.isascii() and number.isdigit() and len(number) <= 18
    instrument = get_instrument(request.user, int(number)) if known else None
    scope = Scope(under_method([choice.chosen], method), choice.currency, as_of=moment.as_of, known_at=moment.known_at)
    return method_explanations_of(scope, instrument)
