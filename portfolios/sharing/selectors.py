"""Who has which role where, as pages and calls tell it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.utils import timezone

from portfolios.models import Invitation, Membership, Portfolio
from portfolios.roles import SAID, Role, grants
from portfolios.selectors.access import role_of


@dataclass(frozen=True, slots=True)
class PersonView:
    """A member.  `changeable`: whether whoever asked may change or end the role."""

    user: int
    name: str
    email: str
    role: str
    says: str
    since: datetime
    changeable: bool


@dataclass(frozen=True, slots=True)
class InvitationView:
    """An invitation that was not answered yet."""

    id: int
    email: str
    role: str
    expires_at: datetime
    changeable: bool


@dataclass(frozen=True, slots=True)
class SharesView:
    """Everybody with a role in a portfolio but the owner, and who is invited; `gives` are the roles that whoever asked may give."""

    owner: str
    people: tuple[PersonView, ...]
    invitations: tuple[InvitationView, ...]
    gives: tuple[tuple[str, str], ...]


def shares_of(user: Any, portfolio: Portfolio) -> SharesView:
    """Two queries, three for a manager."""
    given = grants(role_of(user, portfolio))
    members = Membership.objects.filter(portfolio=portfolio).select_related("user").order_by("since", "pk")
    invited = Invitation.objects.filter(portfolio=portfolio, expires_at__gt=timezone.now()).order_by("created_at", "pk")
    return SharesView(
        owner=called(portfolio.owner),
        people=tuple(
            PersonView(one.user_id, called(one.user), one.user.email, one.role, SAID[Role(one.role)], one.since, Role(one.role) in given)
            for one in members
        ),
        invitations=tuple(InvitationView(one.pk, one.email, one.role, one.expires_at, Role(one.role) in given) for one in invited),
        gives=tuple((one.value, f"{one.value.capitalize()}: {SAID[one].lower()}") for one in given),
    )


def called(user: Any) -> str:
    return str(user.first_name or user.username)


def orphans(user: Any) -> list[tuple[Portfolio, int]]:
    """The person's portfolios that others have a role in, with how many: what to settle before the person is erased.  One query."""
    found = Portfolio.objects.owned_by(user).annotate(shared=Count("memberships")).filter(shared__gt=0).order_by("pk")
    return [(one, one.shared) for one in found]
