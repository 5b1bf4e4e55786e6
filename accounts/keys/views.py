"""Settings > API keys."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.keys.calls import write_calls
from accounts.keys.forms import KeyForm
from accounts.keys.selectors import calls_of, key_of, keys_of
from accounts.keys.services import CALLS_KEPT, make_key, revoke_key
from accounts.models import User
from accounts.sections import render_section
from portfolio_site.kernel.errors import DomainError

CALLS_PAGE = 50


@login_required
@require_GET
def keys(request: HttpRequest) -> HttpResponse:
    """The keys of a person, newest first."""
    user: User = request.user  # type: ignore[assignment]
    write_calls()  # what this process has seen so far is told
    return render_section(request, "keys", "accounts/keys/list.html", {"keys": keys_of(user)})


@login_required
@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def key_add(request: HttpRequest) -> HttpResponse:
    """The form of a new key; the page that answers it is the only one that shows the secret."""
    user: User = request.user  # type: ignore[assignment]
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key, secret = make_key(user, **form.wanted)
        except DomainError as problem:
            for error in problem.errors:
                form.add_error(error.field if error.field in form.fields else None, error.detail)
            if not problem.errors:
                form.add_error(None, problem.detail)
        else:
            answer = render_section(request, "keys", "accounts/keys/made.html", {"key": key_of(user, key.pk), "secret": secret})
            answer["Cache-Control"] = "no-store"
            return answer
    return render_section(request, "keys", "accounts/keys/new.html", {"form": form}, 422 if form.errors else 200)


@login_required
@require_GET
def key(request: HttpRequest, pk: int) -> HttpResponse:
    """One key, and what was called with it."""
    user: User = request.user  # type: ignore[assignment]
    one = key_of(user, pk)
    write_calls()
    listing = Paginator(calls_of(user, pk), CALLS_PAGE).get_page(request.GET.get("page"))
    return render_section(request, "keys", "accounts/keys/key.html", {"key": one, "listing": listing, "kept_days": CALLS_KEPT.days})


@login_required
@require_POST
def key_revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Ends a key at once.  Taking access away asks for no password: it must be quick."""
    user: User = request.user  # type: ignore[assignment]
    revoke_key(user, pk)
    messages.success(request, "Key revoked. It opens nothing any more.")
    return redirect("settings-keys")
