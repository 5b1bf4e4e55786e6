"""The addresses of the provider: allauth's views behind a gate of ours.

The gate is closed where the provider is off, answers what cannot be read with 400, limits by address, says on each 401 how to do better, and
keeps answers out of every cache.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc import views as package
from allauth.idp.oidc.models import Client
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from rest_framework.request import Request

from accounts.oauth.adapter import ASKABLE, OIDCAdapter
from portfolio_site.web.throttling import ProviderThrottle

View = Callable[..., HttpResponse]
_BROKEN_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")


def _refused(status: int, error: str, words: str) -> HttpResponse:
    return JsonResponse({"error": error, "error_description": words}, status=status)


def gate(challenge: str) -> Callable[[View], View]:
    """`challenge`: the scheme that a 401 of this address names."""

    def around(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not settings.OAUTH_PROVIDER:
                raise Http404
            throttle = ProviderThrottle()
            if not throttle.allow_request(Request(request), None):
                answer = _refused(429, "temporarily_unavailable", "Too many requests. Wait a moment.")
                answer["Retry-After"] = str(max(1, round(throttle.wait() or 1)))
            elif not _readable(request):
                answer = _refused(400, "invalid_request", "The request cannot be read: check how it is escaped.")
            else:
                answer = view(request, *args, **kwargs)
            if answer.status_code == 401 and ("WWW-Authenticate" not in answer or challenge.startswith("Basic")):
                answer["WWW-Authenticate"] = challenge  # apps prove themselves by their secret, whatever the package says
            if "Cache-Control" not in answer:
                answer["Cache-Control"] = "no-store"
            return answer

        return guarded

    return around


def _readable(request: HttpRequest) -> bool:
    """What the package's reader of queries would fail on: broken escapes, and signs that no query holds."""
    query = request.META.get("QUERY_STRING", "")
    if _BROKEN_ESCAPE.search(query) or not query.isascii() or any(ord(sign) <= 32 or ord(sign) == 127 for sign in query):
        return False
    values = [*request.GET.values(), *request.POST.values()]
    return len(values) <= 50 and all("\x00" not in value and len(value) <= 5_000 for value in values)


@csrf_exempt
@require_http_methods(["GET", "POST"])
@gate("Bearer")
def authorize(request: HttpRequest) -> HttpResponse:
    """Asks the person.  The form of the page may lead to where the app asked to return: that is what it is for."""
    if not request.user.is_authenticated and "none" not in request.GET.get("prompt", "").split():
        return redirect_to_login(request.get_full_path())
    answer = package.authorization(request)
    address = request.GET.get("redirect_uri", "")
    if answer.status_code == 200 and not hasattr(answer, "template_name"):
        answer.status_code = 400  # the page that says what the app did wrong
    elif answer.status_code == 200 and address in _addresses(request.GET.get("client_id", "")):
        parts = urlsplit(address)
        source = f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"
        answer._csp_update = {"form-action": [source]}
    return answer  # type: ignore[no-any-return]


def _addresses(number: str) -> list[str]:
    client = Client.objects.filter(pk=number[:100]).first()
    return client.get_redirect_uris() if client is not None else []


@csrf_exempt
@require_POST
@gate('Basic realm="Plumbline"')
def token(request: HttpRequest) -> HttpResponse:
    """Codes, refresh tokens and secrets for tokens."""
    if request.POST.get("grant_type") == Client.GrantType.DEVICE_CODE:
        return _refused(400, "unsupported_grant_type", "There is no such grant here.")
    if any(len(request.POST.getlist(name)) > 1 for name in request.POST if name != "resource"):
        return _refused(400, "invalid_request", "A parameter stands there twice.")
    return package.token(request)  # type: ignore[no-any-return]


@csrf_exempt
@require_POST
@gate('Basic realm="Plumbline"')
def revoke(request: HttpRequest) -> HttpResponse:
    """Ends a token of the app that asks."""
    return package.revoke(request)  # type: ignore[no-any-return]


@csrf_exempt
@require_http_methods(["GET", "POST"])
@gate('Bearer realm="Plumbline"')
def userinfo(request: HttpRequest) -> HttpResponse:
    """Who the person of a token is, as far as the app may know."""
    return package.user_info(request)  # type: ignore[no-any-return]


@require_GET
@gate("Bearer")
def jwks(request: HttpRequest) -> HttpResponse:
    """The public half of the key that signs ID tokens."""
    return package.jwks(request)  # type: ignore[no-any-return]


@require_GET
@gate("Bearer")
def configuration(request: HttpRequest) -> HttpResponse:
    """OpenID Connect Discovery 1.0.  Says what there is, and nothing of what the package could do beside it."""
    issuer = OIDCAdapter().get_issuer()
    where = {name: issuer + reverse(f"idp:oidc:{name}") for name in ("authorization", "token", "userinfo", "revoke", "jwks")}
    answer = JsonResponse(
        {
            "issuer": issuer,
            "authorization_endpoint": where["authorization"],
            "token_endpoint": where["token"],
            "userinfo_endpoint": where["userinfo"],
            "revocation_endpoint": where["revoke"],
            "jwks_uri": where["jwks"],
            "scopes_supported": list(ASKABLE),
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
            "code_challenge_methods_supported": ["S256"],
            "service_documentation": issuer + reverse("api-docs"),
        }
    )
    answer["Access-Control-Allow-Origin"] = "*"
    answer["Cache-Control"] = "max-age=3600"
    return answer
