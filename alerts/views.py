"""Pages of alerts: the list, adding and changing one, its history, what was told, and the dashboard's card."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alerts import selectors, services
from alerts.forms import ALL, RuleForm
from alerts.looking.sight import NO_NAMES, name_of, out_of_sight
from alerts.models import Rule
from alerts.rehearsals import Wanted, tried
from alerts.rules import KINDS, read
from market.selectors import get_instrument, instruments_visible_to
from portfolio_site.kernel.decimals import NotExact, exact
from portfolio_site.kernel.errors import Invalid, NotFound
from portfolio_site.web.pages import render_page
from portfolios.selectors import held_instrument_ids, portfolios_of

A_PAGE = 50
ON_THE_CARD = 3
MOST_NOTICES = 20  # on the page; the API has all
STATES = (("watching", "Watching"), ("reached", "Reached"), ("blind", "Sees nothing"), ("paused", "Paused"), ("expired", "Ended"))


@login_required
@require_GET
def alerts(request: HttpRequest) -> HttpResponse:
    """Every alert in its group, with what it waits for; `?state=` shows some of them."""
    rows = selectors.rules_of(request.user)
    wanted = request.GET.get("state", "")
    shown = [row for row in rows if row.state == wanted] if wanted in dict(STATES) else rows
    groups: dict[str, list[selectors.RuleRow]] = {kind.group: [] for kind in KINDS.values()}
    for row in shown:
        groups[row.rule.spec.group].append(row)
    currencies = {row.rule.instrument.currency for row in rows if row.rule.instrument is not None and not row.rule.instrument.in_percent}
    present = {row.state for row in rows}
    context = {
        "page": "alerts",
        "rows": rows,
        "groups": [(name, found, any(row.price for row in found)) for name, found in groups.items() if found],
        "states": [one for one in STATES if one[0] in present],
        "state": wanted,
        "unread": selectors.unread_count(request.user),
    }
    return render_page(request, "alerts/list.html", context, fragment="listing", currencies=currencies)


@login_required
@require_http_methods(["GET", "POST"])
def alert_add(request: HttpRequest) -> HttpResponse:
    """A new alert; in the drawer where a script asks for it.  `refresh` shows the fields of another kind, `try` what the past year says."""
    return _form_page(request, None)


@login_required
@require_http_methods(["GET", "POST"])
def alert_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """The same of one that there is."""
    return _form_page(request, selectors.get_rule(request.user, pk))


def _form_page(request: HttpRequest, rule: Rule | None) -> HttpResponse:
    portfolios = list(portfolios_of(request.user))
    data = request.POST if request.method == "POST" else None
    if data is not None and "refresh" in data:
        first = {name: data.get(name, "") for name in ("instrument", "portfolio", "note") if data.get(name)}
        form = RuleForm(user=request.user, portfolios=portfolios, kind=data.get("kind", ""), initial=first)
        return _shown(request, form, rule, "fields")
    first = _prefilled(request) if rule is None else _as_form(rule)
    likely = first.pop("kind", "")
    kind = (request.GET.get("kind", "") or likely) if rule is None else rule.kind
    form = RuleForm(data, user=request.user, portfolios=portfolios, kind=kind, initial=first)
    if data is None or not form.is_valid():
        return _shown(request, form, rule)
    try:
        if "try" in data:
            past = tried(request.user, Wanted(**form.wanted()))
            return _shown(request, form, rule, "past" if request.headers.get("HX-Request") else "drawer", past=past)
        saved = _save(request.user, rule, form.wanted())
    except Invalid as problem:
        form.refuse(problem)
        return _shown(request, form, rule)
    messages.success(request, f"Alert on {_called(saved)} saved")
    return redirect("alerts")


def _save(user: Any, rule: Rule | None, wanted: dict[str, Any]) -> Rule:
    if rule is None:
        return services.create_rule(user, **wanted)
    same = (wanted["instrument"] and wanted["instrument"].pk, wanted["portfolio"] and wanted["portfolio"].pk) == (
        rule.instrument_id,
        rule.portfolio_id,
    )
    if not same:  # another rule in its place: what was told of the old one was of something else
        made = services.create_rule(user, **wanted, active=rule.active)
        services.delete_rule(user, rule)
        return made
    kept = {name: value for name, value in wanted.items() if name not in {"instrument", "portfolio"}}
    for name in ("margin", "cool_down"):  # left empty: as it was
        kept[name] = getattr(rule, name) if kept[name] is None else kept[name]
    return services.update_rule(user, rule, **kept)


def _shown(request: HttpRequest, form: RuleForm, rule: Rule | None, fragment: str = "drawer", **more: Any) -> HttpResponse:
    context = {"page": "alerts", "form": form, "rule": rule, "suggestions": _suggestions(request.user), **more}
    return render_page(request, "alerts/add.html", context, fragment=fragment, status=422 if form.errors else 200)


def _as_form(rule: Rule) -> dict[str, Any]:
    """A stored rule as the form's first values."""
    names = ("note", "once", "margin", "cool_down", "quiet_from", "quiet_until")
    ends = rule.expires_at
    return {
        "instrument": "" if rule.instrument is None or out_of_sight([rule]) else rule.instrument.symbol,
        "portfolio": ALL if rule.portfolio_id is None else str(rule.portfolio_id),
        "expires_on": None if ends is None else ends.date(),
        **{name: getattr(rule, name) for name in names},
        **read(rule.spec, rule.parameters)[0],
    }


