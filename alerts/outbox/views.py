"""Pages of the outbox: how to be told, what was sent, what was not, and the link that stops mails."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.selectors import mailable
from alerts.channels import vapid
from alerts.channels.email import letter_of
from alerts.devices.selectors import devices_of, phone_of
from alerts.outbox import selectors, services
from alerts.outbox.choices import PERSONAL, Channel, Family
from alerts.outbox.forms import NotificationsForm
from alerts.outbox.unsubscribing import wish_of
from alerts.outbox.wishes import sms_is_on
from alerts.selectors import get_rule
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import came_from, render_page

A_PAGE = 50


def _settings_page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render_page(request, f"alerts/{template}.html", {"page": "settings", "section": "notifications", **context}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def settings_notifications(request: HttpRequest) -> HttpResponse:
    """Which alerts go where, how often mail comes, and when it is quiet."""
    kept = selectors.settings_of(request.user)
    channels = list(PERSONAL)
    form = NotificationsForm(request.POST or None, settings=kept, channels=channels)
    if request.method == "POST" and form.is_valid():
        names = ("email_pace", "digest_hour", "quiet_from", "quiet_until")
        services.save_settings(request.user, wanted=form.wanted, **{name: form.cleaned_data[name] for name in names})
        messages.success(request, "Notifications saved")
        return redirect("settings-notifications")
    context = {
        "form": form,
        "channels": channels,
        "address": mailable(request.user),  # type: ignore[arg-type]
        "devices": list(devices_of(request.user)),
        "push_key": vapid.public_key(),
        "phone": phone_of(request.user),
        "sms_is_on": sms_is_on(),
        "dead": selectors.deliveries_of(request.user, dead=True).count(),
    }
    return _settings_page(request, "settings", context, 422 if form.errors else 200)


@login_required
@require_GET
def deliveries(request: HttpRequest) -> HttpResponse:
    """What was sent and what waits; with `?show=dead` what could not be delivered."""
    dead = request.GET.get("show") == "dead"
    listing = Paginator(selectors.deliveries_of(request.user, dead=dead), A_PAGE).get_page(request.GET.get("page"))
    return _settings_page(request, "deliveries", {"listing": listing, "dead": dead})


@login_required
@require_GET
def delivery(request: HttpRequest, pk: int) -> HttpResponse:
    """One message, as it goes out."""
    found = selectors.get_delivery(request.user, pk)
    letter = letter_of(found) if found.channel == Channel.EMAIL else None
    return _settings_page(request, "delivery", {"delivery": found, "letter": letter})


@login_required
@require_POST
def delivery_replay(request: HttpRequest, pk: int) -> HttpResponse:
    found = selectors.get_delivery(request.user, pk)
    try:
        services.replay(request.user, found)
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "It is sent again now")
    return redirect("delivery", pk)


@login_required
@require_POST
def channel_test(request: HttpRequest, channel: str) -> HttpResponse:
    """A test on one channel."""
    if channel not in PERSONAL:
        raise Http404
    return _test(request, "settings-notifications", channels=[channel])


@login_required
@require_POST
def alert_test(request: HttpRequest, pk: int) -> HttpResponse:
    """A test on every channel that this alert goes to."""
    return _test(request, came_from(request, but="/test/", otherwise="alerts"), rule=get_rule(request.user, pk))


def _test(request: HttpRequest, back: str, **chosen: Any) -> HttpResponse:
    try:
        sent = services.send_test(request.user, **chosen)
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, f"A test is on its way by {', '.join(Channel(one.channel).label for one in sent)}")
    return redirect(back)


@csrf_exempt
@require_http_methods(["GET", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """Stops the mails that the link is about, signed in or not: asks a person, obeys a mail program's one click (RFC 8058).

    Without the check of forms' origins, since a mail program sends no cookie; the link is its own proof.
    """
    wish = wish_of(token)
    done = request.method == "POST" and services.unsubscribe(wish)
    context = {"done": done, "family": Family(wish.family).label if wish.family else ""}
    return render_page(request, "alerts/unsubscribe.html", context)
