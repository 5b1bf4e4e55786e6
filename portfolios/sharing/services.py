"""Inviting people to a portfolio, and what follows: accepting, other roles, leaving.

An invitation is a row as long as it is open; what became of it stands in the log of the owner.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from accounts.selectors import mailable, remaining, times_done
from accounts.services import one_at_a_time, record_audit
from portfolio_site.kernel.errors import Conflict, FieldError, Invalid
from portfolio_site.web.sealed import fingerprint
from portfolio_site.web.secrets import digest_of, new_secret
from portfolios.errors import AddressNotConfirmed, AlreadyShared, InvitationNotFound, NotAllowedForRole, OwnerLeaves
from portfolios.models import Invitation, Membership, OwnershipOffer, Portfolio
from portfolios.roles import Action, Role, grants
from portfolios.selectors.access import require, role_of
from portfolios.sharing.memberships import end_membership, set_membership

OPEN_FOR = timedelta(days=14)
MOST_OPEN = 20  # of one portfolio
MOST_A_DAY = 50  # mails of one person to addresses that did not ask for them, also those whose invitation was withdrawn or sent again


def invite(actor: Any, portfolio: Portfolio, *, email: str, role: str) -> Invitation:
    """Offer a role to an address, by mail, for two weeks.  An open invitation of the same address is replaced, and its link with it.

    Raises NotAllowedForRole; AddressNotConfirmed of the actor; Invalid by field; AlreadyShared; OwnerLeaves;
    Conflict where too many are open.
    """
    given, address = _granted(actor, portfolio, role), _address(email)
    own = mailable(actor)
    if own is None:
        raise AddressNotConfirmed("Confirm your own address first, under Settings: who is invited has to see that it is you.")
    with transaction.atomic():
        locked = Portfolio.objects.select_for_update(of=("self",)).select_related("owner").get(pk=portfolio.pk)
        if about_to_go(locked):
            raise OwnerLeaves("The account that owns this portfolio is about to be erased: nobody is invited to it, unless the account is kept.")
        if address in {own, mailable(locked.owner)}:
            raise _field("email", AlreadyShared, "This is your own address, or the owner's. Enter that of somebody else.")
        key = key_of_address(address)
        members = Membership.objects.filter(portfolio=locked, user__emailaddress__email=address, user__emailaddress__verified=True)
        if members.exists():
            raise _field("email", AlreadyShared, "This person has a role already. Change it in the list.")
        open_ones = Invitation.objects.filter(portfolio=locked)
        open_ones.filter(expires_at__lte=timezone.now()).delete()
        open_ones.filter(email_key=key).delete()
        if open_ones.count() >= MOST_OPEN:
            raise Conflict("Too many invitations are open. Withdraw some, or wait until they are answered.")
        if times_done(actor, "share.invited", since=timezone.now() - timedelta(days=1)) >= MOST_A_DAY:
            raise Conflict(f"You have sent {MOST_A_DAY} invitations within a day. Wait until tomorrow.")
        token, now = new_secret(), timezone.now()
        made: Invitation = Invitation.objects.create(
            portfolio=locked,
            email=address,
            email_key=key,
            role=given.value,
            token_hash=digest_of(token),
            invited_by=actor,
            created_at=now,
            expires_at=now + OPEN_FOR,
        )
        audit(actor, locked, "share.invited", role=given.value, invitation=made.pk)
        _mail(actor, made, token)
    return made


def resend(actor: Any, portfolio: Portfolio, number: int) -> Invitation:
    """The same invitation with a new link and two weeks more.  Raises as `invite`; InvitationNotFound."""
    require(actor, portfolio, Action.SHARE)
    found = Invitation.objects.filter(portfolio=portfolio, pk=number).first()
    if found is None:
        raise InvitationNotFound("There is no such invitation; it may have been accepted.").of("invitation", number)
    return invite(actor, portfolio, email=found.email, role=found.role)


def withdraw(actor: Any, portfolio: Portfolio, number: int) -> None:
    """Take an open invitation back: its link leads nowhere from now on.  Raises NotAllowedForRole, InvitationNotFound."""
    found = Invitation.objects.filter(portfolio=portfolio, pk=number).first()
    if found is None:
        require(actor, portfolio, Action.SHARE)
        raise InvitationNotFound("There is no such invitation; it may have been accepted.").of("invitation", number)
    _granted(actor, portfolio, found.role)
    with transaction.atomic():
        found.delete()
        audit(actor, portfolio, "share.withdrawn", invitation=number)


def answer(actor: Any, token: str, *, accept: bool) -> Portfolio:
    """Accept an invitation, or decline it; once.

    Raises InvitationNotFound where there is none, it is over, it is of another address, or whoever sent it may not share any more;
    AddressNotConfirmed where the actor has not confirmed theirs; OwnerLeaves of what is about to be erased with its owner's account.
    """
    with transaction.atomic():
        found = open_invitation(actor, token, lock=True)
        portfolio = found.portfolio
        if accept:
            one_at_a_time(portfolio.owner)  # who asks to be erased waits, and then finds the new member in the way
            if about_to_go(portfolio):
                raise OwnerLeaves("The account that owns this portfolio is about to be erased, and the portfolio with it. Ask who invited you.")
        number, role = found.pk, Role(found.role)
        found.delete()
        if accept:
            set_membership(portfolio, actor, role, invited_by=found.invited_by)
        audit(actor, portfolio, "share.accepted" if accept else "share.declined", role=role.value, invitation=number, member=actor.pk)
    return portfolio


def about_to_go(portfolio: Portfolio) -> bool:
    """Whether it is erased with its owner's account within days: nobody comes into such a one any more.  One query."""
    return not User.objects.filter(remaining(), pk=portfolio.owner_id).exists()


