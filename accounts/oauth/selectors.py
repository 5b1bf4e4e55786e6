"""Answers about apps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.idp.oidc.models import Client, Token

from accounts.models import User
from accounts.oauth.adapter import ASKABLE, OIDCAdapter
from accounts.oauth.errors import NoSuchApp


@dataclass(frozen=True, slots=True)
class ConnectedApp:
    """An app that a person let in."""

    id: str
    name: str
    by: str  # who registered it; "" for an administrator of this installation
    words: tuple[str, ...]
    since: datetime
    used_at: datetime  # when it last got a token


@dataclass(frozen=True, slots=True)
class OwnApp:
    """An app that a person builds."""

    id: str
    name: str
    confidential: bool
    for_owner: bool
    addresses: tuple[str, ...]
    scopes: tuple[str, ...]
    made_at: datetime


def in_words(scopes: Any) -> tuple[str, ...]:
    return tuple(str(OIDCAdapter.scope_display[scope]) for scope in ASKABLE if scope in scopes)


def connected_apps(user: User) -> list[ConnectedApp]:
    """By name.  One query."""
    found: dict[str, list[Token]] = {}
    for token in Token.objects.valid().filter(user=user, client__isnull=False).select_related("client__owner"):
        found.setdefault(token.client.pk, []).append(token)
    return sorted((_connected(tokens) for tokens in found.values()), key=lambda app: (app.name.lower(), app.id))


def _connected(tokens: list[Token]) -> ConnectedApp:
    client = tokens[0].client
    scopes = {scope for token in tokens for scope in token.get_scopes()}
    since = min(datetime.fromisoformat((token.data or {}).get("since", token.created_at.isoformat())) for token in tokens)
    return ConnectedApp(
        id=client.pk,
        name=client.name,
        by=client.owner.username if client.owner else "",
        words=in_words(scopes & set(client.get_scopes())),
        since=since,
        used_at=max(token.created_at for token in tokens),
    )


def own_apps(user: User) -> list[OwnApp]:
    """By name.  One query."""
    return [_own(client) for client in Client.objects.filter(owner=user).order_by("name", "pk")]


def own_app(user: User, number: str) -> OwnApp:
    """Raises NoSuchApp, also where it is somebody else's."""
    client = Client.objects.filter(owner=user, pk=number[:100]).first()
    if client is None:
        raise NoSuchApp("There is no such app of yours. It may have been removed.").of("oauth_client", number)
    return _own(client)


def _own(client: Client) -> OwnApp:
    return OwnApp(
        id=client.pk,
        name=client.name,
        confidential=client.type == Client.Type.CONFIDENTIAL,
        for_owner=Client.GrantType.CLIENT_CREDENTIALS in client.get_grant_types(),
        addresses=tuple(client.get_redirect_uris()),
        scopes=tuple(client.get_scopes()),
        made_at=client.created_at,
    )
