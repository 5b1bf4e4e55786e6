"""What support may look at, as the person and as staff read it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from accounts.models import SupportConsent, SupportView, User
from accounts.viewing.models import Ending
from accounts.viewing.services import LABEL, called, why_not
from portfolio_site.web.administration import may

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Look:
    """One time that somebody looked."""

    by: str
    started_at: datetime
    ended_at: datetime | None
    ending: str  # in words


@dataclass(frozen=True, slots=True)
class Allowance:
    """Whether support may look at somebody's account, and who looked.  `until`: None where it may not."""

    since: datetime | None
    until: datetime | None
    looks: tuple[Look, ...]  # newest first


@dataclass(frozen=True, slots=True)
class Viewing:
    """A view that is open, as the pages of it show it."""

    pk: int
    staff: User
    person: User
    until: datetime


def allowance_of(user: User) -> Allowance:
    """Two queries."""
    holds = SupportConsent.objects.visible_to(user).holding_at(timezone.now()).first()
    rows = SupportView.objects.filter(consent__person=user).select_related("staff").order_by("-pk")[:MOST_SHOWN]
    looks = tuple(Look(called(row.staff), row.started_at, row.ended_at, Ending(row.ending).label if row.ending else "") for row in rows)
    return Allowance(holds.given_at if holds else None, holds.ends_at if holds else None, looks)


def consent_for(staff: User, person: int) -> SupportConsent | None:
    """What somebody of staff may look at now; None where they may not, or nothing holds.  One query for who may."""
    if not may(staff, "work", LABEL):
        return None
    found = SupportConsent.objects.select_related("person").filter(person=person).holding_at(timezone.now()).first()
    return found if found is not None and why_not(found) is None else None


def open_view(staff: User, pk: int) -> tuple[SupportView | None, Ending | None]:
    """The view that a session of staff is in, and why it may not go on; (None, None) where it was ended already.  Two queries at most."""
    view = SupportView.objects.open().select_related("consent__person", "staff").filter(pk=pk, staff=staff).first()
    if view is None:
        return None, None
    return view, why_not(view.consent) or (None if may(staff, "work", LABEL) else Ending.NO_RIGHT)
