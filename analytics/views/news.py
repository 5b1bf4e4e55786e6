"""News of what is held, and the card of it on other pages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from analytics import selectors
from analytics.news_places import cursors_of, read_places
from analytics.selectors import NewsAsked
from analytics.views.choice import choice_of
from market.errors import UnknownInstrument
from market.models import Instrument
from market.selectors import NewsOrder, get_instrument
from market.services import news_sources
from portfolio_site.web.pages import render_page

ON_A_CARD = 4
NOT_TOLD = "none"  # in the address: of a language that nobody tells


@require_GET
@login_required
def news(request: HttpRequest) -> HttpResponse:
    """`?p=` the portfolio, `?instrument=`, `?publisher=`, `?language=` (`none`: not told), `?sort=newest`, `?cursor=` the place."""
    choice = choice_of(request)
    asked = _asked(request)
    found = selectors.news(request.user, choice.portfolios, choice.currency, asked)
    later, earlier = cursors_of(found.feed)
    context = {
        "page": "news",
        **choice.context(),
        "feed": found.feed,
        "held": found.held,
        "asked_at": found.asked_at,
        "asked": asked,
        "narrowed": bool(asked.publisher or asked.language is not None or asked.instrument),
        "newest_first": asked.order is NewsOrder.NEWEST,
        "later": later,
        "earlier": earlier,
        "here": request.get_full_path(),
        **_sources(),
    }
    return render_page(request, "analytics/news.html", context, fragment="feed")


@require_GET
@login_required
def news_card(request: HttpRequest) -> HttpResponse:
    """The first stories, for a card that other pages load: of the portfolio `?p=`, or of `?instrument=`."""
    choice = choice_of(request)
    asked = replace(_asked(request), size=ON_A_CARD)
    feed = selectors.news_stories(request.user, choice.portfolios, choice.currency, asked)
    context = {**choice.context(), "feed": feed, "asked": asked, **_sources()}
    return render_page(request, "analytics/news_card.html", context)


def _asked(request: HttpRequest) -> NewsAsked:
    """What is asked for; a cursor that no list gave begins at the start.  Raises UnknownInstrument."""
    language = request.GET.get("language", "")
    after, before = read_places(request.GET.get("cursor", "")) or (None, None)
    return NewsAsked(
        instrument=_instrument(request),
        publisher=request.GET.get("publisher", "")[:80],
        language=None if not language else "" if language == NOT_TOLD else language[:2],
        order=NewsOrder.NEWEST if request.GET.get("sort") == NewsOrder.NEWEST else NewsOrder.BEST,
        after=after,
        before=before,
    )


def _instrument(request: HttpRequest) -> Instrument | None:
    text = request.GET.get("instrument", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UnknownInstrument(f"“{text[:40]}” is no number of an instrument. Choose one in the filter of the news.")
    return get_instrument(request.user, int(text)) if text else None


def _sources() -> dict[str, Any]:
    """Where news comes from, and where it could."""
    sources = news_sources()
    return {"sources_on": [entry.title for entry, on in sources if on], "sources": [entry for entry, _ in sources]}
