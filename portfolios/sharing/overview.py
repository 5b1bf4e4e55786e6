"""Everything that a person shares and that is shared with them, in one place: who, in which role, until when."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone

from accounts.selectors import mailable
from portfolios.models import Invitation, Membership, OwnershipOffer, Portfolio, PublicLink
from portfolios.roles import SAID, Action, Role, grants
from portfolios.selectors import shared_portfolios, writable_portfolios
from portfolios.sharing.giving import offers_to
from portfolios.sharing.selectors import InvitationView, PersonView, called
from portfolios.sharing.services import key_of_address


@dataclass(frozen=True, slots=True)
class OpenLink:
    """A public link, without who opened it."""

    id: int
    title: str
    with_amounts: bool
    expires_at: datetime
    opened: int


@dataclass(frozen=True, slots=True)
class Given:
    """What others see of one portfolio.  `offered_to`: whom it is offered to as their own, "" where to nobody."""

    id: int
    name: str
    role: str  # of whoever asked: owner or manager
    owner: str
    people: tuple[PersonView, ...]
    invitations: tuple[InvitationView, ...]
    links: tuple[OpenLink, ...]
    offered_to: str
    offered_until: datetime | None

    @property
    def is_shared(self) -> bool:
        return bool(self.people or self.invitations or self.links or self.offered_to)


@dataclass(frozen=True, slots=True)
class Taken:
    """A portfolio of somebody else's."""

    id: int
    name: str
    owner: str
    role: str
    says: str


@dataclass(frozen=True, slots=True)
class Invited:
    """An invitation to one's confirmed address.  Only the link in the mail answers it."""

    by: str
    role: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Offered:
    """A portfolio that somebody offers as one's own."""

    id: int
    name: str
    owner: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sharing:
    given: tuple[Given, ...]
    taken: tuple[Taken, ...]
    invited: tuple[Invited, ...]
    offered: tuple[Offered, ...]

    @property
    def unshared(self) -> tuple[Given, ...]:
        """What could be shared, and is not."""
        return tuple(one for one in self.given if not one.is_shared)

    @property
    def shared(self) -> tuple[Given, ...]:
        return tuple(one for one in self.given if one.is_shared)


def sharing_of(user: Any) -> Sharing:
    """Nine queries, however much is shared."""
    mine = writable_portfolios(user, Action.SHARE)
    taken = tuple(
        Taken(one.pk, one.name, called(one.owner), str(one.shared_role), SAID[Role(str(one.shared_role))]) for one in shared_portfolios(user)
    )
    offered = tuple(Offered(one.pk, one.portfolio.name, called(one.portfolio.owner), one.expires_at) for one in offers_to(user))
    return Sharing(tuple(_given(mine)), taken, tuple(_invited(user)), offered)


def _given(portfolios: list[Portfolio]) -> Iterable[Given]:
    now, keys = timezone.now(), [one.pk for one in portfolios]
    members = _by_portfolio(Membership.objects.filter(portfolio__in=keys).select_related("user").order_by("since", "pk"))
    invited = _by_portfolio(Invitation.objects.filter(portfolio__in=keys, expires_at__gt=now).order_by("created_at", "pk"))
    links = _by_portfolio(PublicLink.objects.filter(portfolio__in=keys, expires_at__gt=now).order_by("-pk"))
    offers = {one.portfolio_id: one for one in OwnershipOffer.objects.filter(portfolio__in=keys, expires_at__gt=now).select_related("to")}
    for one in portfolios:
        role = Role(one.shared_role or Role.OWNER)
        gives, offer = grants(role), offers.get(one.pk)
        yield Given(
            one.pk,
            one.name,
            role.value,
            called(one.owner),
            tuple(
                PersonView(row.user_id, called(row.user), row.user.email, row.role, SAID[Role(row.role)], row.since, Role(row.role) in gives)
                for row in members[one.pk]
            ),
            tuple(InvitationView(row.pk, row.email, row.role, row.expires_at, Role(row.role) in gives) for row in invited[one.pk]),
            tuple(OpenLink(row.pk, row.title, row.with_amounts, row.expires_at, row.opened) for row in links[one.pk]),
            called(offer.to) if offer is not None else "",
            offer.expires_at if offer is not None else None,
        )


def _by_portfolio(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found = defaultdict(list)
    for row in rows:
        found[row.portfolio_id].append(row)
    return found


def _invited(user: Any) -> Iterable[Invited]:
    address = mailable(user)
    if address is None:
        return
    rows = Invitation.objects.filter(email_key=key_of_address(address), expires_at__gt=timezone.now()).select_related("invited_by")
    for row in rows.order_by("created_at"):
        yield Invited(called(row.invited_by), row.role, row.expires_at)
