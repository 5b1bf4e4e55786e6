"""Digests: what was held for a person, in one mail for each period under a unique key.

What goes into a digest is fixed at its first attempt, so that every attempt sends the same mail under the same Message-ID; what
comes later waits for the next one.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from alerts.looking.sight import not_to_be_sent
from alerts.models import Delivery
from alerts.outbox.choices import Channel, Family, Pace, State
from alerts.outbox.timing import digest_key
from alerts.outbox.wishes import Wishes, wishes_of

MOST_ITEMS = 200  # of one mail; the rest goes with the next


def is_digest(delivery: Delivery) -> bool:
    return delivery.key.startswith("digest:")


def gather() -> list[Delivery]:
    """Makes the digests whose time has come.  Two that look at once make one: its key is unique.

    What is still held after its digest went out, since it came during the sending, moves to the next.
    """
    now = timezone.now()
    due = Delivery.objects.filter(state=State.HELD, digest=None, next_at__lte=now)
    owners = list(due.order_by().values_list("owner_id", flat=True).distinct()[:500])
    wishes = wishes_of(owners)
    return [made for owner in owners if (made := _gather_for(owner, wishes[owner], now)) is not None]


@transaction.atomic
def _gather_for(owner: int, wishes: Wishes, now: datetime) -> Delivery | None:
    held = Delivery.objects.held_by(owner).filter(next_at__lte=now)
    first = held.order_by("next_at").select_for_update().first()
    if first is None:
        return None
    weekly = wishes.settings.email_pace == Pace.WEEKLY
    made, new = Delivery.objects.get_or_create(
        key=digest_key(owner, first.next_at, wishes.zone, weekly=weekly),
        defaults={"owner_id": owner, "channel": Channel.EMAIL, "family": Family.PRICE, "payload": {"items": []}, "next_at": wishes.not_before(now)},
    )
    if not new:
        held.update(next_at=wishes.digest_at(now))
        return None
    chosen = list(held.order_by("pk").values_list("pk", flat=True)[:MOST_ITEMS])
    Delivery.objects.filter(pk__in=chosen).update(digest=made)
    return made


def fill(delivery: Delivery, wishes: Wishes) -> bool:
    """Puts the items into the payload, the same ones at every attempt; false where none is wanted any more."""
    chosen = list(Delivery.objects.filter(digest=delivery).order_by("pk"))
    unseen = not_to_be_sent(chosen)
    items = [item.payload for item in chosen if item.pk not in unseen and wishes.settings.wants(item.family, delivery.channel)]
    delivery.payload = {"sentence": items[0]["sentence"] if items else "", "items": items}
    return bool(items)
