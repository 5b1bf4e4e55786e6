"""What is shared keeps an account from being erased: others would lose at once what they work with, so that the owner decides first."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portfolio_site.kernel.words import counted
from portfolio_site.web.personal import Blocker, blocks_erasure, tells_of_erasure
from portfolios.models import Invitation, Membership, OwnershipOffer, PublicLink
from portfolios.sharing.selectors import orphans


@blocks_erasure
def shared_with_others(user: Any) -> list[Blocker]:
    """One for each portfolio that others have a role in, with what can be done: it is given away, deleted, or shared no more."""
    return [
        Blocker(
            f"“{portfolio.name}” is shared with {counted(many, 'other person', 'other people')}. Give it to one of them, delete it, or end the sharing.",
            (
                ("Give away", reverse("portfolio-give", args=[portfolio.pk])),
                ("Delete", reverse("portfolio-delete", args=[portfolio.pk])),
                ("People", reverse("portfolio-share", args=[portfolio.pk])),
            ),
        )
        for portfolio, many in orphans(user)
    ]


@tells_of_erasure
def what_becomes_of_shares(user: Any) -> list[str]:
    """Of roles that the person has, and of links, invitations and offers.  Four queries."""
    roles = Membership.objects.filter(user=user).count()
    links = PublicLink.objects.filter(made_by=user).count()
    invitations = Invitation.objects.filter(invited_by=user).count()
    offers = OwnershipOffer.objects.filter(to=user).count()
    said = [
        (roles, f"You leave {counted(roles, 'portfolio')} of others. What you recorded there stays with them, and no longer says that it was you."),
        (links, f"{counted(links, 'public link')} that you made {'ends' if links == 1 else 'end'}."),
        (invitations, f"{counted(invitations, 'invitation')} that you sent {'ends' if invitations == 1 else 'end'}."),
        (offers, f"{counted(offers, 'portfolio')} that you were offered {'stays' if offers == 1 else 'stay'} with who offered."),
    ]
    return [sentence for many, sentence in said if many]
