"""The page of a transfer: a form, and beside it what would move."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from market.selectors import get_instrument
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.idempotency import first_time
from portfolio_site.web.pages import render_page
from portfolios import selectors
from portfolios.forms.lots import said_method
from portfolios.models import Portfolio
from portfolios.transfers import services
from portfolios.transfers.forms import TransferForm

_PASSING = frozenset({"csrfmiddlewaretoken", "refresh"})


@login_required
@require_http_methods(["GET", "POST"])
def transfer_add(request: HttpRequest) -> HttpResponse:
    """Move units from one portfolio to another."""
    mine = selectors.writable_portfolios(request.user)
    if len(mine) < 2:
        messages.info(request, "A transfer needs two portfolios. Make the other one first.")
        return HttpResponseRedirect(reverse("portfolio-add"))
    refresh = "refresh" in request.POST
    if request.method == "POST" and not refresh:
        form = TransferForm(request.POST, user=request.user, portfolios=mine)
        if form.is_valid():
            answer = _record(request, form)
            if answer is not None:
                return answer
    else:
        form = TransferForm(initial=_initial(request, mine), user=request.user, portfolios=mine)
    if refresh:
        form.keep_typing()
    context = {"page": "transactions", "form": form, "preview": None, "options": selectors.instruments_in(request.user)[:36]}
    fragment = "lots" if refresh else ""
    return render_page(request, "portfolios/transfer_form.html", context, fragment=fragment, status=422 if form.is_bound else 200)


def _initial(request: HttpRequest, mine: list[Portfolio]) -> dict[str, Any]:
    """What stands in the address: ?p= the source, ?instrument= by number; or was typed before other lots were asked for."""
    if request.method == "POST":
        return {name: value for name, value in request.POST.items() if name not in _PASSING}
    initial: dict[str, Any] = {}
    source = next((one for one in mine if str(one.pk) == request.GET.get("p")), None)
    if source is not None:
        initial["source"] = source.pk
    number = request.GET.get("instrument", "")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        initial["instrument"] = get_instrument(request.user, int(number))
    return initial


def _record(request: HttpRequest, form: TransferForm) -> HttpResponse | None:
    """Records a valid form and goes on; None where it is refused."""
    source, target = form.chosen
    try:
        with transaction.atomic():
            if not first_time(request.user, str(form.cleaned_data["form_id"])):
                messages.info(request, "This was recorded already.")
                return HttpResponseRedirect(reverse("transactions"))
            made = services.transfer_units(request.user, source, target, form.draft())
    except DomainError as refused:
        form.refuse(refused)
        return None
    undo = reverse("transaction-void", args=[made.leaving.entry])
    messages.success(request, f"Units of {form.cleaned_data['instrument'].name} moved to {target.name}", extra_tags=undo)
    return HttpResponseRedirect(reverse("transactions"))


@login_required
@require_POST
def transfer_preview(request: HttpRequest) -> HttpResponse:
    """What the form, as it stands, would move."""
    mine = selectors.writable_portfolios(request.user)
    form = TransferForm(request.POST, user=request.user, portfolios=mine)
    context: dict[str, Any] = {"preview": None, "method": ""}
    used: set[str] = set()
    if form.is_valid():
        source, target = form.chosen
        context["preview"] = services.preview_transfer(request.user, source, target, form.draft())
        context["method"] = said_method(source, form.named_lots())
        used = {source.base_currency, target.base_currency}
    return render_page(request, "portfolios/transfer_preview.html", context, currencies=used)
