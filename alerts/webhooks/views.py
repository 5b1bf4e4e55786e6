"""Pages of webhooks: the list with adding one, one with what was sent to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from alerts.outbox.choices import Event
from alerts.webhooks import selectors, services
from alerts.webhooks.forms import WebhookForm
from portfolio_site.kernel.errors import DomainError, Invalid
from portfolio_site.web.pages import render_page

A_PAGE = 50


def _page(request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    return render_page(request, f"alerts/{template}.html", {"page": "settings", "section": "notifications", **context}, status=status)


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """All of them, and a form for another; after adding one its secret, this once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_webhook(request.user, **form.cleaned_data)
        except Invalid as problem:
            for error in problem.errors:
                form.add_error(error.field if error.field in form.fields else None, error.detail)
            if not problem.errors:
                form.add_error(None, problem.detail)
        else:
            return _secret(request, made)
    return _page(request, "webhooks", {"form": form, "webhooks": list(selectors.webhooks_of(request.user))}, 422 if form.errors else 200)


def _secret(request: HttpRequest, made: services.Made) -> HttpResponse:
    return _page(request, "webhook_secret", {"webhook": made.webhook, "secret": made.secret})


@login_required
@require_GET
def webhook(request: HttpRequest, pk: int) -> HttpResponse:
    """One webhook and what was sent to it."""
    found = selectors.get_webhook(request.user, pk)
    listing = Paginator(selectors.deliveries_to(request.user, found), A_PAGE).get_page(request.GET.get("page"))
    events = [Event(one).label for one in found.events]
    return _page(request, "webhook", {"webhook": found, "listing": listing, "events": events})


@login_required
@require_POST
def webhook_switch(request: HttpRequest, pk: int) -> HttpResponse:
    """On or off; `active` says which."""
    found = selectors.get_webhook(request.user, pk)
    active = request.POST.get("active") == "on"
    if found.active != active:
        services.update_webhook(request.user, found, active=active)
    messages.success(request, f"The webhook is {'on' if active else 'off'}")
    return redirect("webhook", pk)


@login_required
@never_cache
@require_POST
def webhook_rotate(request: HttpRequest, pk: int) -> HttpResponse:
    """A new secret, shown this once."""
    return _secret(request, services.rotate_secret(request.user, selectors.get_webhook(request.user, pk)))


@login_required
@require_POST
def webhook_test(request: HttpRequest, pk: int) -> HttpResponse:
    found = selectors.get_webhook(request.user, pk)
    try:
        services.test_webhook(request.user, found)
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "A test is on its way")
    return redirect("webhook", pk)


@login_required
@require_POST
def webhook_delete(request: HttpRequest, pk: int) -> HttpResponse:
    services.delete_webhook(request.user, selectors.get_webhook(request.user, pk))
    messages.success(request, "Webhook deleted")
    return redirect("webhooks")
