"""Answers about people."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from accounts.audit import ChainReport, check_chain
from accounts.guesses import device_name
from accounts.models import AuditEntry, AuditHead, Consent, Preferences
from accounts.querysets import AuditEntryQuerySet
from portfolio_site.web.pausing import processed

if TYPE_CHECKING:
    from accounts.models import User

APPEND_ONLY = {
    AuditEntry: frozenset({"audit_refuse_update", "audit_refuse_delete"}),
    Consent: frozenset({"consent_refuse_update", "consent_refuse_delete"}),
}


def preferences_of(user: User | AnonymousUser) -> Preferences:
    """How this person wants things.  One query for a user instance, none when it is asked again.

    Nobody in particular, and a person whose row is missing, get the defaults (not saved).
    """
    if not user.is_authenticated:
        return Preferences()
    try:
        return user.preferences
    except ObjectDoesNotExist:
        return Preferences(user=user)


def mailable(user: User) -> str | None:
    """The address that this person may get mail at: the one they sign in by, once it is confirmed."""
    return mailable_among([user.pk]).get(user.pk)


def mailable_among(user_ids: Collection[int]) -> dict[int, str]:
    """Confirmed addresses by person; who has none is not in it.  One query."""
    found = EmailAddress.objects.filter(user__in=user_ids, user__is_active=True, verified=True, primary=True)
    return dict(found.values_list("user_id", "email"))


def remaining(person: str = "") -> Q:
    """Those who may sign in and are not to be erased: with whom others can deal.

    person  the way from a row to its person, such as "owner__"
    """
    return Q(**{f"{person}is_active": True, f"{person}preferences__leaves_at": None})


def staying(person: str = "") -> Q:
    """Those whom alerts and programs of theirs may be told things, on any channel: those who remain and paused nothing."""
    return processed(person) & remaining(person)


def accounts_elsewhere_of(user: User) -> list[str] | None:
    """The services by which this person signs in; None where no service is switched on and none is connected."""
    names = sorted({account.get_provider().name for account in SocialAccount.objects.filter(user=user)})
    return names if names or settings.SOCIALACCOUNT_PROVIDERS else None


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One place where a person is signed in.  `device` is what its browser calls itself, in short."""

    pk: int
    device: str
    address: str
    since: datetime
    seen_at: datetime
    here: bool


def sessions_of(user: User, here: str = "") -> list[SessionLine]:
    """Where the person is signed in, this one first, then the latest seen.  One query; a session that ended is not among them."""
    alive = Session.objects.filter(session_key=OuterRef("session_key"), expire_date__gt=timezone.now())
    rows = UserSession.objects.filter(Exists(alive), user_id=user.pk).order_by("-last_seen_at")
    lines = [SessionLine(row.pk, device_name(row.user_agent), row.ip, row.created_at, row.last_seen_at, row.session_key == here) for row in rows]
    return sorted(lines, key=lambda line: not line.here)


def times_done(user: User, action: str, *, since: datetime) -> int:
    """How often a person did something, by their log: what they made and removed again counts.  One query."""
    return AuditEntry.objects.filter(subject=user.pk, actor=user.pk, action=action, at__gte=since).count()


def audit_of(user: User) -> AuditEntryQuerySet:
    """What was done with the person's things, newest first."""
    return AuditEntry.objects.visible_to(user).order_by("-sequence")


def verify_chain(subject: int) -> ChainReport:
    """Whether a person's audit entries are all there and as they were written; names the first that is not."""
    head = AuditHead.objects.filter(pk=subject).first()
    return check_chain(subject, AuditEntry.objects.chain_of(subject).iterator(chunk_size=1000), head)


def verify_all_chains() -> Iterator[ChainReport]:
    """One report for each person who has entries, or had some."""
    subjects = AuditEntry.objects.order_by().values_list("subject", flat=True).union(AuditHead.objects.values_list("subject", flat=True))
    for subject in sorted(subjects):
        yield verify_chain(subject)


def audit_is_append_only() -> bool:
    """Whether the database itself refuses to change or delete audit entries, and what people agreed to."""
    return all(_triggers_of(model._meta.db_table) >= wanted for model, wanted in APPEND_ONLY.items())


def _triggers_of(table: str) -> set[str]:
    """The names of those that are at work."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND tgenabled <> 'D' AND NOT tgisinternal"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s"
    with connection.cursor() as cursor:
        cursor.execute(query, [table])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return {name for (name,) in rows}
