"""The rules of the provider, stricter than those of the package where the standard leaves a choice (RFC 9700).

PKCE with S256 always; the address to return to is compared sign by sign; codes and refresh tokens are rows of which only a digest is kept, good
once, and showing a spent one ends the connection; a change of the password ends what it let in; lives are bounded.
"""

from __future__ import annotations

import hmac
import re
from datetime import timedelta
from typing import Any

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.internal.oauthlib.request_validator import OAuthLibRequestValidator
from allauth.idp.oidc.internal.oauthlib.utils import get_validator_context
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors

from accounts.oauth import services
from accounts.oauth.models import AuthorizationCode, SpentRefreshToken
from accounts.tokens import password_mark

_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")  # SHA-256 in base64url
_VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")


class Validator(OAuthLibRequestValidator):  # type: ignore[misc]
    # ── the request for a code ──────────────────────────────────────────────

    def validate_redirect_uri(self, client_id: Any, redirect_uri: str, request: Request, *args: Any, **kwargs: Any) -> bool:
        return redirect_uri in request.client.get_redirect_uris()

    def is_pkce_required(self, client_id: Any, request: Request) -> bool:
        """Always, and by S256 alone.  Raises where the challenge is of another kind."""
        challenge = getattr(request, "code_challenge", None)
        if challenge is not None:
            if request.code_challenge_method != "S256":
                raise errors.UnsupportedCodeChallengeMethodError(request=request)
            if not _CHALLENGE.fullmatch(challenge):
                raise errors.InvalidRequestError(description="code_challenge must be a SHA-256 in base64url.", request=request)
        return True

    def save_authorization_code(self, client_id: Any, code: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        data = {
            "redirect_uri": request.redirect_uri,
            "scopes": list(request.scopes),
            "nonce": getattr(request, "nonce", None),
            "challenge": request.code_challenge,
            "resources": get_validator_context().requested_resources,
            "mark": password_mark(request.user),
        }
        ends = timezone.now() + timedelta(seconds=settings.IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN)
        with transaction.atomic():
            AuthorizationCode.objects.create(
                digest=get_adapter().hash_token(code["code"]), client=request.client, user=request.user, data=data, expires_at=ends
            )
            services.note_connection(request.user, request.client, request.scopes)

    # ── the exchange of a code ──────────────────────────────────────────────

    def _lookup_authorization_code(self, request: Request, client_id: str, code: str) -> dict[str, Any] | None:
        """As the package holds a code while a request lasts."""
        kept: dict[tuple[str, str], dict[str, Any] | None] = get_validator_context().codes
        key = (client_id, code)
        if key not in kept:
            row = AuthorizationCode.objects.filter(digest=get_adapter().hash_token(code or ""), client_id=client_id).first()
            kept[key] = None if row is None else _as_kept(row)
        return kept[key]

    def validate_code(self, client_id: Any, code: str, client: Any, request: Request, *args: Any, **kwargs: Any) -> bool:
        """Spends the code, whatever comes of the exchange.  One that was spent before ends what came of it."""
        rows = AuthorizationCode.objects.filter(digest=get_adapter().hash_token(code or ""))
        row = rows.select_related("user").first()
        if row is None or row.client_id != request.client.pk:
            return False
        now = timezone.now()
        if not rows.filter(spent_at__isnull=True).update(spent_at=now):
            services.end_after_reuse(row.user, row.client_id, "code")
            return False
        if row.expires_at <= now or not _same_person(row.user, row.data.get("mark", "")):
            return False
        if not _VERIFIER.fullmatch(request.code_verifier or ""):
            raise errors.InvalidGrantError(description="code_verifier is missing, or not 43 to 128 plain signs.", request=request)
        ctx = get_validator_context()
        ctx.granted_resources = row.data.get("resources")
        request.user, request.scopes = row.user, row.data["scopes"]
        request.code_challenge, request.code_challenge_method = row.data["challenge"], "S256"
        request.claims = None
        return True

    def invalidate_authorization_code(self, client_id: Any, code: str, request: Request, *args: Any, **kwargs: Any) -> None:
        """It was spent when it was looked at."""

    # ── tokens ──────────────────────────────────────────────────────────────

    def validate_grant_type(self, client_id: Any, grant_type: str, client: Any, request: Request, *args: Any, **kwargs: Any) -> bool:
        if grant_type == Client.GrantType.DEVICE_CODE or not super().validate_grant_type(client_id, grant_type, client, request):
            return False
        if grant_type == Client.GrantType.CLIENT_CREDENTIALS:  # the app acts for its owner: as good as a key of theirs
            return client.type == Client.Type.CONFIDENTIAL and services.acts_for_owner(client)
        return True

    def validate_refresh_token(self, refresh_token: str, client: Any, request: Request, *args: Any, **kwargs: Any) -> bool:
        digest = get_adapter().hash_token(refresh_token)
        spent = SpentRefreshToken.objects.select_related("user").filter(digest=digest, client=client).first()
        if spent is None:
            tokens = Token.objects.valid().select_for_update().filter(client=client, hash=digest, type=Token.Type.REFRESH_TOKEN)
            token = tokens.first()
            if token is None:  # another exchange may have been faster
                spent = SpentRefreshToken.objects.select_related("user").filter(digest=digest, client=client).first()
        if spent is not None:
            services.end_after_reuse(spent.user, client.pk, "refresh token")
            return False
        if token is None or token.user is None or not _same_person(token.user, (token.data or {}).get("mark", "")):
            return False
        request.user = token.user
        get_validator_context().refresh_token = token
        return True

    def _prep_access_token(self, ctx: Any, token: dict[str, Any], request: Request) -> Token:
        made = super()._prep_access_token(ctx, token, request)
        return _marked(made, request.user or request.client.owner)

    def _prep_refresh_token(self, ctx: Any, refresh_token: str, request: Request) -> Token:
        """The old one is spent, and the new one ends when the old one would have: a connection does not live for ever."""
        old = ctx.refresh_token
        if old is None:
            return _marked(super()._prep_refresh_token(ctx, refresh_token, request), request.user)
        SpentRefreshToken.objects.create(digest=old.hash, client=request.client, user=request.user, spent_at=timezone.now())
        ends, since = old.expires_at, old.data["since"]
        made = _marked(super()._prep_refresh_token(ctx, refresh_token, request), request.user)
        made.expires_at = ends
        made.data["since"] = since
        return made

    def validate_bearer_token(self, token: str, scopes: Any, request: Request) -> bool:
        """For userinfo alone; the API has a class of its own (accounts/authentication.py)."""
        if not super().validate_bearer_token(token, scopes, request):
            return False
        found = get_validator_context().access_token
        return found is not None and found.user is not None and _same_person(found.user, (found.data or {}).get("mark", ""))

    def revoke_token(self, token: str, token_type_hint: Any, request: Request, *args: Any, **kwargs: Any) -> None:
        """An app ends its own tokens only, and with the refresh token its access tokens of that person (RFC 7009)."""
        found = Token.objects.by_value(token).filter(client=request.client).first()
        if found is None:
            return
        if found.type == Token.Type.REFRESH_TOKEN and found.user_id is not None:
            Token.objects.filter(client=request.client, user=found.user_id).delete()
        else:
            found.delete()


def _same_person(user: Any, mark: str) -> bool:
    return bool(user.is_active) and hmac.compare_digest(password_mark(user), mark or "")


def _marked(token: Token, user: Any) -> Token:
    token.data = {**(token.data or {}), "mark": password_mark(user), "since": timezone.now().isoformat(timespec="seconds")}
    return token


def _as_kept(row: AuthorizationCode) -> dict[str, Any]:
    data = row.data
    return {
        "code": {"nonce": data.get("nonce")} if data.get("nonce") else {},
        "client_id": row.client_id,
        "redirect_uri": data["redirect_uri"],
        "scopes": data["scopes"],
        "pkce": {"code_challenge": data["challenge"], "code_challenge_method": "S256"},
    }


def install() -> None:
    """allauth's server asks this class from here on.  It has no setting for it."""
    from allauth.idp.oidc.internal.oauthlib import server

    server.OAuthLibRequestValidator = Validator
