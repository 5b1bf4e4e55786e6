"""What is done with keys: make, revoke, know whose one is, and sweep."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.keys.errors import BadKey, BadKeyForm, NoSuchKey, TooManyKeys
from accounts.keys.models import ApiKey, ApiKeyCall
from accounts.keys.secrets import digest_of, new_secret, prefix_of
from accounts.models import User
from accounts.scopes import SCOPES, in_order
from accounts.services import record_audit, tell_access_changed
from accounts.tokens import password_mark
from portfolio_site.kernel.errors import FieldError

MOST_KEYS = 25  # of one person, that are not revoked
LONGEST_NAME = 60
LONGEST_LIFE = 3650  # days
CALLS_KEPT = timedelta(days=30)
MOST_CALLS = 1000  # of one key; the sweep takes the oldest
GONE_KEPT = timedelta(days=90)  # that a key which is no good any more stays in the list


@dataclass(frozen=True, slots=True)
class KeyCredential:
    """`request.auth` of a call with a key."""

    key: ApiKey = field(repr=False)
    scopes: frozenset[str]

    @property
    def ident(self) -> str:
        """What its limit is counted under."""
        return f"key:{self.key.pk}"


@transaction.atomic
def make_key(actor: User, *, name: str, scopes: Sequence[str], days: int | None) -> tuple[ApiKey, str]:
    """A new key, and its secret: the only time that it is told.  `days` None is a key without an end.

    Raises BadKeyForm with an error by field, TooManyKeys.
    """
    errors = _faults(name.strip(), scopes, days)
    if errors:
        raise BadKeyForm("The key was not made.", errors=errors)
    User.objects.select_for_update().get(pk=actor.pk)  # two that are made at once count each other
    if ApiKey.objects.visible_to(actor).not_revoked().count() >= MOST_KEYS:
        raise TooManyKeys(f"You have {MOST_KEYS} keys. Revoke one that you do not need any more.")
    secret, prefix = new_secret()
    now = timezone.now()
    key = ApiKey.objects.create(
        user=actor,
        name=name.strip(),
        prefix=prefix,
        digest=digest_of(secret),
        scopes=in_order(scopes),
        password_mark=password_mark(actor),
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    record_audit(actor, "key.made", object_type="api_key", object_id=key.pk, scopes=key.scopes)
    return key, secret


def _faults(name: str, scopes: Sequence[str], days: int | None) -> list[FieldError]:
    found = []
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        found.append(FieldError("name", "invalid", f"Write what the key is for, in up to {LONGEST_NAME} characters."))
    unknown = sorted(set(scopes) - set(SCOPES))
    if unknown:
        found.append(FieldError("scopes", "unknown_scope", f"There is no scope {unknown[0][:60]}. Use one of: {', '.join(SCOPES)}."))
    elif not scopes:
        found.append(FieldError("scopes", "required", "Choose at least one thing that the key may do."))
    if days is not None and not 1 <= days <= LONGEST_LIFE:
        found.append(FieldError("expires_in_days", "invalid", f"Give a number of days from 1 to {LONGEST_LIFE}, or none for a key without an end."))
    return found


@transaction.atomic
def revoke_key(actor: User, number: int) -> ApiKey:
    """Ends a key at once.  One that is ended already stays as it is.  Raises NoSuchKey."""
    key = ApiKey.objects.visible_to(actor).select_for_update().filter(pk=number).first()
    if key is None:
        raise NoSuchKey("There is no such key. It may have been removed.").of("api_key", number)
    if key.revoked_at is None:
        key.revoked_at = timezone.now()
        key.save(update_fields=["revoked_at"])
        record_audit(actor, "key.revoked", object_type="api_key", object_id=key.pk)
        tell_access_changed(actor)
    return key


def credential_of(secret: str) -> tuple[ApiKey | None, KeyCredential | None]:
    """The key that was shown, where it is one of ours at all, and what it opens: None where it is no good any more.  One query, or none."""
    prefix = prefix_of(secret)
    key = ApiKey.objects.select_related("user__preferences").filter(prefix=prefix).first() if prefix else None
    if key is None or not hmac.compare_digest(key.digest, digest_of(secret)):
        return None, None
    good = key.revoked_at is None and not key.over_at(timezone.now()) and key.user.is_active
    if not good or not hmac.compare_digest(key.password_mark, password_mark(key.user)):
        return key, None
    return key, KeyCredential(key, frozenset(key.scopes) & frozenset(SCOPES))


def refusal() -> BadKey:
    return BadKey("The key is not good, or no longer. Look at your keys in the settings, and make a new one.")


def sweep_keys(now: datetime) -> None:
    """Removes old calls, calls beyond the newest of each key, and keys that ended long ago."""
    ApiKeyCall.objects.older_than(now - CALLS_KEPT).delete()
    for key in ApiKey.objects.filter(last_used_at__gte=now - CALLS_KEPT).only("pk"):
        edge: Any = ApiKeyCall.objects.filter(key=key).order_by("-id").values_list("pk", flat=True)[MOST_CALLS : MOST_CALLS + 1].first()
        if edge is not None:
            ApiKeyCall.objects.filter(key=key, pk__lte=edge).delete()
    ApiKey.objects.gone_since(now - GONE_KEPT).delete()
