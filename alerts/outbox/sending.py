"""A round of sending: claims what is due on one channel, sends it, notes what came of it, until nothing is due or time is up."""

from __future__ import annotations

import logging
import time
from collections import Counter
from datetime import timedelta

from django.utils import timezone

from alerts.channels.base import Later, Never, Outcome, Sender
from alerts.channels.registry import WAYS
from alerts.looking.sight import NO_MORE, not_to_be_sent
from alerts.models import Delivery
from alerts.outbox import digests
from alerts.outbox.choices import PERSONAL, State
from alerts.outbox.claims import claim, postpone, release, settle
from alerts.outbox.timing import LEASE
from alerts.outbox.wishes import Wishes, wishes_of

log = logging.getLogger(__name__)

AT_ONCE = 10  # claimed together
SURE = LEASE.total_seconds() / 3  # seconds after a claim in which a further one of it may still be begun
BLOCKED = timedelta(seconds=20)  # that the others wait where the way itself does not answer


def deliver_due(channel: str, *, seconds: float = 30.0) -> Counter[str]:
    """What came of the round, by kind of outcome."""
    told: Counter[str] = Counter()
    ends = time.monotonic() + seconds
    with WAYS[channel].opened() as sender:
        while time.monotonic() < ends and not told["blocked"]:
            claimed = claim(channel, AT_ONCE)
            if not claimed:
                break
            _send_all(sender, claimed, told)
    return told


def _send_all(sender: Sender, claimed: list[Delivery], told: Counter[str]) -> None:
    begun = time.monotonic()
    wishes = wishes_of({delivery.owner_id for delivery in claimed})
    unseen = not_to_be_sent(claimed)
    silent: set[int] = set()  # webhooks that did not take one: the rest of theirs need not be tried now
    for place, delivery in enumerate(claimed):
        if time.monotonic() - begun > SURE:
            release(claimed[place:])
            return
        if delivery.webhook_id in silent:
            release([delivery], BLOCKED)
            continue
        outcome = Never(NO_MORE, unwanted=True) if delivery.pk in unseen else _send(sender, delivery, wishes[delivery.owner_id])
        if outcome is None:
            continue
        told[type(outcome).__name__.lower()] += 1
        if not settle(delivery, outcome):
            log.warning("delivery.lease_ended", extra={"delivery": delivery.pk})
        elif isinstance(outcome, Later | Never):
            log.info("delivery.not_sent", extra={"delivery": delivery.pk, "channel": delivery.channel, "attempt": delivery.attempts})
        if isinstance(outcome, Later) and delivery.webhook_id is not None:
            silent.add(delivery.webhook_id)
            _spare(delivery.webhook_id)
        if isinstance(outcome, Later) and outcome.everywhere:
            told["blocked"] += 1
            release(claimed[place + 1 :], BLOCKED)
            return


def _spare(webhook_id: int) -> None:
    """What else waits for a webhook that does not answer waits a while: one that hangs must not hold up everybody's."""
    now = timezone.now()
    Delivery.objects.filter(webhook=webhook_id, state=State.WAITING, next_at__lt=now + BLOCKED).update(next_at=now + BLOCKED)


def _send(sender: Sender, delivery: Delivery, wishes: Wishes) -> Outcome | None:
    """The outcome; None where it is not the time for it.  A test is sent whatever the hour."""
    if not wishes.stays:
        return Never("The account is closed or about to be erased: nothing is sent any more.", unwanted=True)
    if not delivery.by_hand:
        if not digests.is_digest(delivery) and not wishes.settings.wants(delivery.family, delivery.channel):
            return Never("You switched this off before it was sent.", unwanted=True)
        quiet_until = wishes.not_before(now := timezone.now())
        if quiet_until > now and delivery.channel in PERSONAL:
            postpone(delivery, quiet_until)
            return None
    if digests.is_digest(delivery) and not digests.fill(delivery, wishes):
        return Never("Nothing was left to tell.", unwanted=True)
    return sender.send(delivery)
