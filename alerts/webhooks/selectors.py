"""Webhooks of a person, and what was sent to each."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from alerts.errors import NoSuchWebhook
from alerts.models import Delivery, Webhook


def webhooks_of(user: Any) -> QuerySet[Any]:
    found: QuerySet[Any] = Webhook.objects.visible_to(user).order_by("-id")
    return found


def get_webhook(user: Any, pk: int) -> Webhook:
    """One webhook.  Raises NoSuchWebhook, also for somebody else's."""
    found: Webhook | None = Webhook.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise NoSuchWebhook("There is no such webhook. It may have been deleted.").of("webhook", pk)
    return found


def deliveries_to(user: Any, webhook: Webhook) -> QuerySet[Any]:
    """What was sent to it, newest first."""
    found: QuerySet[Any] = Delivery.objects.visible_to(user).filter(webhook=webhook).order_by("-id")
    return found
