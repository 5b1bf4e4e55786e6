"""The page of a public link: for whoever knows its address, signed in or not."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics.api.public import HEADERS
from analytics.selectors.public import public_report
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import charts, problems
from portfolio_site.web.addresses import coarse_network
from portfolio_site.web.pages import render_page
from portfolio_site.web.throttling import PublicThrottle, limit_page
from portfolios.services import open_link


@require_GET
def public_page(request: HttpRequest, token: str) -> HttpResponse:
    """Shares, returns and an index; amounts only where the owner allows them."""
    try:
        limit_page(request, PublicThrottle)
        report = public_report(open_link(token, coarse_network(request)))
    except DomainError as problem:
        answer = problems.page(request, problem)
    else:
        view, amounts = report.view, report.amounts
        context = {
            "view": view,
            "amounts": amounts,
            "rows": list(zip(view.parts, amounts.values if amounts else [None] * len(view.parts), strict=True)),
            "chart": charts.index_line(view.days, view.index) if len(view.days) > 1 else None,
        }
        answer = render_page(request, "analytics/public.html", context)
    for name, value in HEADERS.items():
        answer[name] = value
    return answer
