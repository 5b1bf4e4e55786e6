"""Taking deliveries for sending, and noting what came of it.

A claim is a short transaction: rows that are due are locked, skipping those another sender is taking (PostgreSQL; on SQLite one
writer at a time is the lock), marked with a lease, and let go.  Nothing is locked while the network is waited for.  A sender that
dies leaves a lease, which ends; then the row is due again, under the same key.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from alerts.channels.base import Never, Outcome, Sent
from alerts.models import Delivery
from alerts.outbox.choices import State
from alerts.outbox.timing import LEASE, MOST_ATTEMPTS, wait_after


def claim(channel: str, most: int) -> list[Delivery]:
    """Deliveries that are due, each now held by this sender alone until its lease ends."""
    lease = secrets.token_hex(8)
    with transaction.atomic():
        now = timezone.now()
        found = Delivery.objects.due(now).filter(channel=channel).order_by("next_at", "pk").select_for_update(skip_locked=True)
        taken = list(found.values_list("pk", flat=True)[:most])
        if not taken:
            return []
        Delivery.objects.filter(pk__in=taken).update(state=State.SENDING, lease=lease, attempts=F("attempts") + 1, next_at=now + LEASE)
    return list(Delivery.objects.filter(pk__in=taken, lease=lease).select_related("owner__preferences").order_by("pk"))


def settle(delivery: Delivery, outcome: Outcome) -> bool:
    """Notes what came of an attempt; false where the lease had ended and somebody else has the row."""
    now = timezone.now()
    changes: dict[str, object] = {"lease": "", "code": outcome.code}
    if isinstance(outcome, Sent):
        changes |= {"state": State.SENT, "sent_at": now, "next_at": None, "problem": outcome.said[:300], "reference": outcome.reference[:100]}
    elif isinstance(outcome, Never) or delivery.attempts >= MOST_ATTEMPTS:
        unwanted = isinstance(outcome, Never) and outcome.unwanted
        changes |= {"state": State.DROPPED if unwanted else State.DEAD, "next_at": None, "problem": outcome.problem[:300]}
    else:
        due = now + wait_after(delivery.attempts, outcome.retry_after)
        changes |= {"state": State.UNKNOWN if outcome.ambiguous else State.WAITING, "next_at": due, "problem": outcome.problem[:300]}
    return _mine(delivery, changes)


def postpone(delivery: Delivery, until: datetime) -> bool:
    """Puts a delivery back untried, such as into the end of the quiet hours."""
    return _mine(delivery, {"state": State.WAITING, "lease": "", "next_at": until, "attempts": F("attempts") - 1})


def release(deliveries: Sequence[Delivery], wait: timedelta = timedelta(0)) -> None:
    """Puts back what was claimed and not tried."""
    for delivery in deliveries:
        postpone(delivery, timezone.now() + wait)


def _mine(delivery: Delivery, changes: dict[str, object]) -> bool:
    held = Delivery.objects.filter(pk=delivery.pk, lease=delivery.lease, state=State.SENDING)
    with transaction.atomic():
        mine = bool(held.update(**changes))
        if mine and changes["state"] == State.SENT and delivery.key.startswith("digest:"):
            Delivery.objects.filter(digest=delivery).update(state=State.SENT, sent_at=changes["sent_at"], next_at=None)
    return mine
