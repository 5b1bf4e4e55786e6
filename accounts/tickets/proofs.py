"""By what somebody is on a socket, and whether that is still good: asked for many sockets together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from allauth.idp.oidc.models import Token
from django.contrib.sessions.models import Session
from django.db.models import Q
from django.utils import timezone

from accounts.models import ApiKey, RefreshToken, User

SESSION, FAMILY, KEY, APP = "session", "family", "key", "app"


@dataclass(frozen=True, slots=True)
class Proof:
    """A credential without what opens it: a session by its key, a sign-in of the API by its family, a key or an app's token by its number."""

    kind: str
    reference: str


@dataclass(frozen=True, slots=True)
class Opened:
    """Who is on a socket, by what, and which scopes that has; None: all."""

    user: User
    proof: Proof
    scopes: frozenset[str] | None = None


def good_among(proofs: Iterable[Proof]) -> set[Proof]:
    """Those that are neither ended nor over.  One query for each kind.  The person's password is for the caller to compare."""
    asked: dict[str, set[str]] = defaultdict(set)
    for proof in proofs:
        asked[proof.kind].add(proof.reference)
    return {Proof(kind, reference) for kind, references in asked.items() for reference in _GOOD[kind](references)}


def _sessions(keys: set[str]) -> set[str]:
    return set(Session.objects.filter(session_key__in=keys, expire_date__gt=timezone.now()).values_list("session_key", flat=True))


def _families(families: set[str]) -> set[str]:
    rows = RefreshToken.objects.filter(family__in=families, expires_at__gt=timezone.now()).not_revoked()
    return set(map(str, rows.order_by().values_list("family", flat=True).distinct()))


def _keys(numbers: set[str]) -> set[str]:
    over = Q(expires_at__isnull=False, expires_at__lte=timezone.now())
    return set(map(str, ApiKey.objects.filter(pk__in=numbers).not_revoked().exclude(over).values_list("pk", flat=True)))


def _apps(numbers: set[str]) -> set[str]:
    return set(map(str, Token.objects.valid().filter(pk__in=numbers, type=Token.Type.ACCESS_TOKEN).values_list("pk", flat=True)))


_GOOD = {SESSION: _sessions, FAMILY: _families, KEY: _keys, APP: _apps}
