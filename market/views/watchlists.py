"""Pages of watchlists: making, naming and deleting one, what stands on it and in which order.  They are shown on the Markets page."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from market import selectors, services
from market.errors import UnknownInstrument
from market.forms import PlaceForm, WatchlistForm
from market.models import Instrument, Watchlist
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import came_from, render_page

PAGE = "markets"  # its place in the navigation


def _shown(pk: int) -> str:
    """Where a list is shown."""
    return f"{reverse(PAGE)}?list={pk}"


def _asked(request: HttpRequest) -> Instrument:
    """`instrument` of the form or the address.  Raises UnknownInstrument."""
    text = request.POST.get("instrument") or request.GET.get("instrument") or ""
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise UnknownInstrument("There is no such instrument. Search for it by name, symbol or ISIN.")
    return selectors.get_instrument(request.user, int(text))


@login_required
@require_GET
def watch(request: HttpRequest) -> HttpResponse:
    """On which lists `?instrument=` stands, each with a button that changes that, and a form for a new one."""
    return _watch_page(request, _asked(request), WatchlistForm())


def _watch_page(request: HttpRequest, instrument: Instrument, form: WatchlistForm) -> HttpResponse:
    lists = selectors.watchlists_of(request.user)
    if not lists and not form.is_bound:
        form.initial = {"name": "Watchlist"}
    context = {
        "page": PAGE,
        "instrument": instrument,
        "form": form,
        "lists": lists,
        "standing": selectors.watchlists_with(request.user, instrument.pk),
        "next": came_from(request, but=reverse("watch"), otherwise=reverse(PAGE)),
    }
    return render_page(request, "market/watch.html", context, fragment="drawer", status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def watchlist_add(request: HttpRequest) -> HttpResponse:
    """Makes a list, with `instrument` where one is sent: then the form is that of `watch`."""
    form = WatchlistForm(request.POST if request.method == "POST" else None)
    instrument = _asked(request) if "instrument" in request.POST else None
    if form.is_valid():
        try:
            made = services.create_watchlist(request.user, name=form.cleaned_data["name"], instruments=[] if instrument is None else [instrument])
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, f"{made.name} is made" if instrument is None else f"{instrument.symbol} is on {made.name}")
            return redirect(_shown(made.pk) if instrument is None else came_from(request, but=reverse("watch"), otherwise=_shown(made.pk)))
    if instrument is not None:
        return _watch_page(request, instrument, form)
    return render_page(request, "market/watchlist_add.html", {"page": PAGE, "form": form}, fragment="drawer", status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def watchlist_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Its name, the order of what stands on it, and the button that deletes it."""
    watchlist = selectors.get_watchlist(request.user, pk)
    form = WatchlistForm(request.POST if request.method == "POST" else None, initial={"name": watchlist.name})
    if form.is_valid():
        try:
            services.rename_watchlist(request.user, watchlist, name=form.cleaned_data["name"])
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, "The name is saved")
            return redirect("watchlist-edit", pk=pk)
    context = {"page": PAGE, "form": form, "watchlist": watchlist, "rows": selectors.watched(request.user, pk)}
    return render_page(request, "market/watchlist_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def watchlist_delete(request: HttpRequest, pk: int) -> HttpResponse:
    watchlist = selectors.get_watchlist(request.user, pk)
    services.delete_watchlist(request.user, watchlist)
    messages.success(request, f"{watchlist.name} is deleted")
    return redirect(PAGE)


# ── one instrument of a list ────────────────────────────────────────────────


def _both(request: HttpRequest, pk: int, instrument: int) -> tuple[Watchlist, Instrument]:
    return selectors.get_watchlist(request.user, pk), selectors.get_instrument(request.user, instrument)


def _back(request: HttpRequest, watchlist: Watchlist) -> HttpResponse:
    return redirect(came_from(request, but=reverse("watch"), otherwise=_shown(watchlist.pk)))


@login_required
@require_POST
def watchlist_put(request: HttpRequest, pk: int, instrument: int) -> HttpResponse:
    """Puts it on the list, at its end or at `?place=`."""
    watchlist, one = _both(request, pk, instrument)
    try:
        is_new = services.add_to_watchlist(request.user, watchlist, one, place=PlaceForm(request.GET).asked())
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, f"{one.symbol} is on {watchlist.name}" if is_new else f"{one.symbol} was on {watchlist.name} already")
    return _back(request, watchlist)


@login_required
@require_POST
def watchlist_take(request: HttpRequest, pk: int, instrument: int) -> HttpResponse:
    """Takes it off the list; the toast puts it back where it was (`place` of the form)."""
    watchlist, one = _both(request, pk, instrument)
    place = PlaceForm(request.POST).asked()
    services.remove_from_watchlist(request.user, watchlist, one.pk)
    undo = reverse("watchlist-put", args=[pk, instrument]) + (f"?place={place}" if place else "")
    messages.success(request, f"{one.symbol} is off {watchlist.name}", extra_tags=undo)
    return _back(request, watchlist)


@login_required
@require_POST
def watchlist_move(request: HttpRequest, pk: int, instrument: int) -> HttpResponse:
    """Moves it to `place`."""
    watchlist, one = _both(request, pk, instrument)
    services.move_in_watchlist(request.user, watchlist, one.pk, place=PlaceForm(request.POST).asked() or 1)
    return redirect("watchlist-edit", pk=pk)
