"""Who calls the API."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts import tokens
from accounts.errors import BadToken
from accounts.keys.services import credential_of, refusal
from accounts.middleware import use_preferences
from accounts.models import User
from accounts.oauth.services import credential_of_token
from accounts.scopes import WORDS
from accounts.selectors import preferences_of

LONGEST_APP_TOKEN = 200  # signs; one has 86

CHALLENGE = 'Bearer realm="Plumbline", Api-Key realm="Plumbline"'


class NotSignedIn(BaseAuthentication):
    """For calls that sign in: whatever the request brings is not looked at, and a refusal is 401 with its challenge."""

    def authenticate(self, request: Request) -> None:
        return None

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


def _by_token(token: str) -> tuple[User, Any]:
    """The person of an access token and what it opens: the token itself for all, `AppCredential` for an app's scopes."""
    if token.count(".") == 2:
        try:
            return tokens.user_of_access(token), token
        except BadToken as problem:
            raise AuthenticationFailed(problem.detail, code=problem.code) from None
    found = credential_of_token(token) if settings.OAUTH_PROVIDER and len(token) <= LONGEST_APP_TOKEN else None
    if found is None:
        raise AuthenticationFailed("The access token is not good, or no longer. Get a new one with the refresh token.", code=BadToken.code)
    return found


class BearerAuthentication(NotSignedIn):
    """`Authorization: Bearer <access token>`: one of ours has two dots, one of a connected app has none.

    Any other scheme is left to others; a bearer token that is not good is 401.
    """

    def authenticate(self, request: Request) -> Any:
        words = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not words or words[0].lower() != "bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed("Write the header as “Authorization: Bearer TOKEN”.", code="bad_token")
        user, credential = _by_token(words[1])
        use_preferences(preferences_of(user))
        return user, credential

    def authenticate_header(self, request: Request) -> str:
        """A bearer token that was shown and is not good is said to be the fault (RFC 6750)."""
        shown = request.META.get("HTTP_AUTHORIZATION", "").lower().startswith("bearer ")
        return 'Bearer realm="Plumbline", error="invalid_token"' if shown else CHALLENGE


class ApiKeyAuthentication(NotSignedIn):
    """`Authorization: Api-Key <key>`.  A key that is not good is 401; if it was one of ours, its person reads of it in the key's log."""

    def authenticate(self, request: Request) -> Any:
        words = request.META.get("HTTP_AUTHORIZATION", "").split()
        if not words or words[0].lower() != "api-key":
            return None
        key, credential = credential_of(words[1]) if len(words) == 2 else (None, None)
        if key is not None:
            request._request.api_key_id = key.pk  # type: ignore[attr-defined]  # accounts.keys.middleware
        if key is None or credential is None:
            problem = refusal()
            raise AuthenticationFailed(problem.detail, code=problem.code)
        use_preferences(preferences_of(key.user))
        return key.user, credential


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = "accounts.authentication.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        words = "A key of Settings, API keys: Authorization: Api-Key KEY"
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": words}


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI document names it."""

    target_class = "accounts.authentication.BearerAuthentication"
    name = ["bearer", "oauth2"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        return [{"bearer": []}, {"oauth2": []}]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        code = {"authorizationUrl": "/oauth/authorize", "tokenUrl": "/oauth/token", "refreshUrl": "/oauth/token", "scopes": dict(WORDS)}
        return [
            {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "The access token of /auth/login."},
            {
                "type": "oauth2",
                "description": "The access token of an app that the person let in. PKCE with S256 is always asked for.",
                "flows": {"authorizationCode": code, "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": dict(WORDS)}},
            },
        ]


class NotSignedInScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Needs nothing."""

    target_class = "accounts.authentication.NotSignedIn"
    name = []  # no scheme of its own in the document

    def get_security_requirement(self, auto_schema: Any) -> dict[str, list[str]]:
        return {}

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        return []
