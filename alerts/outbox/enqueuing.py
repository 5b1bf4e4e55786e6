"""Putting what fired into the outbox, in the transaction of the firing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from alerts.models import Delivery, Firing, Webhook
from alerts.outbox.choices import Channel, Event, State, family_of
from alerts.outbox.wishes import Wishes, wishes_of
from alerts.signals import outbox_filled

BATCH = 1000


def enqueue(firings: Iterable[Firing]) -> list[Delivery]:
    """One row per firing and channel that its person wants it on; a key that is there already adds nothing.

    To be called inside the transaction that writes the firings.  Few queries however many they are; the senders are rung on commit.
    """
    fired = list(firings)
    if not fired:
        return []
    now = timezone.now()
    wishes = wishes_of({firing.rule.owner_id for firing in fired})
    hooks: dict[int, list[Webhook]] = defaultdict(list)
    for webhook in Webhook.objects.listening(set(wishes)):
        if Event.ALERT_FIRED in webhook.events:
            hooks[webhook.owner_id].append(webhook)
    rows = [row for firing in fired for row in _rows_of(firing, wishes[firing.rule.owner_id], hooks[firing.rule.owner_id], now)]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    ring(rows, now)
    return rows


def ring(rows: Iterable[Delivery], now: datetime) -> None:
    """Rings for the channels that have something due, once the transaction is through."""
    channels = sorted({row.channel for row in rows if row.state != State.HELD and row.next_at is not None and row.next_at <= now})
    if channels:
        transaction.on_commit(partial(outbox_filled.send, Delivery, channels=channels), robust=True)


def _rows_of(firing: Firing, wishes: Wishes, hooks: Sequence[Webhook], now: datetime) -> Iterator[Delivery]:
    family, payload = family_of(firing.rule.kind), payload_of(firing)
    for channel in wishes.channels(family):
        held = channel == Channel.EMAIL and wishes.in_digests
        for device in wishes.devices if channel == Channel.PUSH else (None,):
            yield Delivery(
                key=f"{firing.event_key}:{channel}" + (f":{device}" if device else ""),
                owner_id=firing.rule.owner_id,
                channel=channel,
                family=family,
                firing=firing,
                device_id=device,
                payload=payload,
                state=State.HELD if held else State.WAITING,
                next_at=wishes.digest_at(now) if held else wishes.not_before(now),
            )
    for webhook in hooks:
        yield Delivery(
            key=f"{firing.event_key}:webhook:{webhook.pk}",
            owner_id=firing.rule.owner_id,
            channel=Channel.WEBHOOK,
            family=family,
            webhook=webhook,
            firing=firing,
            payload={"event": Event.ALERT_FIRED.value, **payload},
            next_at=now,
        )


def payload_of(firing: Firing) -> dict[str, Any]:
    """What every channel tells, kept as it was when the alert fired."""
    instrument = firing.instrument or firing.rule.instrument
    return {
        "sentence": firing.sentence,
        "masked": firing.masked,
        "symbol": instrument.symbol if instrument is not None else "",
        "note": firing.rule.note,
        "kind": firing.rule.kind,
        "alert": firing.rule_id,
        "notification": firing.pk,
        "fired_at": firing.fired_at.isoformat(),
    }
