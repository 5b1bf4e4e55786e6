"""Tickets are given to who is signed in, and taken by a socket's first message.

A ticket is 256 random bits, good once and for half a minute, and opens no more than what it was asked for with: the same person, the same
scopes, and only as long as that session, sign-in, key or connected app is good.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts import tokens
from accounts.errors import BadToken
from accounts.keys.calls import Call, note
from accounts.keys.services import KeyCredential, credential_of
from accounts.models import SocketTicket, User
from accounts.oauth.services import AppCredential, credential_of_token
from accounts.scopes import in_order
from accounts.services import one_at_a_time
from accounts.tickets.errors import BadOpening, TooManyTickets
from accounts.tickets.proofs import APP, FAMILY, KEY, SESSION, Opened, Proof, good_among
from accounts.tokens import password_mark

LIVES = timedelta(seconds=30)
MOST = 50  # of one person that are not used yet: as many as they may have sockets
LONGEST = tokens.LONGEST  # signs of anything that is looked at at all
_MARK = "wst_"


def proof_of(credential: Any, session_key: str) -> tuple[Proof, frozenset[str] | None]:
    """What a call of the API came with, and its scopes."""
    if isinstance(credential, KeyCredential):
        return Proof(KEY, str(credential.key.pk)), credential.scopes
    if isinstance(credential, AppCredential):
        return Proof(APP, str(credential.token_id)), credential.scopes
    if isinstance(credential, str):
        return Proof(FAMILY, tokens.family_of_access(credential)), None
    return Proof(SESSION, session_key), None


@transaction.atomic
def make_ticket(actor: User, proof: Proof, scopes: frozenset[str] | None) -> str:
    """A ticket, which is told this once.  Raises TooManyTickets."""
    one_at_a_time(actor)
    now = timezone.now()
    if SocketTicket.objects.visible_to(actor).good_at(now).count() >= MOST:
        raise TooManyTickets(f"You have {MOST} tickets that were not used. Use one, or wait half a minute.")
    ticket = _MARK + secrets.token_urlsafe(32)
    SocketTicket.objects.create(
        digest=_digest(ticket),
        user=actor,
        kind=proof.kind,
        reference=proof.reference,
        password_mark=password_mark(actor),
        scopes=None if scopes is None else in_order(scopes),
        expires_at=now + LIVES,
    )
    return ticket


def take_ticket(ticket: str) -> Opened:
    """Who it opens a socket for; from now on it opens nothing.  Raises BadOpening."""
    found = SocketTicket.objects.select_related("user").filter(digest=_digest(ticket)).first()
    if found is None or not SocketTicket.objects.filter(pk=found.pk).delete()[0]:  # of two that come at once, one removes it
        raise BadOpening("This ticket is not one of ours, or was used.")
    proof, user = Proof(found.kind, found.reference), found.user
    good = found.expires_at > timezone.now() and user.is_active and hmac.compare_digest(found.password_mark, password_mark(user))
    if not good or proof not in good_among([proof]):
        raise BadOpening("This ticket is over, or what it was asked for with is.")
    return Opened(user, proof, None if found.scopes is None else frozenset(found.scopes))


def by_credential(shown: str, path: str) -> Opened:
    """Who an API key or the access token of a connected app opens a socket for.  Raises BadOpening."""
    if len(shown) > LONGEST:
        raise BadOpening("This is longer than anything that opens a socket.")
    key, credential = credential_of(shown)
    if key is not None:  # its person reads of it, also where it is no good any more
        note(Call(key.pk, "GET", path, 101 if credential else 401, "", timezone.now()))
    if key is not None and credential is not None:
        return Opened(key.user, Proof(KEY, str(key.pk)), credential.scopes)
    found = credential_of_token(shown) if key is None and settings.OAUTH_PROVIDER else None
    if found is None:
        raise BadOpening("This key or token is not good, or no longer.")
    user, app = found
    return Opened(user, Proof(APP, str(app.token_id)), app.scopes)


def by_access_token(token: str) -> User:
    """The person of one of our own access tokens.  Raises BadOpening."""
    try:
        return tokens.user_of_access(token)
    except BadToken as problem:
        raise BadOpening(problem.detail) from None


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket[:LONGEST].encode("utf-8", "surrogatepass")).hexdigest()
