"""Search and jump: every page, what the person holds, and every instrument that they may look at.

The palette loads its list from here, and instruments as letters are typed; without script it is a page.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from market.selectors import find_listed, instruments_visible_to
from portfolio_site.web.pages import navigation, render_page
from portfolios.selectors import held_instrument_ids, portfolios_of

LONGEST = 100
FOUND = "palette-found"  # the part that letters change


@dataclass(frozen=True, slots=True)
class Hit:
    """Something to jump to."""

    name: str
    note: str
    icon: str
    url: str
    keys: str = ""

    def matches(self, words: list[str]) -> bool:
        text = f"{self.name} {self.note}".casefold()
        return all(word in text for word in words)


def _hits(request: HttpRequest) -> list[Hit]:
    places = [Hit(place.name, "", place.icon, place.url, place.keys) for place in navigation().places]
    portfolios = list(portfolios_of(request.user))
    held = instruments_visible_to(request.user).filter(pk__in=held_instrument_ids(portfolios))
    holdings = [Hit(one.name, one.symbol, "briefcase", reverse("holding", args=[one.pk])) for one in held]
    books = [Hit(one.name, "Portfolio", "wallet", f"{reverse('dashboard')}?p={one.pk}") for one in portfolios]
    return places + holdings + books


def _instruments(request: HttpRequest, text: str) -> list[Hit]:
    """The pages of instruments that the text may mean.  One query, none for no text."""
    found = find_listed(request.user, text).rows
    return [Hit(one.name, f"{one.symbol} {one.exchange}".strip(), "chart-line", reverse("instrument", args=[one.id])) for one in found]


@require_GET
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """`?q=` words that must all occur; without any, every page and holding.  Instruments are found by symbol, name or ISIN."""
    text = request.GET.get("q", "")[:LONGEST]
    htmx = getattr(request, "htmx", None)
    found = _instruments(request, text)
    if htmx and htmx.target == FOUND:
        return render_page(request, "analytics/search.html", {"page": "search", "hits": (), "found": found}, fragment="found")
    words = text.casefold().split()
    hits = [hit for hit in _hits(request) if hit.matches(words)]
    return render_page(request, "analytics/search.html", {"page": "search", "hits": hits, "found": found, "text": text}, fragment="palette")
