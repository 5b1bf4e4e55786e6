"""Public links: an address with a secret in it that shows a portfolio to whoever knows it, until a day or until it is revoked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from portfolio_site.kernel.errors import Conflict, FieldError, Invalid
from portfolio_site.web.secrets import digest_of, new_secret
from portfolios.errors import PublicLinkNotFound
from portfolios.models import Portfolio, PublicLink, PublicVisit
from portfolios.roles import Action
from portfolios.selectors.access import allowed, require
from portfolios.sharing.services import audit

MOST_LINKS = 10  # of one portfolio
MOST_VISITS = 100  # remembered of one link
LONGEST = 366  # days
TITLE = "A portfolio"


@dataclass(frozen=True, slots=True)
class VisitView:
    at: datetime
    network: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """A link that is open.  `visits` are the newest ones, `opened` how many there were."""

    id: int
    title: str
    with_amounts: bool
    created_at: datetime
    expires_at: datetime
    opened: int
    visits: tuple[VisitView, ...]


def make_link(actor: Any, portfolio: Portfolio, *, days: int, title: str = "", with_amounts: bool = False) -> tuple[PublicLink, str]:
    """A new link and its secret, which is told here and never again.

    Raises NotAllowedForRole, with amounts for all but the owner; Invalid by field; Conflict where there are too many.
    """
    require(actor, portfolio, _needs(with_amounts))
    if not 1 <= days <= LONGEST:
        said = f"Say for how many days it is good, from 1 to {LONGEST}."
        raise Invalid(said, errors=[FieldError("days", "invalid", said)])
    now, secret = timezone.now(), new_secret()
    with transaction.atomic():
        locked = Portfolio.objects.select_for_update().get(pk=portfolio.pk)
        if PublicLink.objects.filter(portfolio=locked, expires_at__gt=now).count() >= MOST_LINKS:
            raise Conflict(f"There are {MOST_LINKS} links already. Revoke one that nobody needs.")
        made: PublicLink = PublicLink.objects.create(
            portfolio=locked,
            title=title.strip() or TITLE,
            digest=digest_of(secret),
            with_amounts=with_amounts,
            made_by=actor,
            created_at=now,
            expires_at=now + timedelta(days=days),
        )
        audit(actor, locked, "link.made", link=made.pk, with_amounts=with_amounts, days=days)
    return made, secret


def revoke_link(actor: Any, portfolio: Portfolio, number: int) -> None:
    """From now on it opens nothing; what it remembered of its visitors goes with it.  Raises NotAllowedForRole, PublicLinkNotFound."""
    require(actor, portfolio, Action.SHARE)
    with transaction.atomic():
        many, _ = PublicLink.objects.filter(portfolio=portfolio, pk=number).delete()
        if not many:
            raise PublicLinkNotFound("There is no such link; it may have been revoked already.").of("public_link", number)
        audit(actor, portfolio, "link.revoked", link=number)


def open_link(secret: str, network: str) -> PublicLink:
    """The link that a secret opens, with its portfolio and owner; that it was opened is written down.

    Raises PublicLinkNotFound, always the same: where there is none, it is over, or whoever made it may not publish any more.
    """
    found: PublicLink | None = (
        PublicLink.objects.filter(digest=digest_of(secret), expires_at__gt=timezone.now()).select_related("portfolio__owner", "made_by").first()
    )
    if found is None or not found.portfolio.owner.is_active or not allowed(found.made_by, found.portfolio, _needs(found.with_amounts)):
        raise PublicLinkNotFound("This link leads nowhere: it is over, or it never was. Ask whoever gave it to you for a new one.")
    with transaction.atomic():
        PublicLink.objects.filter(pk=found.pk).update(opened=F("opened") + 1)
        PublicVisit.objects.create(link_id=found.pk, at=timezone.now(), network=network)
        older = PublicVisit.objects.filter(link_id=found.pk).order_by("-pk").values("pk")[MOST_VISITS : MOST_VISITS + 50]
        PublicVisit.objects.filter(pk__in=list(older.values_list("pk", flat=True))).delete()
    return found


def links_of(portfolio: Portfolio) -> tuple[LinkView, ...]:
    """Those that are open, newest first, with who opened them.  Two queries, one where there are none."""
    rows = PublicLink.objects.filter(portfolio=portfolio, expires_at__gt=timezone.now()).order_by("-pk").prefetch_related("visits")
    return tuple(
        LinkView(
            one.pk,
            one.title,
            one.with_amounts,
            one.created_at,
            one.expires_at,
            one.opened,
            tuple(VisitView(visit.at, visit.network) for visit in one.visits.all()),
        )
        for one in rows
    )


def address_of(secret: str) -> str:
    """The whole address, to hand on."""
    return settings.SITE_URL.rstrip("/") + reverse("public-page", args=[secret])


def _needs(with_amounts: bool) -> Action:
    return Action.PUBLISH if with_amounts else Action.SHARE
