"""Limits per person and per address, told in `RateLimit-*` headers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from portfolio_site.kernel.errors import Unavailable
from portfolio_site.web.addresses import client_network


class TooOften(Unavailable):
    """A person did something more often than is fair to the others.  Data: retry_after, in seconds."""

    code, title = "too_often", "Too many requests."


class _Throttle(SimpleRateThrottle):
    num_requests: int
    duration: int

    def get_ident(self, request: Request) -> str:
        return client_network(request._request)

    def allow_request(self, request: Request, view: Any) -> bool:
        allowed = super().allow_request(request, view)
        if self.rate is not None and getattr(self, "key", None) is not None:
            left = max(self.num_requests - len(self.history), 0)
            wait = 0 if not self.history else max(0, round(self.duration - (self.timer() - self.history[-1])))
            told = getattr(request._request, "rate_limit", None)
            if told is None or left < told[1]:  # of several limits the nearest is told
                request._request.rate_limit = (self.num_requests, left, wait)  # type: ignore[attr-defined]
        return bool(allowed)


class PersonThrottle(_Throttle):
    """Signed-in people, each by themselves."""

    scope = "person"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if not request.user or not request.user.is_authenticated:
            return None
        return str(self.cache_format % {"scope": self.scope, "ident": request.user.pk})


class CredentialThrottle(_Throttle):
    """Keys and connected apps, each by itself, within what their person may ask."""

    scope = "credential"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        ident = getattr(request.auth, "ident", "")
        return str(self.cache_format % {"scope": self.scope, "ident": ident}) if ident else None


class AddressThrottle(_Throttle):
    """People who are not signed in, by address."""

    scope = "address"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        if request.user and request.user.is_authenticated:
            return None
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})


class ProviderThrottle(_Throttle):
    """Calls of the OAuth provider, by address: codes and secrets are not to be guessed."""

    scope = "provider"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})


class PublicThrottle(_Throttle):
    """Public links, by address, whoever is signed in: secrets are not to be guessed."""

    scope = "public"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})


def limit_page(request: HttpRequest, kind: type[_Throttle]) -> None:
    """The same limits for a page.  Raises TooOften."""
    throttle = kind()
    if not throttle.allow_request(Request(request), None):
        raise TooOften("Too many requests came from your address. Wait a minute, then try again.", retry_after=round(throttle.wait() or 60))


class SignInThrottle(_Throttle):
    """Attempts to sign in, by address."""

    scope = "sign_in"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        return str(self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)})
