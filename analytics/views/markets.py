"""The market: search, indices, what moved of one's holdings, and one's watchlists."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from analytics import selectors
from market.choices import Quality
from market.errors import UnknownWatchlist
from market.selectors import ListedInstrument
from portfolio_site.web.numbers import ranks
from portfolio_site.web.pages import render_page

LONGEST = 100
PARTS = frozenset({"hits", "watchlists"})  # ids of what htmx fetches by itself


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the open watchlist, its address, and its place when sorted by the change of the day."""

    row: ListedInstrument
    url: str
    by_day: str


@require_GET
@login_required
def markets(request: HttpRequest) -> HttpResponse:
    """`?q=` what to search for, `?list=` the watchlist that is open."""
    text = request.GET.get("q", "")[:LONGEST].strip()
    htmx = getattr(request, "htmx", None)
    part = htmx.target if htmx and htmx.target in PARTS else ""
    if part == "hits":
        found = selectors.search(request.user, text)
        context = {"page": "markets", "text": text, "found": found, "find_url": _at_sources(text)}
        return render_page(request, "analytics/markets.html", context, fragment=part, currencies={row.currency for row in found.rows})
    data = selectors.markets(request.user, text=text, list_id=_list_asked(request))
    shown = data.shown.rows if data.shown is not None else ()
    context = {
        "page": "markets",
        "text": text,
        "found": data.found,
        "find_url": _at_sources(text),
        "data": data,
        "movers": data.movers,
        "lines": [
            Line(row, reverse("instrument", args=[row.id]), place)
            for row, place in zip(shown, ranks(row.day_change_fraction for row in shown), strict=True)
        ],
        "sources": sorted({row.source for row in data.rows if row.source}),
        "simulated": any(row.quote is not None and row.quote.quality == Quality.SIMULATED for row in data.rows),
        "search_kept": f"&{urlencode({'q': text})}" if text else "",
    }
    return render_page(request, "analytics/markets.html", context, fragment=part, currencies={row.currency for row in data.rows})


def _at_sources(text: str) -> str:
    """Where sources are searched too; what is chosen there goes onto a watchlist."""
    return f"{reverse('instrument-find')}?{urlencode({'q': text, 'next': reverse('watch')})}"


def _list_asked(request: HttpRequest) -> int | None:
    text = request.GET.get("list", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UnknownWatchlist("There is no such watchlist.")
    return int(text)
