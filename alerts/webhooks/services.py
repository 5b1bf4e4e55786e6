"""What people do with webhooks."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.services import one_at_a_time, record_audit
from alerts.errors import BadWebhook
from alerts.models import Delivery, Webhook
from alerts.outbox.choices import Channel, Event, Family
from alerts.outbox.enqueuing import ring
from alerts.outbox.services import refuse_too_many_tests
from alerts.webhooks.signing import new_secret
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.words import unwritable
from portfolio_site.web.outgoing import faults, leads_inside, networks

MOST = 20  # of one person
OVERLAP = timedelta(hours=24)  # that the old secret signs as well
CHANGEABLE = frozenset({"url", "events", "description", "active"})


@dataclass(frozen=True, slots=True)
class Made:
    """A webhook and its secret, which is told this once."""

    webhook: Webhook
    secret: str


@transaction.atomic
def create_webhook(actor: Any, *, url: str, events: Sequence[str], description: str = "") -> Made:
    """Tells an address of events from now on.  Raises BadWebhook."""
    one_at_a_time(actor)
    if Webhook.objects.visible_to(actor).count() >= MOST:
        raise BadWebhook(f"You have {MOST} webhooks. Delete one before you add another.")
    webhook = Webhook(owner=actor, url=url.strip(), events=list(dict.fromkeys(events)), description=description.strip(), secret=new_secret())
    _check(webhook)
    webhook.save()
    record_audit(actor, "webhook.created", object_type="webhook", object_id=webhook.pk)
    return Made(webhook, webhook.secret)


@transaction.atomic
def update_webhook(actor: Any, webhook: Webhook, **changes: Any) -> Webhook:
    """Changes address, events, description or whether it is on.  Raises BadWebhook."""
    if unknown := changes.keys() - CHANGEABLE:
        raise TypeError(f"These fields of a webhook do not change: {', '.join(sorted(unknown))}.")
    for name, value in changes.items():
        setattr(webhook, name, value)
    _check(webhook)
    if webhook.active:
        webhook.stopped = ""
    webhook.save()
    record_audit(actor, "webhook.changed", object_type="webhook", object_id=webhook.pk, fields=sorted(changes))
    return webhook


@transaction.atomic
def delete_webhook(actor: Any, webhook: Webhook) -> None:
    """Tells it no more; what waits for it is dropped with it."""
    record_audit(actor, "webhook.deleted", object_type="webhook", object_id=webhook.pk)
    webhook.delete()


@transaction.atomic
def rotate_secret(actor: Any, webhook: Webhook) -> Made:
    """A new secret.  For a day the old one signs as well, so that the receiver can change in between."""
    current = Webhook.objects.select_for_update().get(pk=webhook.pk)
    current.old_secret, current.old_secret_until = current.secret, timezone.now() + OVERLAP
    current.secret = new_secret()
    current.save(update_fields=["secret", "old_secret", "old_secret_until"])
    record_audit(actor, "webhook.rotated", object_type="webhook", object_id=current.pk)
    return Made(current, current.secret)


@transaction.atomic
def test_webhook(actor: Any, webhook: Webhook) -> Delivery:
    """Sends it a test, also while it is off.  Raises CannotTest."""
    now = timezone.now()
    refuse_too_many_tests(actor, now)
    row = Delivery.objects.create(
        key=f"test:{secrets.token_hex(8)}:webhook:{webhook.pk}",
        owner=actor,
        channel=Channel.WEBHOOK,
        family=Family.DATA,
        webhook=webhook,
        payload={"event": "test", "sentence": "This is a test."},
        next_at=now,
    )
    ring([row], now)
    return row


def _check(webhook: Webhook) -> None:
    errors = []
    if sentence := faults(webhook.url):
        errors.append(FieldError("url", "not_an_address", sentence))
    elif leads_inside(webhook.url, networks(settings.WEBHOOK_NETWORKS)):
        errors.append(FieldError("url", "leads_inside", "This address leads into a private network. Give one that the internet reaches."))
    if not webhook.events:
        errors.append(FieldError("events", "required", f"Name at least one event of {', '.join(Event.values)}."))
    elif unknown := [one for one in webhook.events if one not in Event.values]:
        errors.append(FieldError("events", "unknown_event", f"There is no event “{str(unknown[0])[:40]}”. Events are {', '.join(Event.values)}."))
    if len(webhook.description) > 100:
        errors.append(FieldError("description", "too_long", f"At most 100 characters; these are {len(webhook.description)}."))
    if said := unwritable(webhook.description):
        errors.append(FieldError("description", "invalid", said))
    if errors:
        raise BadWebhook(errors[0].detail, errors=errors)


# ── events that are no alerts ───────────────────────────────────────────────


def tell(owner_id: int, event: Event, *, key: str, **data: Any) -> list[Delivery]:
    """Puts an event into the outbox for each webhook that listens to it, in the caller's transaction; a key that is there adds nothing."""
    return tell_all([(owner_id, event, key, data)])


def tell_all(events: Iterable[tuple[int, Event, str, dict[str, Any]]]) -> list[Delivery]:
    """Many at once.  One query for the webhooks."""
    wanted = list(events)
    listening = list(Webhook.objects.listening({owner for owner, *_ in wanted}))
    now = timezone.now()
    rows = [
        Delivery(
            key=f"{key}:webhook:{webhook.pk}",
            owner_id=owner,
            channel=Channel.WEBHOOK,
            family=Family.DATA,
            webhook=webhook,
            payload={"event": event.value, **data},
            next_at=now,
        )
        for owner, event, key, data in wanted
        for webhook in listening
        if webhook.owner_id == owner and event in webhook.events
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    ring(rows, now)
    return rows
