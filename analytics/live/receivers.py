"""News heard: a changed ledger, and new rates of a person's own, go out to the hubs, which read the portfolios again; so does an
ended sign-in, upon which they ask at once who may still listen."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from accounts.signals import access_changed
from market.signals import rates_changed
from portfolio_site.web import push
from portfolios.models import Portfolio
from portfolios.signals import ledger_changed, membership_changed


@receiver(ledger_changed, dispatch_uid="analytics.live")
def tell_hubs(*, portfolio_id: int, **_: Any) -> None:
    push.send("ledger", {"type": "ledger.changed", "portfolio": portfolio_id})


@receiver(rates_changed, dispatch_uid="analytics.live.rates")
def tell_hubs_of_own_rates(*, owner_id: int | None, **_: Any) -> None:
    """Reference rates change once a day and for all: the hubs take these anew by themselves."""
    if owner_id is not None:
        for pk in Portfolio.objects.filter(owner=owner_id).values_list("pk", flat=True):
            push.send("ledger", {"type": "ledger.changed", "portfolio": pk})


@receiver(access_changed, dispatch_uid="analytics.live.access")
def tell_hubs_of_ended_access(*, user_id: int, **_: Any) -> None:
    push.send(f"user.{user_id}", {"type": "access.changed", "user": user_id})


@receiver(membership_changed, dispatch_uid="analytics.live.members")
def tell_hubs_of_changed_role(*, user_id: int, **_: Any) -> None:
    push.send(f"user.{user_id}", {"type": "access.changed", "user": user_id})
