"""Tokens of the API.

An *access token* is a JSON Web Token: HS256 and nothing else, a key derived from SECRET_KEY, a few minutes.  A *refresh token* is
random text of which only the SHA-256 is stored.  Each is good for one exchange; the tokens that came from one sign-in are a
family with one end, and showing a spent one ends the family, access tokens included.  A change of the password ends all of them.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from django.conf import settings
from django.db import transaction
from django.db.models import Exists
from django.utils import timezone

from accounts.errors import BadToken
from accounts.models import RefreshToken, User
from accounts.services import record_audit, tell_access_changed

LONGEST = 2048  # characters of a token that is looked at at all
_NUMBER = re.compile(r"[1-9][0-9]{0,17}")
_CLAIMS = ["iss", "sub", "iat", "exp", "jti", "kind", "family", "mark"]


@dataclass(frozen=True, slots=True)
class TokenPair:
    """What a sign-in or an exchange gives.  `expires_in` is the life of the access token in seconds."""

    access: str
    refresh: str
    expires_in: int


def _derived(purpose: bytes) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), b"plumbline tokens: " + purpose, hashlib.sha256).digest()


def password_mark(user: User) -> str:
    """Stands for the password as it is now; another password gives another mark."""
    return hmac.new(_derived(b"password mark"), user.password.encode(), hashlib.sha256).hexdigest()


def _digest(refresh: str) -> str:
    return hashlib.sha256(refresh.encode("utf-8", "surrogatepass")).hexdigest()


def _access(user: User, family: uuid.UUID, now: datetime) -> str:
    claims: dict[str, Any] = {
        "iss": settings.TOKEN_ISSUER,
        "sub": str(user.pk),
        "iat": now,
        "exp": now + settings.ACCESS_TOKEN_LIFETIME,
        "jti": uuid.uuid4().hex,
        "kind": "access",
        "family": str(family),
        "mark": password_mark(user),
    }
    return jwt.encode(claims, _derived(b"access"), algorithm=settings.TOKEN_ALGORITHM)


def _pair(user: User, family: uuid.UUID, ends: datetime, now: datetime) -> TokenPair:
    refresh = secrets.token_urlsafe(32)
    RefreshToken.objects.create(user=user, family=family, digest=_digest(refresh), password_mark=password_mark(user), issued_at=now, expires_at=ends)
    return TokenPair(_access(user, family, now), refresh, int(settings.ACCESS_TOKEN_LIFETIME.total_seconds()))


@transaction.atomic
def issue(user: User) -> TokenPair:
    """A new family for a person who has just shown who they are."""
    now = timezone.now()
    pair = _pair(user, uuid.uuid4(), now + settings.REFRESH_TOKEN_LIFETIME, now)
    record_audit(user, "token.issued", object_type="user", object_id=user.pk)
    return pair


def rotate(refresh: str) -> TokenPair:
    """Exchange a refresh token for a new pair; the old one is spent.

    Raises BadToken if it is unknown, over, revoked, of an inactive person or older than the password.  A spent one ends its family.
    """
    pair = _rotated(refresh)
    if pair is None:  # raised out here, so that the end of the family is committed
        raise BadToken("This refresh token was used before, so that all tokens of its sign-in were ended. Sign in again.")
    return pair


@transaction.atomic
def _rotated(refresh: str) -> TokenPair | None:
    """The new pair; None if the token was spent and its family is ended now."""
    token = _locked(refresh)
    now = timezone.now()
    user = token.user
    if (
        token.revoked_at is not None
        or token.expires_at <= now
        or not user.is_active
        or not hmac.compare_digest(token.password_mark, password_mark(user))
    ):
        raise BadToken("This refresh token is no longer good. Sign in again.")
    if token.used_at is not None:
        RefreshToken.objects.in_family_of(token).not_revoked().update(revoked_at=now)
        record_audit(None, "token.reused", subject=user.pk, object_type="user", object_id=user.pk)
        tell_access_changed(user)
        return None
    token.used_at = now
    token.save(update_fields=["used_at"])
    return _pair(user, token.family, token.expires_at, now)


def _locked(refresh: str) -> RefreshToken:
    """The token, read after its family was locked.  The lock is on the first of the family: the tokens after it come and go."""
    found = RefreshToken.objects.filter(digest=_digest(refresh[:LONGEST])).first()
    if found is None:
        raise BadToken("This refresh token is not one of ours. Sign in again.")
    RefreshToken.objects.in_family_of(found).select_for_update().first()
    return RefreshToken.objects.select_related("user").get(pk=found.pk)


@transaction.atomic
def revoke(refresh: str) -> None:
    """End the family of this refresh token, and its access tokens.  An unknown token is no error: it is as ended as it can be."""
    try:
        token = _locked(refresh)
    except BadToken:
        return
    ended = RefreshToken.objects.in_family_of(token).not_revoked().update(revoked_at=timezone.now())
    if ended:
        record_audit(token.user, "token.revoked", object_type="user", object_id=token.user_id)
        tell_access_changed(token.user)


def revoke_all(user: User) -> int:
    """End all tokens of a person, inside the caller's transaction: a password or a factor changed, or they sign out everywhere."""
    tell_access_changed(user)
    return RefreshToken.objects.filter(user=user).not_revoked().update(revoked_at=timezone.now())


def user_of_access(token: str) -> User:
    """The person of an access token, with their preferences, in one query.  Raises BadToken."""
    claims = _claims(token)
    user: User | None = None
    if claims is not None:
        alive = RefreshToken.objects.filter(family=claims["family"], user=claims["sub"]).not_revoked()
        user = User.objects.select_related("preferences").filter(Exists(alive), pk=int(claims["sub"]), is_active=True).first()
    if claims is None or user is None or not hmac.compare_digest(password_mark(user), str(claims["mark"])):
        raise BadToken("The access token is not good, or no longer. Get a new one with your refresh token, or sign in again.")
    return user


def family_of_access(token: str) -> str:
    """The sign-in that an access token came from.  Raises BadToken."""
    claims = _claims(token)
    if claims is None:
        raise BadToken("The access token is not good, or no longer. Get a new one with your refresh token, or sign in again.")
    return str(uuid.UUID(claims["family"]))


def good_among(tokens: Iterable[str]) -> set[str]:
    """Those of many access tokens that are good.  Two queries, however many there are."""
    told = {token: claims for token in tokens if (claims := _claims(token)) is not None}
    people = User.objects.filter(is_active=True).in_bulk({int(claims["sub"]) for claims in told.values()})
    families = RefreshToken.objects.filter(family__in={claims["family"] for claims in told.values()}).not_revoked()
    alive = set(families.order_by().values_list("family", "user").distinct())
    marks = {pk: password_mark(user) for pk, user in people.items()}
    return {
        token
        for token, claims in told.items()
        if (pk := int(claims["sub"])) in marks and (uuid.UUID(claims["family"]), pk) in alive and hmac.compare_digest(marks[pk], str(claims["mark"]))
    }


def _claims(token: str) -> dict[str, Any] | None:
    """What an access token says, where it is one of ours and not over; nothing was asked of the database yet."""
    if len(token) > LONGEST:
        return None
    try:
        claims: dict[str, Any] = jwt.decode(
            token, _derived(b"access"), algorithms=[settings.TOKEN_ALGORITHM], issuer=settings.TOKEN_ISSUER, options={"require": _CLAIMS}
        )
        uuid.UUID(claims["family"])
    except (jwt.InvalidTokenError, ValueError, AttributeError, TypeError):
        return None
    return claims if claims["kind"] == "access" and _NUMBER.fullmatch(claims["sub"]) else None
