"""The page that says why figures changed: what was recorded and voided between two moments, and what each write did."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from market.models import Instrument
from portfolio_site.web.moments import chosen_moment, end_of
from portfolio_site.web.pages import render_page
from portfolios import selectors
from portfolios.errors import HoldingNotFound
from portfolios.models import Portfolio

DAYS_BACK = 30  # where the address says nothing
ON_A_PAGE = 100


@login_required
@require_GET
def portfolio_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """`?from=` and `?to=` the days whose knowledge is compared, `?as_of=` the day of the figures, `?instrument=` only one."""
    portfolio = selectors.get_portfolio(request.user, pk)
    since = chosen_moment({"known_at": request.GET.get("from", "")})
    to = chosen_moment({"known_at": request.GET.get("to", ""), "as_of": request.GET.get("as_of", "")})
    instrument = _instrument(portfolio, request.GET.get("instrument", ""))
    known_from = since.known_at or end_of(timezone.localdate() - timedelta(days=DAYS_BACK))
    known_to = to.known_at or timezone.now()
    backwards = known_to < known_from
    found = None if backwards else selectors.changes_between(portfolio, known_from, known_to, until=to.as_of, instrument=instrument)
    context: dict[str, Any] = {
        "page": "holdings",
        "portfolio": portfolio,
        "instrument": instrument,
        "found": found,
        "problem": since.problem or to.problem or ("The first day lies after the second. Exchange the two." if backwards else ""),
        "known_from": known_from,
        "known_to": to.known_at,
        "as_of": to.as_of,
    }
    codes = {portfolio.base_currency}
    if found is not None:
        context["listing"] = Paginator(found.changes, ON_A_PAGE).get_page(request.GET.get("page"))
        codes |= {code for change in context["listing"] for field in change.fields for code in (field.currency_before, field.currency_after) if code}
    return render_page(request, "portfolios/changes.html", context, fragment="changes", currencies=codes)


def _instrument(portfolio: Portfolio, text: str) -> Instrument | None:
    if not text:
        return None
    found = selectors.held_instrument(portfolio, int(text)) if text.isascii() and text.isdigit() and len(text) <= 18 else None
    if found is None:
        raise HoldingNotFound("There is no such holding.")
    return found
