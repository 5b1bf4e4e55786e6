"""What a person does with news: opening an article, muting its publisher."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from market import selectors, services
from portfolio_site.kernel.errors import Invalid
from portfolio_site.web.pages import came_from


@require_GET
@login_required
def open_article(request: HttpRequest, pk: int) -> HttpResponse:
    """Sends the browser on to the stored address, and notes that the person opened it; not for another site's link, nor ahead of a click."""
    article = selectors.get_article(request.user, pk)
    ahead = "prefetch" in request.headers.get("Sec-Purpose", "") or "prefetch" in request.headers.get("Purpose", "")
    if not ahead and request.headers.get("Sec-Fetch-Site", "same-origin") in {"same-origin", "none"}:
        services.note_opened(request.user, article)
    response = HttpResponseRedirect(article.url)
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@login_required
def mute(request: HttpRequest) -> HttpResponse:
    try:
        muted, _ = services.mute_publisher(request.user, request.POST.get("publisher", ""))
    except Invalid as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, f"{muted.publisher} is muted")
    return HttpResponseRedirect(_back(request))


@require_POST
@login_required
def unmute(request: HttpRequest, pk: int) -> HttpResponse:
    muted = selectors.get_muted(request.user, pk)
    services.unmute_publisher(request.user, muted)
    messages.success(request, f"{muted.publisher} is shown again")
    return HttpResponseRedirect(_back(request))


def _back(request: HttpRequest) -> str:
    return came_from(request, but=reverse("news-mute"), otherwise=reverse("news"))
