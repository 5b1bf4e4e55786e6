"""Giving a portfolio to another owner: offered by the owner, taken back, accepted or declined by the member that it is offered to.

An offer is a row as long as it is open; what became of it stands in the logs of both.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.selectors import mailable, remaining, times_done
from accounts.services import one_at_a_time, record_audit
from portfolio_site.kernel.errors import Conflict, FieldError, Invalid
from portfolios.errors import CannotGiveAway, OfferNotFound
from portfolios.models import Membership, OwnershipOffer, Portfolio
from portfolios.roles import Action
from portfolios.services.locking import only_writer
from portfolios.sharing.consequences import HINDERED, consequences_of
from portfolios.sharing.handover import hand_over
from portfolios.sharing.selectors import called
from portfolios.sharing.telling import mail_people, tell_people

OPEN_FOR = timedelta(days=14)
MOST_A_DAY = 10


def offer_portfolio(actor: Any, portfolio: Portfolio, *, to: int, stays: bool) -> OwnershipOffer:
    """Offer a portfolio to one of its members, for two weeks.  Nothing changes until they accept.  Whoever calls has asked for the password.

    Raises NotAllowedForRole; Invalid by field; CannotGiveAway; Conflict where an offer is open or too many were made.
    """
    with only_writer(portfolio, by=actor, to=Action.TRANSFER) as locked:
        member = _taker(locked, to)
        now = timezone.now()
        OwnershipOffer.objects.filter(portfolio=locked, expires_at__lte=now).delete()
        if OwnershipOffer.objects.filter(portfolio=locked).exists():
            raise Conflict("This portfolio is offered to somebody already. Take that back first.")
        if hindered := consequences_of(locked, stays=stays).hindered:
            raise CannotGiveAway(" ".join(hindered))
        if times_done(actor, "ownership.offered", since=now - timedelta(days=1)) >= MOST_A_DAY:
            raise Conflict(f"You have offered portfolios {MOST_A_DAY} times within a day. Wait until tomorrow.")
        made: OwnershipOffer = OwnershipOffer.objects.create(portfolio=locked, to=member, stays=stays, created_at=now, expires_at=now + OPEN_FOR)
        _audit(actor, made, "ownership.offered", stays=stays)
        path = reverse("offer", args=[made.pk])
        tell_people([member.pk], key=f"offer:{made.pk}", sentence=f"{called(actor)} offers you the portfolio “{locked.name}” as your own.", path=path)
        mail_people([member.pk], "offer", path=path, who=called(actor), address=actor.email, until=made.expires_at)
    return made


def take_back(actor: Any, portfolio: Portfolio) -> None:
    """End an open offer.  Raises NotAllowedForRole, OfferNotFound."""
    with only_writer(portfolio, by=actor, to=Action.TRANSFER) as locked:
        found = _of(locked)
        if found is None:
            raise OfferNotFound("There is no open offer of this portfolio; it may have been answered.")
        _audit(actor, found, "ownership.taken_back")
        sentence = f"{called(actor)} took the offer of “{locked.name}” back. You keep your role in it."
        tell_people([found.to_id], key=f"offer:{found.pk}:back", sentence=sentence)
        found.delete()


def answer_offer(actor: Any, number: int, *, accept: bool, copies: bool = True) -> Portfolio:
    """Take a portfolio over, or decline it; once.

    copies  whether to copy the rates and words that its figures are told with, so that they stay as they are
    Raises OfferNotFound; CannotGiveAway; InstrumentTaken; Conflict where either account is about to be erased.
    """
    asked = open_offer(actor, number)
    others = Portfolio.objects.owned_by(asked.portfolio.owner).exclude(pk=asked.portfolio_id)
    with only_writer(asked.portfolio, *others, by=None) as locked:  # no entry that names what changes hands may come into another ledger
        found = open_offer(actor, number)
        if others.exclude(pk__in=getattr(locked, "locked_with", {})).exists():
            raise Conflict("Its owner has just made another portfolio. Try again.")
        giver, name, stays = locked.owner, locked.name, found.stays
        found.portfolio = locked
        if accept:
            one_at_a_time(actor)  # before the logs of both: a blend that is copied asks for it later
            if User.objects.filter(remaining(), pk__in=[giver.pk, actor.pk]).count() < 2 or mailable(actor) is None:
                raise Conflict("One of the two accounts is closed, about to be erased, or its address is not confirmed. Settle that first.")
            if consequences_of(locked, stays=stays).hindered:
                raise CannotGiveAway(HINDERED)
        else:
            _audit(actor, found, "ownership.declined")
        found.delete()
        if accept:
            hand_over(locked, actor, stays=stays, copies=copies)
        said, after = ("accepted", "It is theirs now.") if accept else ("declined", "It stays yours.")
        path = reverse("portfolio", args=[locked.pk]) if not accept or stays else ""
        sentence = f"{called(actor)} {said} your portfolio “{name}”. {after}"
        tell_people([giver.pk], key=f"offer:{number}:{said}", sentence=sentence, path=path)
        mail_people([giver.pk], "offer_answered", path=path, who=called(actor), accepted=accept, stays=stays)
    return locked


def open_offer(actor: Any, number: int) -> OwnershipOffer:
    """An offer to this person, who is still a member.  Raises OfferNotFound.  Two queries."""
    rows = OwnershipOffer.objects.filter(pk=number, to=actor, expires_at__gt=timezone.now()).select_related("portfolio__owner", "to")
    found: OwnershipOffer | None = rows.first()
    if found is None or not Membership.objects.filter(portfolio=found.portfolio_id, user=actor).exists():
        raise OfferNotFound("This offer is over, or it is for somebody else.").of("offer", number)
    return found


def offer_of(portfolio: Portfolio) -> OwnershipOffer | None:
    """The open offer of a portfolio.  One query."""
    found = _of(portfolio)
    return found if found is not None and found.expires_at > timezone.now() else None


def offers_to(user: Any) -> list[OwnershipOffer]:
    """What a person is offered.  One query."""
    open_now = OwnershipOffer.objects.filter(to=user, expires_at__gt=timezone.now(), portfolio__memberships__user=user)
    return list(open_now.select_related("portfolio__owner").order_by("pk"))


def takers_of(portfolio: Portfolio) -> list[tuple[int, str]]:
    """The members it can be offered to, by number and name: with a confirmed address, and not about to be erased.  One query."""
    members = Membership.objects.filter(remaining("user__"), portfolio=portfolio, user__emailaddress__verified=True, user__emailaddress__primary=True)
    return [(one.user_id, f"{called(one.user)} ({one.user.email}), {one.role}") for one in members.select_related("user").order_by("since", "pk")]


def _of(portfolio: Portfolio) -> OwnershipOffer | None:
    return OwnershipOffer.objects.filter(portfolio=portfolio).select_related("to").first()  # type: ignore[no-any-return]


def _taker(portfolio: Portfolio, number: int) -> Any:
    if number not in dict(takers_of(portfolio)):
        said = "Choose a member who has confirmed their address. Invite the person first, if they see the portfolio not yet."
        raise Invalid(said, errors=[FieldError("to", "not_a_member", said)])
    return User.objects.get(pk=number)


def _audit(actor: Any, offer: OwnershipOffer, action: str, **data: Any) -> None:
    """Into the logs of both."""
    for subject in (offer.portfolio.owner_id, offer.to_id):
        record_audit(
            actor, action, subject=subject, object_type="portfolio", object_id=offer.portfolio_id, offer=offer.pk, member=offer.to_id, **data
        )
