"""News heard: a changed ledger, and new rates of a person's own, go out to the hubs, which read the portfolios again; so does an
ended sign-in, upon which they ask at once who may still listen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver

from accounts.signals import access_changed
from market.signals import news_stored, rates_changed
from portfolio_site.web import push
from portfolios.models import ImportBatch, Portfolio
from portfolios.signals import import_moved, ledger_changed, membership_changed


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


@receiver(news_stored, dispatch_uid="analytics.live.news")
def tell_hubs_of_news(*, instrument_ids: Sequence[int], **_: Any) -> None:
    push.send("quotes", {"type": "news.stored", "ids": list(instrument_ids)})


@receiver(import_moved, dispatch_uid="analytics.live.imports")
def tell_hubs_of_imports(*, batch_id: int, **_: Any) -> None:
    """How far it is, to whoever began it."""
    row = ImportBatch.objects.filter(pk=batch_id).values("id", "portfolio", "uploaded_by", "status", "rows_done", "rows_total").first()
    if row is not None:
        user = row.pop("uploaded_by")
        push.send(f"user.{user}", {"type": "import.moved", "user": user, "import": row})
