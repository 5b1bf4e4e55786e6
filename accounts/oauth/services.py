"""What is done with apps: register, change, remove, connect, disconnect; and what ends when something is shown twice."""

from __future__ import annotations

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.idp.oidc.adapter import get_adapter
from allauth.idp.oidc.models import Client, Token
from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts.models import User
from accounts.oauth.adapter import ASKABLE
from accounts.oauth.errors import BadAppForm, NoSuchApp, RegistrationClosed, TooManyApps
from accounts.oauth.models import AuthorizationCode, SpentRefreshToken
from accounts.services import record_audit, tell_access_changed
from accounts.tokens import password_mark
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.administration import may

MOST_APPS = 10  # of one owner
MOST_ADDRESSES = 10
LONGEST_NAME, LONGEST_ADDRESS = 60, 300
_OWN_SCHEME = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+")  # a domain backwards, such as org.example.app
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class AppDraft:
    """What the owner of an app says of it."""

    name: str
    addresses: tuple[str, ...]
    scopes: tuple[str, ...]
    confidential: bool = True
    for_owner: bool = False  # may act for its owner alone, by its secret (client credentials)


@transaction.atomic
def register_app(actor: User, draft: AppDraft) -> tuple[Client, str]:
    """A new app, and its secret ("" for one that can keep none): the only time that it is told.

    Raises BadAppForm with an error by field, TooManyApps, RegistrationClosed.
    """
    if not settings.OAUTH_OPEN and not may(actor, "add", "allauth_idp_oidc.Client"):
        raise RegistrationClosed("Ask an administrator of this installation to register the app.")
    _check(draft)
    User.objects.select_for_update().get(pk=actor.pk)
    if Client.objects.filter(owner=actor).count() >= MOST_APPS:
        raise TooManyApps(f"You have {MOST_APPS} apps. Remove one that is not used any more.")
    client = Client(owner=actor, type=Client.Type.CONFIDENTIAL if draft.confidential else Client.Type.PUBLIC)
    secret = _new_secret(client, actor)
    _write(client, draft)
    client.save(force_insert=True)
    record_audit(actor, "app.registered", object_type="oauth_client", object_id=client.pk)
    return client, secret if draft.confidential else ""


@transaction.atomic
def change_app(actor: User, number: str, draft: AppDraft) -> Client:
    """Its name, addresses and scopes; what it was given beyond them ends.  Raises BadAppForm, NoSuchApp."""
    client = _own(actor, number)
    _check(draft)
    _write(client, draft)
    client.save()
    record_audit(actor, "app.changed", object_type="oauth_client", object_id=client.pk)
    return client


@transaction.atomic
def renew_secret(actor: User, number: str) -> str:
    """A new secret; the old one and the tokens that act for the owner end.  Raises NoSuchApp."""
    client = _own(actor, number)
    if client.type != Client.Type.CONFIDENTIAL:
        raise NoSuchApp("This app has no secret.")
    secret = _new_secret(client, actor)
    client.save()
    Token.objects.filter(client=client, user=None).delete()
    record_audit(actor, "app.secret_renewed", object_type="oauth_client", object_id=client.pk)
    return secret


@transaction.atomic
def remove_app(actor: User, number: str) -> None:
    """The app and every connection to it.  Raises NoSuchApp."""
    client = _own(actor, number)
    client.delete()
    record_audit(actor, "app.removed", object_type="oauth_client", object_id=number)


def _own(actor: User, number: str) -> Client:
    client = Client.objects.select_for_update().filter(owner=actor, pk=number[:100]).first()
    if client is None:
        raise NoSuchApp("There is no such app of yours. It may have been removed.").of("oauth_client", number)
    return client


def _new_secret(client: Client, owner: User) -> str:
    """256 random bits need no slow hash: one round, in the format that the package checks."""
    secret: str = get_adapter().generate_client_secret()
    client.secret = PBKDF2PasswordHasher().encode(secret, get_random_string(22), iterations=1)
    client.data = {**(client.data or {}), "mark": password_mark(owner)}
    return secret


def _write(client: Client, draft: AppDraft) -> None:
    grants = [Client.GrantType.AUTHORIZATION_CODE, Client.GrantType.REFRESH_TOKEN] if draft.addresses else []
    if draft.for_owner:
        grants.append(Client.GrantType.CLIENT_CREDENTIALS)
    client.name = draft.name.strip()
    client.set_redirect_uris(list(draft.addresses))
    client.set_scopes([scope for scope in ASKABLE if scope in draft.scopes])
    client.set_default_scopes([])
    client.set_grant_types([str(grant) for grant in grants])
    client.set_response_types(["code"])
    client.allow_uri_wildcards = client.skip_consent = False


