"""Letting support look, looking, and the end of it.

Each beginning and end stands in two logs: that of whose account it is, and that of who looked.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.errors import AlreadyAllowed, NotAllowedToLook, NotForThisRole, NothingAllowed
from accounts.models import SupportConsent, SupportView, User
from accounts.services import one_at_a_time, record_audit
from accounts.signals import person_told
from accounts.viewing.models import Ending
from portfolio_site.web.administration import may

HOURS = (1, 24)  # for which it can be allowed
LABEL = "accounts.SupportConsent"  # whose line in the table of roles says who may look


@transaction.atomic
def allow_support(actor: User, *, hours: int) -> SupportConsent:
    """From now on, for so many hours of `HOURS`, support may look at the account.  Raises AlreadyAllowed, NotAllowedToLook."""
    if hours not in HOURS:
        raise ValueError(f"{hours} is none of {HOURS}")
    one_at_a_time(actor)
    if _runs_the_site(actor):
        raise NotAllowedToLook("Who runs the site is not looked at by support. Show a colleague your own screen.")
    now = timezone.now()
    if SupportConsent.objects.visible_to(actor).holding_at(now).exists():
        raise AlreadyAllowed("Support may look already. End that first to allow another time.")
    given = SupportConsent.objects.create(person=actor, given_at=now, ends_at=now + timedelta(hours=hours))
    record_audit(actor, "support.allowed", object_type="support_consent", object_id=given.pk, hours=hours)
    return given


@transaction.atomic
def end_support(actor: User) -> None:
    """Support may look no more, and nobody does from their next request on.  Raises NothingAllowed."""
    one_at_a_time(actor)
    now = timezone.now()
    given = SupportConsent.objects.visible_to(actor).holding_at(now).first()
    if given is None:
        raise NothingAllowed("Support may not look at this account now.")
    SupportConsent.objects.filter(pk=given.pk).update(ended_at=now)
    record_audit(actor, "support.ended", object_type="support_consent", object_id=given.pk)
    for view in given.views.open().select_related("consent__person", "staff"):
        end_view(view, Ending.ENDED, by=actor)


@transaction.atomic
def start_view(actor: User, consent: SupportConsent) -> SupportView:
    """Look at the account of who consented.  A view that the same person of staff has open ends.

    Raises NotForThisRole, NotAllowedToLook.
    """
    if not may(actor, "work", LABEL):
        raise NotForThisRole("Only support and administrators look at an account, where its person allowed it.")
    one_at_a_time(consent.person)  # what the person does about it meanwhile waits, or was done before
    given = SupportConsent.objects.select_related("person").filter(pk=consent.pk).first()
    if given is None or why_not(given) is not None:
        raise NotAllowedToLook("The person does not allow it, or no longer. Ask them to allow it under Settings, Your data.")
    for other in SupportView.objects.open().filter(staff=actor).select_related("consent__person", "staff"):
        end_view(other, Ending.OTHER, by=actor)
    view = SupportView.objects.create(consent=given, staff=actor, started_at=timezone.now())
    _record(view, actor, "support.view_started")
    sentence = f"{called(actor)} of support began to look at your account, as you allowed. They can change nothing."
    person_told.send(SupportView, user_ids=[given.person_id], key=f"support_view:{view.pk}", sentence=sentence, path=reverse("settings-support"))
    return view


@transaction.atomic
def end_view(view: SupportView, ending: Ending, *, by: User | None) -> None:
    """It is over; again changes nothing.  `by`: whose deed ended it, None where time did."""
    if SupportView.objects.open().filter(pk=view.pk).update(ended_at=timezone.now(), ending=ending):
        _record(view, by, "support.view_ended", how=ending.value)


def end_views_of(staff: User, ending: Ending) -> None:
    """Whatever somebody of staff has open."""
    for view in SupportView.objects.open().filter(staff=staff).select_related("consent__person", "staff"):
        end_view(view, ending, by=staff)


def end_what_is_over(now: datetime) -> int:
    """Views whose time ran out and that nobody left.  How many there were."""
    over = list(SupportView.objects.over_by(now).select_related("consent__person", "staff"))
    for view in over:
        end_view(view, Ending.OVER, by=None)
    return len(over)


def why_not(consent: SupportConsent) -> Ending | None:
    """Why the account may not be looked at now; None where it may."""
    if consent.ended_at is not None:
        return Ending.ENDED
    if not consent.holds_at(timezone.now()):
        return Ending.OVER
    person = consent.person
    return None if person.is_active and not _runs_the_site(person) else Ending.NO_RIGHT


def called(staff: User | None) -> str:
    """What the person reads of who looked."""
    return "Somebody" if staff is None else staff.first_name or staff.username


def _runs_the_site(person: User) -> bool:
    return person.is_staff or person.is_superuser


def _record(view: SupportView, by: User | None, action: str, **data: Any) -> None:
    """In the log of whose account it is, and of who looked."""
    for subject in (view.consent.person_id, view.staff_id):
        if subject is not None:
            record_audit(by, action, subject=subject, object_type="support_view", object_id=view.pk, **data)
