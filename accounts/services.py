"""What people can do with their own account, and the record of what anybody did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.errors import BadPreferences
from accounts.models import AuditEntry, AuditHead, Preferences
from portfolio_site.kernel.errors import FieldError

if TYPE_CHECKING:
    from accounts.models import User

CHANGEABLE = frozenset(
    field.name for field in Preferences._meta.get_fields() if getattr(field, "concrete", False) and field.name not in {"id", "user"}
)


def record_audit(
    actor: User | None, action: str, subject: int | None = None, object_type: str = "", object_id: object = "", **data: object
) -> AuditEntry:
    """Write one line of what was done, inside the caller's transaction.

    `actor` did it (None: the system); `subject` is the id of the person whose thing it is, the actor if not given.  `data` says what
    kind of change it was, never amounts or names (TypeError for decimals and floats).  Appends to one chain wait for each other.
    """
    if subject is None:
        if actor is None:
            raise ValueError("An audit entry of the system needs a subject.")
        subject = actor.pk
    tidied = audit.tidy(data)
    with transaction.atomic(savepoint=False):
        head = _locked_head(subject)
        entry = AuditEntry(
            subject=subject,
            sequence=head.sequence + 1,
            actor=None if actor is None else actor.pk,
            action=action[:60],
            object_type=object_type[:60],
            object_id=str(object_id)[:40],
            data=tidied,
            request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
            at=timezone.now(),
            previous=head.hash,
        )
        entry.hash = audit.hash_of(entry)
        entry.save(force_insert=True)
        head.sequence, head.hash = entry.sequence, entry.hash
        head.seal = audit.seal_of(subject, head.sequence, head.hash)
        head.save(force_update=True)
    return entry


def _locked_head(subject: int) -> AuditHead:
    """The end of the chain, locked until the transaction ends."""
    heads = AuditHead.objects.select_for_update().filter(pk=subject)
    head = heads.first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead(subject=subject)], ignore_conflicts=True)
        head = heads.get()
    return head


@transaction.atomic
def update_preferences(actor: User, **changes: object) -> Preferences:
    """Change how things are computed and shown for `actor`.  Raises BadPreferences, naming each field that is refused."""
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        raise BadPreferences(
            f"There is no setting called {', '.join(unknown)}.", errors=[FieldError(name, "unknown", "There is no such setting.") for name in unknown]
        )
    preferences, _ = Preferences.objects.select_for_update().get_or_create(user=actor)
    changed = sorted(name for name, value in changes.items() if getattr(preferences, name) != value)
    for name in changed:
        setattr(preferences, name, changes[name])
    try:
        preferences.clean_fields(exclude=sorted(CHANGEABLE - set(changed)))
    except ValidationError as problem:
        raise BadPreferences("A setting was refused.", errors=_field_errors(problem)) from None
    if changed:
        preferences.save(update_fields=changed)
        record_audit(actor, "preferences.changed", object_type="preferences", object_id=preferences.pk, fields=changed)
    preferences.user = actor  # also what selectors.preferences_of answers from now on
    return preferences


def _field_errors(problem: ValidationError) -> list[FieldError]:
    """Django's errors of fields in the shape of the error tree."""
    return [
        FieldError(field, str(error.code or "invalid"), " ".join(error.messages))
        for field, errors in problem.error_dict.items()
        for error in errors
    ]