def _check(draft: AppDraft) -> None:
    errors = []
    name = draft.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        errors.append(FieldError("name", "invalid", f"Write what people know the app by, in up to {LONGEST_NAME} characters."))
    if len(draft.addresses) > MOST_ADDRESSES:
        errors.append(FieldError("addresses", "too_many", f"Give at most {MOST_ADDRESSES} addresses."))
    errors += [FieldError("addresses", "invalid", fault) for fault in map(address_fault, draft.addresses[:MOST_ADDRESSES]) if fault]
    if not draft.addresses and not draft.for_owner:
        errors.append(FieldError("addresses", "required", "Give the address that people come back to."))
    if draft.for_owner and not draft.confidential:
        errors.append(FieldError("for_owner", "invalid", "An app that can keep no secret cannot act by one."))
    if not draft.scopes or set(draft.scopes) - set(ASKABLE):
        errors.append(FieldError("scopes", "invalid", "Choose at least one of the things that the app may ask for."))
    if errors:
        raise BadAppForm("The app was not saved.", errors=errors)


def address_fault(address: str) -> str:
    """What is wrong with an address to return to, as a sentence; "" for nothing."""
    shown = address[:80]
    if (
        len(address) > LONGEST_ADDRESS
        or not address.isascii()
        or any(ord(sign) <= 32 or sign in '\\"<>^`{|}*' or ord(sign) == 127 for sign in address)
    ):
        return f"{shown}: write a plain address without blanks, stars and signs that must be escaped."
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return f"{shown}: this is no address."
    if "#" in address or "@" in parts.netloc:
        return f"{shown}: write the address without #, name and password."
    if parts.scheme == "https":
        return "" if host else f"{shown}: the host is missing."
    if parts.scheme == "http":
        return "" if host in _LOOPBACK else f"{shown}: use https; http is for this machine only, as http://127.0.0.1:8080/back."
    return (
        ""
        if _OWN_SCHEME.fullmatch(parts.scheme)
        else f"{shown}: begin with https://, or with a scheme of the app's own such as org.example.app:/back."
    )


# ── connections ─────────────────────────────────────────────────────────────


def note_connection(user: User, client: Client, scopes: Sequence[str]) -> None:
    """The person agreed: a line of the audit."""
    record_audit(user, "app.connected", object_type="oauth_client", object_id=client.pk, scopes=list(scopes))


@transaction.atomic
def disconnect_app(actor: User, number: str) -> None:
    """Ends everything that the app got from this person.  Raises NoSuchApp where it got nothing."""
    if not _end(actor, number[:100]):
        raise NoSuchApp("This app is not connected.")
    tell_access_changed(actor)
    record_audit(actor, "app.disconnected", object_type="oauth_client", object_id=number[:40])


def end_after_reuse(user: User, client_id: str, what: str) -> None:
    """A code or a token was shown twice: one of the two who have it is a thief.  Ends what the app has of this person."""
    if _end(user, client_id):
        record_audit(None, "app.token_reused", subject=user.pk, object_type="oauth_client", object_id=client_id, what=what)


def _end(user: User, client_id: str) -> int:
    AuthorizationCode.objects.filter(user=user, client_id=client_id, spent_at__isnull=True).update(spent_at=timezone.now())
    return int(Token.objects.filter(user=user, client_id=client_id).delete()[0])


def acts_for_owner(client: Client) -> bool:
    """Whether its secret still opens its owner's account: the owner is there, with the password of that time."""
    owner = client.owner
    if owner is None or not owner.is_active:
        return False
    return hmac.compare_digest(password_mark(owner), str((client.data or {}).get("mark", "")))


# ── who calls the API with a token ──────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class AppCredential:
    """`request.auth` of a call by a connected app."""

    client_id: str
    user_id: int
    scopes: frozenset[str]
    token_id: int = 0

    @property
    def ident(self) -> str:
        """What its limit is counted under."""
        return f"app:{self.client_id}:{self.user_id}"


def credential_of_token(raw: str) -> tuple[User, AppCredential] | None:
    """The person behind an access token of an app, and what it opens; None for anything that is not good.  One query."""
    found = Token.objects.select_related("user__preferences", "client__owner__preferences").lookup(Token.Type.ACCESS_TOKEN, raw)
    if found is None or found.client is None:
        return None
    user: Any = found.user or found.client.owner
    if user is None or not user.is_active or not hmac.compare_digest(password_mark(user), str((found.data or {}).get("mark", ""))):
        return None
    if found.get_resources():  # meant for another service (RFC 8707)
        return None
    scopes = frozenset(found.get_scopes()) & frozenset(found.client.get_scopes())
    return user, AppCredential(found.client.pk, user.pk, scopes, found.pk)


def sweep_apps(now: datetime) -> None:
    """Removes tokens and codes that are over, and what was spent longer ago than a refresh token can live."""
    Token.objects.expired().delete()
    AuthorizationCode.objects.over_by(now - timedelta(days=1)).delete()
    SpentRefreshToken.objects.older_than(now - timedelta(seconds=settings.IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN)).delete()
