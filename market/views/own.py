"""Pages of one's own instruments: their list, description and prices."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from market import selectors, services
from market.forms import InstrumentForm, PriceForm, PriceListForm
from market.models import Instrument
from market.providers.base import PriceRow
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page

_SHOWN = 60  # newest prices on the page


@login_required
@require_GET
def own_instruments(request: HttpRequest) -> HttpResponse:
    return render_page(request, "market/own.html", {"page": "instruments", "rows": selectors.own_instruments(request.user)})


@login_required
@require_http_methods(["GET", "POST"])
def add(request: HttpRequest) -> HttpResponse:
    form = InstrumentForm(
        request.POST if request.method == "POST" else None, initial={"name": request.GET.get("name", ""), "symbol": request.GET.get("symbol", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_private_instrument(request.user, **form.cleaned_data)
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, f"{made.symbol} is added. Enter its prices.")
            return redirect("instrument-prices", pk=made.pk)
    return _form_page(request, form, title="Add an instrument of your own", action=reverse("instrument-add"))


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    instrument = selectors.get_own_instrument(request.user, pk)
    form = InstrumentForm.of(instrument, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_private_instrument(request.user, instrument, **form.cleaned_data)
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, "The instrument is saved.")
            return redirect("instrument-prices", pk=pk)
    return _form_page(request, form, title=f"Edit {instrument.symbol}", action=reverse("instrument-edit", args=[pk]), instrument=instrument)


def _form_page(request: HttpRequest, form: InstrumentForm, *, title: str, action: str, instrument: Instrument | None = None) -> HttpResponse:
    context = {"page": "instruments", "form": form, "title": title, "action": action, "instrument": instrument}
    return render_page(request, "market/instrument_form.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    instrument = selectors.get_own_instrument(request.user, pk)
    try:
        services.delete_private_instrument(request.user, instrument)
    except DomainError as problem:
        messages.error(request, problem.detail)
        return redirect("instrument-edit", pk=pk)
    messages.success(request, f"{instrument.symbol} is removed.")
    return redirect("instruments")


@login_required
@require_http_methods(["GET", "POST"])
def prices(request: HttpRequest, pk: int) -> HttpResponse:
    """One's own prices.  Two forms: one day, or many lines, which are shown as they were understood before they are saved."""
    instrument = selectors.get_own_instrument(request.user, pk)
    many = request.method == "POST" and "lines" in request.POST
    one_day = PriceForm(request.POST if request.method == "POST" and not many else None)
    lines = PriceListForm(request.POST if many else None)
    sent: Any = lines if many else one_day
    understood: list[PriceRow] = []
    if request.method == "POST" and sent.is_valid():
        try:
            if many and request.POST.get("sure") != lines.mark():
                services.check_prices(sent.rows())
                understood = sent.rows()
            else:
                changed = services.set_own_prices(request.user, instrument, sent.rows())
                messages.success(request, "The price is saved." if changed == 1 else f"{changed} prices are saved.")
                return redirect("instrument-prices", pk=pk)
        except DomainError as problem:
            sent.refuse(problem)
    context = {
        "page": "instruments",
        "instrument": instrument,
        "form": one_day,
        "list_form": lines,
        "understood": sorted(understood, key=lambda row: row.day, reverse=True),
        "prices": selectors.newest_prices(instrument.pk, _SHOWN),
    }
    return render_page(request, "market/prices.html", context, status=422 if sent.errors else 200, currencies=[instrument.currency])


@login_required
@require_POST
def remove_price(request: HttpRequest, pk: int) -> HttpResponse:
    instrument = selectors.get_own_instrument(request.user, pk)
    form = PriceForm({"day": request.POST.get("day", ""), "close": "1"})
    if form.is_valid() and services.remove_own_price(request.user, instrument, form.cleaned_data["day"]):
        messages.success(request, "The price is removed.")
    return redirect("instrument-prices", pk=pk)
