"""News heard: moved prices are looked at by the rules that watch them; what fired goes to the person's open pages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from django.dispatch import receiver
from kombu.exceptions import OperationalError

from alerts import tasks
from alerts.models import Firing
from alerts.outbox.tasks import deliver
from alerts.selectors import unread_count, watched
from alerts.signals import alert_fired, outbox_filled
from market.signals import quotes_changed
from portfolio_site.web import push

log = logging.getLogger(__name__)


@receiver(quotes_changed, dispatch_uid="alerts.look")
def look_at_rules(*, instrument_ids: Sequence[int], **_: Any) -> None:
    ids = list(instrument_ids)
    if watched(ids):
        tasks.check.delay(ids)


@receiver(alert_fired, dispatch_uid="alerts.tell")
def tell_pages(*, firing_id: int, user_id: int, **_: Any) -> None:
    firing = Firing.objects.select_related("rule__instrument", "rule__owner").filter(pk=firing_id).first()
    if firing is None:
        return
    alert = {
        "id": firing.pk,
        "alert": firing.rule_id,
        "symbol": firing.rule.instrument.symbol,
        "message": firing.sentence,
        "fired_at": firing.fired_at.isoformat(),
        "unread": unread_count(firing.rule.owner),
    }
    push.send(f"user.{user_id}", {"type": "alert.fired", "user": user_id, "alert": alert})


@receiver(outbox_filled, dispatch_uid="alerts.deliver")
def ring_senders(*, channels: Sequence[str], **_: Any) -> None:
    """A broker that is away loses nothing: the sweeper rings again."""
    for channel in channels:
        try:
            deliver.delay(channel)
        except (OperationalError, OSError) as problem:
            log.warning("outbox.not_rung", extra={"channel": channel, "problem": repr(problem)})