def open_invitation(actor: Any, token: str, *, lock: bool = False) -> Invitation:
    """The invitation that a link opens for this person.  Raises as `answer`."""
    rows = Invitation.objects.filter(token_hash=digest_of(token), expires_at__gt=timezone.now())
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: Invitation | None = rows.select_related("portfolio__owner", "invited_by").first()
    own = mailable(actor)
    if found is not None and own is None and actor.email.casefold() == found.email:
        raise AddressNotConfirmed("Confirm your address first: the mail for that is in your inbox, or under Settings. Then open this link again.")
    if found is None or own is None or own.casefold() != found.email or found.portfolio.owner_id == actor.pk:
        raise InvitationNotFound(
            "This invitation is over, or it is for another address. Ask for a new one, or sign in with the address that it was sent to."
        )
    if Role(found.role) not in grants(role_of(found.invited_by, found.portfolio)):
        raise InvitationNotFound("Whoever sent this invitation may not share the portfolio any more. Ask its owner for a new one.")
    return found


def change_role(actor: Any, portfolio: Portfolio, user_id: int, role: str) -> Membership:
    """Give a member another role.  Raises NotAllowedForRole where either role is not the actor's to give; Invalid; InvitationNotFound."""
    given = _granted(actor, portfolio, role)
    with transaction.atomic():
        member = _member(portfolio, user_id)
        _granted(actor, portfolio, member.role)
        changed = set_membership(portfolio, member.user, given)
        audit(actor, portfolio, "share.changed", role=given.value, before=member.role, member=user_id)
    return changed


def end_share(actor: Any, portfolio: Portfolio, user_id: int) -> None:
    """Take somebody's role away, or leave.  Raises NotAllowedForRole, InvitationNotFound; Conflict for the owner."""
    if user_id == portfolio.owner_id:
        raise Conflict("The owner cannot leave a portfolio. Give it to somebody else first, or delete it, if nobody needs it.")
    with transaction.atomic():
        member = _member(portfolio, user_id)
        if user_id != actor.pk:
            _granted(actor, portfolio, member.role)
        end_membership(portfolio, member.user)
        OwnershipOffer.objects.filter(portfolio=portfolio, to=user_id).delete()  # whose role ends is offered nothing any more
        audit(actor, portfolio, "share.ended", role=member.role, member=user_id)


def _member(portfolio: Portfolio, user_id: int) -> Membership:
    found: Membership | None = (
        Membership.objects.select_for_update(of=("self",)).select_related("user").filter(portfolio=portfolio, user=user_id).first()
    )
    if found is None:
        raise InvitationNotFound("The portfolio is not shared with this person.")
    return found


def _granted(actor: Any, portfolio: Portfolio, role: str) -> Role:
    """The role, if it is the actor's to give.  Raises NotAllowedForRole, Invalid."""
    require(actor, portfolio, Action.SHARE)
    mine = grants(role_of(actor, portfolio))
    if role not in {one.value for one in Role} or role == Role.OWNER:
        said = f"Use one of: {', '.join(one.value for one in mine)}."
        raise Invalid(said, errors=[FieldError("role", "invalid", said)])
    if Role(role) not in mine:
        raise NotAllowedForRole(
            f"Only the owner gives and takes the role of {role}. Ask them, or choose another one.", needs=Action.SHARE.value, role=role
        )
    return Role(role)


def _address(text: str) -> str:
    address = text.strip().casefold()
    try:
        validate_email(address)
    except ValidationError:
        raise Invalid("This is no address of mail.", errors=[FieldError("email", "invalid", "Enter an address such as ana@example.org.")]) from None
    return address


def _field(field: str, kind: type[Conflict], sentence: str) -> Conflict:
    return kind(sentence, errors=[FieldError(field, kind.code, sentence)])


def key_of_address(address: str) -> str:
    return fingerprint(address, "invitation")


def _mail(actor: Any, made: Invitation, token: str) -> None:
    """Into the queue once the transaction is through; names neither the portfolio nor what is in it."""
    context = {
        "who": actor.first_name or actor.username,
        "address": actor.email,
        "role": made.role,
        "until": made.expires_at,
        "link": settings.SITE_URL.rstrip("/") + reverse("invitation", args=[token]),
    }
    get_adapter().send_mail("portfolios/email/invitation", made.email, context)


def audit(actor: Any, portfolio: Portfolio, action: str, **data: Any) -> None:
    """Into the log of the owner, and of whoever did it."""
    record_audit(actor, action, subject=portfolio.owner_id, object_type="portfolio", object_id=portfolio.pk, **data)
    if actor.pk != portfolio.owner_id:
        record_audit(actor, action, object_type="portfolio", object_id=portfolio.pk, **data)
