"""Answers about keys."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.keys.errors import NoSuchKey
from accounts.keys.models import ApiKey, ApiKeyCall
from accounts.keys.querysets import ApiKeyCallQuerySet, ApiKeyQuerySet
from accounts.models import User
from accounts.scopes import in_words
from accounts.tokens import password_mark


@dataclass(frozen=True, slots=True)
class KeyView:
    """A key as its person sees it.  `state` is good, expired, revoked, or password: ended by a change of the password."""

    id: int
    name: str
    prefix: str
    scopes: tuple[str, ...]
    words: tuple[str, ...]
    state: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


def rows_of(user: User) -> ApiKeyQuerySet:
    return ApiKey.objects.visible_to(user).order_by("-id")


def views_of(user: User, rows: list[ApiKey]) -> list[KeyView]:
    """The rows as their person sees them.  No query."""
    mark, now = password_mark(user), timezone.now()
    return [_view(row, mark, now) for row in rows]


def keys_of(user: User) -> list[KeyView]:
    """All keys of a person, newest first.  One query."""
    return views_of(user, list(rows_of(user)))


def key_of(user: User, number: int) -> KeyView:
    """One key.  Raises NoSuchKey, also where it is somebody else's."""
    row = rows_of(user).filter(pk=number).first()
    if row is None:
        raise NoSuchKey("There is no such key. It may have been removed.").of("api_key", number)
    return views_of(user, [row])[0]


def calls_of(user: User, number: int) -> ApiKeyCallQuerySet:
    """What was called with a key, newest first."""
    return ApiKeyCall.objects.filter(key=number, key__user=user).order_by("-id")


def _view(row: ApiKey, mark: str, now: datetime) -> KeyView:
    state = "good"
    if row.revoked_at is not None:
        state = "revoked"
    elif row.over_at(now):
        state = "expired"
    elif not hmac.compare_digest(row.password_mark, mark):
        state = "password"
    return KeyView(
        id=row.pk,
        name=row.name,
        prefix=row.prefix,
        scopes=tuple(row.scopes),
        words=tuple(in_words(row.scopes)),
        state=state,
        created_at=row.created_at,
        expires_at=row.expires_at,
        last_used_at=row.last_used_at,
        revoked_at=row.revoked_at,
    )
