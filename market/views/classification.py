"""The page that tells what an instrument is, who says so, and takes a person's own word."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from market import selectors, services
from market.choices import AssetClass, Dimension, ToldBy
from market.classes import SECTORS
from market.forms.classification import ClassificationForm
from market.selectors import Classification, Part, shown
from market.services.on_demand import can_describe, request_profile
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import came_from, render_page

_LABELS = {"asset_class": "Class", "sector": "Sector", "industry": "Industry", "country": "Country", "region": "Region"}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that is told of an instrument, in words; `value` is empty where nobody tells it."""

    label: str
    value: str
    teller: str


@dataclass(frozen=True, slots=True)
class Parts:
    """What a fund is made of by one dimension."""

    label: str
    rows: tuple[Part, ...]
    teller: str


@login_required
@require_http_methods(["GET", "POST"])
def classify(request: HttpRequest, pk: int) -> HttpResponse:
    """`next`: where to go on afterwards."""
    instrument = selectors.get_instrument(request.user, pk)
    told = selectors.classification(request.user, instrument)
    form = ClassificationForm.of(instrument, told, request.POST if request.method == "POST" else None)
    back = came_from(request, but=reverse("instrument-classify", args=[pk]), otherwise="")
    if request.method == "POST" and form.is_valid():
        try:
            services.classify(request.user, instrument, weights=form.weights(), **form.words())
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, f"{instrument.symbol} is classified", extra_tags=reverse("instrument-classify-undo", args=[pk]))
            return redirect(back or reverse("instrument-classify", args=[pk]))
    context = {
        "page": "holdings",
        "instrument": instrument,
        "told": told,
        "rows": _rows(told),
        "parts": _parts(told),
        "form": form,
        "sectors": SECTORS,
        "has_said": bool(form.initial),
        "next": back,
        "takes_parts": told.asset_class in {AssetClass.ETF, AssetClass.FUND, AssetClass.OTHER} or bool(told.weights) or bool(form.errors),
        "can_ask": can_describe(instrument),
    }
    return render_page(request, "market/classify.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def declassify(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes back all that one said; the toast brings it back."""
    instrument = selectors.get_instrument(request.user, pk)
    if services.declassify(request.user, instrument):
        undo = reverse("instrument-classify-undo", args=[pk])
        messages.success(request, f"{instrument.symbol} is classified as it is told", extra_tags=undo)
    return redirect("instrument-classify", pk=pk)


@login_required
@require_POST
def undo_classification(request: HttpRequest, pk: int) -> HttpResponse:
    instrument = selectors.get_instrument(request.user, pk)
    try:
        services.undo_classification(request.user, instrument)
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "The change is taken back")
    return redirect("instrument-classify", pk=pk)


@login_required
@require_POST
def ask_what_it_is(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks the sources again what an instrument is."""
    instrument = selectors.get_instrument(request.user, pk)
    try:
        is_new = request_profile(request.user, instrument)
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "The sources are being asked." if is_new else "The sources were asked within the last ten minutes.")
    return redirect("instrument-classify", pk=pk)


def _rows(told: Classification) -> list[Row]:
    rows = []
    for name, label in _LABELS.items():
        value = getattr(told, name)
        if name in Dimension.values and value:
            value = shown(Dimension(name), value)
        rows.append(Row(label, value, _teller(told, told.told_by.get(name, ToldBy.NOBODY))))
    return rows


def _parts(told: Classification) -> list[Parts]:
    return [
        Parts(
            dimension.label,
            tuple(Part(one.key, shown(dimension, one.key) if dimension != Dimension.HOLDING else one.name, one.weight) for one in parts),
            _teller(told, told.told_by[f"{dimension.value}_weights"]),
        )
        for dimension in told.weights
        if (parts := told.parts(dimension)[:12])
    ]


def _teller(told: Classification, by: ToldBy) -> str:
    return told.source if by == ToldBy.SOURCE else str(by.label)
