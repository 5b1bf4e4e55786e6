"""The page, or the drawer, that says why a figure is what it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse

from analytics.selectors import Explanation
from portfolio_site.kernel.errors import NotFound
from portfolio_site.web.pages import render_page


def explanation_page(request: HttpRequest, known: Mapping[str, Explanation], name: str, context: dict[str, Any]) -> HttpResponse:
    """The explanation called `name`.  Raises NotFound where the page has none of this name."""
    found = known.get(name)
    if found is None:
        raise NotFound("There is no explanation of this name.")
    seen = {figure.currency for figure in (found.figure, *(term.figure for term in found.terms)) if figure.currency}
    return render_page(request, "analytics/explain.html", {**context, "why": found}, fragment="drawer", currencies=seen)
