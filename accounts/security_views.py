"""Pages of what guards an account: factors, passkeys, sessions.  Most are allauth's with our rules around them."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from ipaddress import ip_address
from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp_views
from allauth.mfa.webauthn import views as webauthn_views
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import sessions as sign_ins
from accounts.factors import factors_of
from accounts.models import User
from accounts.selectors import mailable, sessions_of
from portfolio_site.kernel.errors import NotFound
from portfolio_site.web.pages import render_page

View = Callable[..., HttpResponse]

# Around a view that does something dangerous: asks for the password, a code or a passkey where none was given in the last five minutes.
recently_authenticated: Any = reauthentication_required


def confirmed_address_first(view: View) -> View:
    """A first factor needs a confirmed address: else whoever signs up with somebody else's could keep them out for good."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        user: User = request.user  # type: ignore[assignment]
        if mailable(user) is None and not factors_of(user).on:
            return render_page(request, "account/verified_email_required.html", {}, status=403 if request.method == "POST" else 200)
        return view(request, *args, **kwargs)

    return wrapped


def own_passkey(view: View) -> View:
    """Somebody else's passkey is not found, before anything is asked."""

    @login_required
    @wraps(view)
    def wrapped(request: HttpRequest, pk: int) -> HttpResponse:
        if not Authenticator.objects.filter(user_id=request.user.pk, type=Authenticator.Type.WEBAUTHN, pk=pk).exists():
            raise NotFound("There is no such passkey. It may have been removed.").of("passkey", pk)
        return view(request, pk=pk)

    return wrapped


class AddPasskeyView(webauthn_views.AddWebAuthnView):  # type: ignore[misc]
    """allauth's, which does not know that browsers keep no passkeys for a bare address."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        port = self.request.get_port()
        here = {"bare_address": _is_bare(self.request), "by_name": f"http://localhost:{port}{self.request.path}"}
        return {**super().get_context_data(**kwargs), **here}


def _is_bare(request: HttpRequest) -> bool:
    try:
        ip_address(request.get_host().rpartition(":")[0] or request.get_host())
    except ValueError:
        return False
    return True


activate_app = confirmed_address_first(totp_views.activate_totp)
add_passkey = confirmed_address_first(AddPasskeyView.as_view())
rename_passkey = own_passkey(require_http_methods(["GET", "POST"])(webauthn_views.edit_webauthn))
remove_passkey = own_passkey(require_http_methods(["GET", "POST"])(webauthn_views.remove_webauthn))


@login_required
@require_GET
def factors(request: HttpRequest) -> HttpResponse:
    """Where allauth goes after a change: the state of each factor stands among the settings."""
    return redirect("settings-security")


@login_required
@require_GET
def passkeys(request: HttpRequest) -> HttpResponse:
    """The person's passkeys."""
    user: User = request.user  # type: ignore[assignment]
    return render_page(request, "mfa/webauthn/authenticator_list.html", {"page": "settings", "section": "security", "factors": factors_of(user)})


# ── sessions ────────────────────────────────────────────────────────────────


@login_required
@require_GET
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in."""
    user: User = request.user  # type: ignore[assignment]
    here = request.session.session_key or ""
    return render_page(
        request, "usersessions/usersession_list.html", {"page": "settings", "section": "security", "sessions": sessions_of(user, here)}
    )


@login_required
@require_POST
def session_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Sign out one of one's own other devices."""
    user: User = request.user  # type: ignore[assignment]
    sign_ins.end_session(user, pk, keep=request.session.session_key or "")
    messages.success(request, "Signed out there")
    return redirect("usersessions_list")


@login_required
@require_POST
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere else, API tokens included."""
    user: User = request.user  # type: ignore[assignment]
    sign_ins.end_other_sessions(user, keep=request.session.session_key or "")
    messages.success(request, "Signed out everywhere else")
    return redirect("usersessions_list")
