"""Finding an instrument: what there is at once, what sources know as they answer; and taking in what one of them found.

`next` is the page that somebody came from to look for an instrument; it is gone back to with `instrument=` of the one that was chosen.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from market import selectors, services
from market.services import listing
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import came_from, render_page

PAGE = "instruments"


def _next(request: HttpRequest) -> str:
    """Where to go on with the instrument; empty for its own page."""
    return came_from(request, but="/", otherwise="")


def onward(address: str, pk: int) -> str:
    """The page that was come from, told which instrument was chosen; else the instrument's own."""
    if not address:
        return reverse("instrument", args=[pk])
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != "instrument"]
    return urlunsplit(parts._replace(query=urlencode([*kept, ("instrument", pk)])))


def _find_address(text: str, address: str) -> str:
    return f"{reverse('instrument-find')}?{urlencode({'q': text} | ({'next': address} if address else {}))}"


@login_required
@require_http_methods(["GET", "POST"])
def find(request: HttpRequest) -> HttpResponse:
    """`?q=`: a POST asks the sources, a GET tells what is known by now."""
    begins, refused = request.method == "POST", ""
    text, address = (request.POST if begins else request.GET).get("q", ""), _next(request)
    if begins:
        try:
            listing.start_search(request.user, text)
        except DomainError as problem:
            refused = problem.detail
        if not getattr(request, "htmx", None):
            if refused:
                messages.error(request, refused)
            return redirect(_find_address(text, address))
    view = selectors.found_instruments(request.user, text)
    context: dict[str, Any] = {
        "page": PAGE,
        "search": view,
        "rows": [(row, onward(address, row.id)) for row in view.known],
        "next": address,
        "can_ask": services.can_search(),
        "begins": begins,
        "refused": refused,
        "here": _find_address(view.text, address),
    }
    currencies = {row.currency for row in view.known}
    return render_page(request, "market/find.html", context, fragment="found", currencies=currencies)


@login_required
@require_http_methods(["GET", "POST"])
def take_in(request: HttpRequest) -> HttpResponse:
    """`q` and `key` name a hit; what it is, the sources say.  A GET, as after signing in anew, goes back to the search."""
    if request.method == "GET":
        return redirect(_find_address(request.GET.get("q", ""), _next(request)))
    text, address = request.POST.get("q", ""), _next(request)
    try:
        told = listing.start_listing(request.user, text, request.POST.get("key", ""))
    except DomainError as problem:
        messages.error(request, problem.detail)
        return redirect(_find_address(text, address))
    extra = {"q": text} | ({"next": address} if address else {})
    return redirect(f"{reverse('instrument-listing', args=[told.id])}?{urlencode(extra)}")


@login_required
@require_GET
def listing_progress(request: HttpRequest, number: str) -> HttpResponse:
    """How far it is; once it is done, on to where the instrument is wanted."""
    told, address = listing.get_listing(request.user, number), _next(request)
    if told.instrument_id is not None:
        messages.success(request, f"{told.name} is listed. Its prices are on their way.")
        return _gone(request, onward(address, told.instrument_id))
    context = {
        "page": PAGE,
        "told": told,
        "address": f"{request.path}?{urlencode({'q': request.GET.get('q', ''), 'next': address})}",
        "back": _find_address(request.GET.get("q", ""), address),
    }
    return render_page(request, "market/listing.html", context, fragment="progress")


def _gone(request: HttpRequest, address: str) -> HttpResponse:
    """A redirect, also for a part that htmx asked for."""
    htmx = getattr(request, "htmx", None)
    if not htmx or htmx.boosted:
        return HttpResponseRedirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response