def _prefilled(request: HttpRequest) -> dict[str, Any]:
    """`?instrument=7` or `?portfolio=3`, and `?threshold=120.5`, as pages link here."""
    found: dict[str, Any] = {}
    number = request.GET.get("instrument", "")
    if number.isascii() and number.isdigit() and len(number) <= 18:
        try:
            found["instrument"] = get_instrument(request.user, int(number)).symbol
        except NotFound:
            return {}
    if request.GET.get("portfolio"):
        found |= {"portfolio": request.GET["portfolio"][:18], "kind": "value_above"}
    if text := request.GET.get("threshold", "")[:40]:
        try:
            found["threshold"] = exact(text)  # a number of an address has a point; the form writes it as the person does
        except NotExact:
            found["threshold"] = text
    return found


def _suggestions(user: Any) -> list[str]:
    """Symbols of what the person holds; of everything where nothing is held."""
    held = held_instrument_ids(portfolios_of(user))
    found = instruments_visible_to(user).filter(pk__in=held) if held else instruments_visible_to(user)
    return [f"{symbol} · {name}" for symbol, name in found.order_by("symbol").values_list("symbol", "name")[:200]]


def _called(rule: Rule) -> str:
    """Inside a sentence."""
    name = name_of(rule)
    return name[:1].lower() + name[1:] if name in NO_NAMES else name


@login_required
@require_GET
def alert(request: HttpRequest, pk: int) -> HttpResponse:
    """One alert: what it waits for, how it stands, and every time it came true."""
    rule = selectors.get_rule(request.user, pk)
    (row,) = selectors.rows_of([rule], request.user)
    listing = Paginator(selectors.history_of(request.user, rule), A_PAGE).get_page(request.GET.get("page"))
    return render_page(request, "alerts/alert.html", {"page": "alerts", "row": row, "rule": rule, "listing": listing})


@login_required
@require_POST
def alert_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """Pauses or resumes; `active` says which, so that a double click does it once."""
    rule = selectors.get_rule(request.user, pk)
    active = request.POST.get("active") == "on"
    if rule.active != active:
        services.update_rule(request.user, rule, active=active)
    messages.success(request, f"Alert on {_called(rule)} {'resumed' if active else 'paused'}")
    return redirect("alerts")


@login_required
@require_POST
def alert_delete(request: HttpRequest, pk: int) -> HttpResponse:
    rule = selectors.get_rule(request.user, pk)
    name = _called(rule)
    services.delete_rule(request.user, rule)
    messages.success(request, f"Alert on {name} deleted")
    return redirect("alerts")


@login_required
@require_GET
def notifications(request: HttpRequest) -> HttpResponse:
    """What was told, newest first; `?show=unread` what was not seen yet."""
    unread = request.GET.get("show") == "unread"
    listing = Paginator(selectors.firings_of(request.user, unread=unread), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": "alerts",
        "listing": listing,
        "notices": list(selectors.notices_of(request.user, unread=unread)[:MOST_NOTICES]),
        "unread": selectors.unread_count(request.user),
        "show": "unread" if unread else "",
    }
    return render_page(request, "alerts/notifications.html", context)


@login_required
@require_POST
def notification_read(request: HttpRequest, pk: int) -> HttpResponse:
    services.mark_read(request.user, selectors.get_firing(request.user, pk))
    return redirect("notifications")


@login_required
@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Seen; and on to what it is about, where that is wanted."""
    notice = services.mark_notice_read(request.user, selectors.get_notice(request.user, pk))
    return redirect(notice.path if "open" in request.POST and notice.path else "notifications")


@login_required
@require_POST
def notifications_read(request: HttpRequest) -> HttpResponse:
    """All of them."""
    services.mark_all_read(request.user)
    return redirect("notifications")


@login_required
@require_GET
def alerts_card(request: HttpRequest) -> HttpResponse:
    """The dashboard's card, which loads by itself; and that of a holding, with the alerts on it."""
    asked = request.GET.get("instrument", "")
    if asked.isascii() and asked.isdigit() and len(asked) <= 18:
        rows = selectors.rules_on(request.user, instrument=int(asked))
        return render_page(request, "alerts/on_instrument.html", {"rows": rows, "instrument": int(asked)})
    context = {
        "firings": list(selectors.firings_of(request.user)[:ON_THE_CARD]),
        "unread": selectors.unread_count(request.user),
        "watching": selectors.watching_count(request.user),
    }
    return render_page(request, "alerts/card.html", context)


@login_required
@require_GET
def alerts_count(request: HttpRequest) -> HttpResponse:
    """The number on the bell; nothing where nothing is unread."""
    return render_page(request, "alerts/count.html", {"unread": selectors.unread_count(request.user)})
