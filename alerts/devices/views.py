"""Browsers and the telephone on the page of notifications, the worker that shows messages, and Twilio's callback."""

from __future__ import annotations

import hmac
from functools import lru_cache
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from alerts.channels.sms import callback_url, signed
from alerts.devices import selectors, services
from portfolio_site.kernel.errors import DomainError


@lru_cache(maxsize=1)
def _worker() -> bytes:
    return (Path(settings.BASE_DIR) / "static" / "js" / "push-worker.js").read_bytes()


@require_GET
def push_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows messages while no page is open.  At the root, since it may only serve what lies below it."""
    return HttpResponse(_worker(), content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@login_required
@require_POST
def device_remove(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove_device(request.user, selectors.get_device(request.user, pk))
    messages.success(request, "This browser gets no more messages")
    return redirect("settings-notifications")


@login_required
@require_POST
def phone(request: HttpRequest) -> HttpResponse:
    """What was pressed: give a number, confirm it, allow amounts, or remove it."""
    wanted = request.POST.get("do", "")
    try:
        if wanted == "give":
            services.give_number(request.user, request.POST.get("number", ""))
            messages.success(request, "A code is on its way to your telephone")
        elif wanted == "confirm":
            services.confirm_number(request.user, request.POST.get("code", ""))
            messages.success(request, "Your telephone is confirmed")
        elif wanted == "amounts":
            services.set_amounts(request.user, request.POST.get("with_amounts") == "on")
            messages.success(request, "Text messages saved")
        elif wanted == "remove":
            services.remove_phone(request.user)
            messages.success(request, "Your telephone is removed")
    except DomainError as problem:
        messages.error(request, problem.detail)
    return redirect("settings-notifications")


@csrf_exempt
@require_POST
def sms_status(request: HttpRequest) -> HttpResponse:
    """Twilio tells what became of a text.  Believed only with its signature over the address that we gave it."""
    values = {name: str(value) for name, value in request.POST.items()}
    given = request.headers.get("X-Twilio-Signature", "")
    if not settings.TWILIO_TOKEN or not hmac.compare_digest(given.encode(), signed(callback_url(), values).encode()):
        return HttpResponse("The signature is not right.", status=403, content_type="text/plain")
    return HttpResponse(status=204 if services.note_status(values) else 404)
