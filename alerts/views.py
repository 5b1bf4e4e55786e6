"""Pages of alerts: the list, adding one, what was told, and the dashboard's card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alerts import selectors, services
from alerts.forms import RuleForm
from market.selectors import get_instrument, instruments_visible_to
from portfolio_site.kernel.errors import Invalid, NotFound
from portfolio_site.web.pages import render_page
from portfolios.selectors import held_instrument_ids, portfolios_of

A_PAGE = 50
ON_THE_CARD = 3


@login_required
@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """Every alert with how far its price is from it."""
    rows = selectors.rules_of(request.user)
    currencies = {row.rule.instrument.currency for row in rows if not row.rule.instrument.in_percent}
    context = {"page": "alerts", "rows": rows, "unread": selectors.unread_count(request.user)}
    return render_page(request, "alerts/list.html", context, currencies=currencies)


@login_required
@require_http_methods(["GET", "POST"])
def alert_add(request: HttpRequest) -> HttpResponse:
    """A new alert; in the drawer where a script asks for it."""
    form = RuleForm(request.POST or None, user=request.user, initial=_prefilled(request))
    if request.method == "POST" and form.is_valid():
        try:
            rule = services.create_rule(
                request.user,
                instrument=form.cleaned_data["instrument"],
                kind=form.cleaned_data["kind"],
                threshold=form.cleaned_data["threshold"],
                note=form.cleaned_data["note"],
            )
        except Invalid as problem:
            _refuse(form, problem)
        else:
            messages.success(request, f"Alert on {rule.instrument.symbol} saved")
            return redirect("alerts")
    context = {"page": "alerts", "form": form, "suggestions": _suggestions(request.user)}
    return render_page(request, "alerts/add.html", context, fragment="drawer", status=422 if form.errors else 200)


def _prefilled(request: HttpRequest) -> dict[str, Any]:
    """`?instrument=7`, as the holding's page links here."""
    text = request.GET.get("instrument", "")
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return {}
    try:
        return {"instrument": get_instrument(request.user, int(text)).symbol}
    except NotFound:
        return {}


def _suggestions(user: Any) -> list[str]:
    """Symbols of what the person holds; of everything where nothing is held."""
    held = held_instrument_ids(portfolios_of(user))
    found = instruments_visible_to(user).filter(pk__in=held) if held else instruments_visible_to(user)
    return [f"{symbol} · {name}" for symbol, name in found.order_by("symbol").values_list("symbol", "name")[:200]]


def _refuse(form: RuleForm, problem: Invalid) -> None:
    names = {"type": "kind"}
    for error in problem.errors:
        field = names.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, error.detail)
    if not problem.errors:
        form.add_error(None, problem.detail)


@login_required
@require_POST
def alert_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Pauses or resumes; `active` says which, so that a double click does it once."""
    rule = selectors.get_rule(request.user, pk)
    active = request.POST.get("active") == "on"
    if rule.active != active:
        services.update_rule(request.user, rule, active=active)
    messages.success(request, f"Alert on {rule.instrument.symbol} {'resumed' if active else 'paused'}")
    return redirect("alerts")


@login_required
@require_POST
def alert_delete(request: HttpRequest, pk: int) -> HttpResponse:
    rule = selectors.get_rule(request.user, pk)
    symbol = rule.instrument.symbol
    services.delete_rule(request.user, rule)
    messages.success(request, f"Alert on {symbol} deleted")
    return redirect("alerts")


@login_required
@require_GET
def notifications(request: HttpRequest) -> HttpResponse:
    """What was told, newest first."""
    listing = Paginator(selectors.firings_of(request.user), A_PAGE).get_page(request.GET.get("page"))
    context = {"page": "alerts", "listing": listing, "unread": selectors.unread_count(request.user)}
    return render_page(request, "alerts/notifications.html", context)


@login_required
@require_POST
def notification_read(request: HttpRequest, pk: int) -> HttpResponse:
    services.mark_read(request.user, selectors.get_firing(request.user, pk))
    return redirect("notifications")


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """All of them."""
    services.mark_all_read(request.user)
    return redirect("notifications")


@login_required
@require_GET
def alerts_card(request: HttpRequest) -> HttpResponse:
    """The dashboard's card, which loads by itself."""
    rows = selectors.rules_of(request.user)
    context = {
        "firings": list(selectors.firings_of(request.user)[:ON_THE_CARD]),
        "unread": selectors.unread_count(request.user),
        "watching": sum(row.rule.active for row in rows),
    }
    return render_page(request, "alerts/card.html", context)


@login_required
@require_GET
def alerts_count(request: HttpRequest) -> HttpResponse:
    """The number on the bell; nothing where nothing is unread."""
    return render_page(request, "alerts/count.html", {"unread": selectors.unread_count(request.user)})
