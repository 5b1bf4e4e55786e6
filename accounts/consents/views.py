"""Settings > Your data > What you agreed to; and what programs may read of it."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from accounts.consents.middleware import says_no_sale
from accounts.consents.selectors import consents_of
from accounts.consents.services import withdraw_consent
from accounts.sections import render_section

GPC_SINCE = "2026-11-21"  # since when Sec-GPC is honoured as it is now


@login_required
@require_GET
def settings_consents(request: HttpRequest) -> HttpResponse:
    """What was agreed to, when and where, and taking it back."""
    context = {"consents": consents_of(request.user), "no_sale": says_no_sale(request)}  # type: ignore[arg-type]
    return render_section(request, "data", "accounts/settings/consents.html", context)


@login_required
@require_POST
def consent_withdraw(request: HttpRequest) -> HttpResponse:
    """One press: it ends at once."""
    withdraw_consent(request.user, request.POST.get("purpose", ""))  # type: ignore[arg-type]
    messages.success(request, "It was taken back and ends now")
    return redirect("settings-consents")


@require_GET
def gpc(request: HttpRequest) -> HttpResponse:
    """That Global Privacy Control is honoured, as its standard has it."""
    return JsonResponse({"gpc": True, "lastUpdate": GPC_SINCE})
