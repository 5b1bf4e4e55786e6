"""What people do with the outbox: say how they want to be told, try a channel, send again what was not delivered."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.consents.texts import Source
from accounts.services import one_at_a_time, record_audit
from alerts.consents import mails_go, note_mail
from alerts.errors import CannotTest, NotReplayable
from alerts.looking.sight import name_of, out_of_sight
from alerts.models import Delivery, Firing, NotificationSettings
from alerts.outbox.choices import PERSONAL, Channel, Family, Pace, State, family_of
from alerts.outbox.enqueuing import payload_of, ring
from alerts.outbox.unsubscribing import Wish
from alerts.outbox.wishes import wishes_of

TESTS_A_MINUTE = 5
KEPT_FOR = timedelta(days=90)  # of deliveries that are over; firings stay


@transaction.atomic
def save_settings(
    actor: Any, *, wanted: Mapping[str, Iterable[str]], email_pace: str, digest_hour: int, quiet_from: time | None, quiet_until: time | None
) -> NotificationSettings:
    """How the person wants to be told.  `wanted`: channels by family; a family that is not named stays as it is."""
    found, was_on = _locked_settings(actor), mails_go(actor)
    switches = set(found.unwanted)
    for family, channels in wanted.items():
        chosen = set(channels)
        for channel in PERSONAL:
            switch = f"{Family(family).value}:{channel}"
            switches.discard(switch) if channel in chosen else switches.add(switch)
    found.unwanted = sorted(switches)
    found.email_pace, found.digest_hour = Pace(email_pace).value, digest_hour
    found.quiet_from, found.quiet_until = quiet_from, quiet_until
    found.save()
    note_mail(found, Source.SETTINGS, was_on=was_on)
    record_audit(actor, "notifications.changed", object_type="notification_settings", object_id=found.pk)
    return found


def _locked_settings(owner: Any) -> NotificationSettings:
    try:
        with transaction.atomic():
            found, _ = NotificationSettings.objects.select_for_update().get_or_create(owner=owner)
    except IntegrityError:  # made by somebody else a moment ago
        found = NotificationSettings.objects.select_for_update().get(owner=owner)
    return found


@transaction.atomic
def unsubscribe(wish: Wish, source: Source = Source.MAIL) -> bool:
    """Stops the mails that a link is about; false where the person is gone.  Again changes nothing."""
    from accounts.models import User

    owner = User.objects.filter(pk=wish.owner_id).first()
    if owner is None:
        return False
    found, was_on = _locked_settings(owner), mails_go(owner)
    stopped = {f"{family}:{Channel.EMAIL}" for family in ([wish.family] if wish.family else Family.values)}
    if not stopped <= set(found.unwanted):
        found.unwanted = sorted(stopped | set(found.unwanted))
        found.save(update_fields=["unwanted"])
        note_mail(found, source, was_on=was_on)
        record_audit(owner, "notifications.unsubscribed", object_type="notification_settings", object_id=found.pk, family=wish.family or "all")
    return True


@transaction.atomic
def replay(actor: Any, delivery: Delivery) -> None:
    """Sends again what was given up, under the same key.  Raises NotReplayable."""
    now = timezone.now()
    again = Delivery.objects.filter(pk=delivery.pk, state__in=[State.DEAD, State.DROPPED])
    if not again.update(state=State.WAITING, attempts=0, next_at=now, lease=""):
        raise NotReplayable("This was sent already, or is being sent. Look at it again in a minute.")
    record_audit(actor, "delivery.replayed", subject=delivery.owner_id, object_type="delivery", object_id=delivery.pk)
    delivery.refresh_from_db()
    ring([delivery], now)


def replay_all(actor: Any, deliveries: Iterable[Delivery]) -> int:
    """Sends again each that was given up; how many."""
    count = 0
    for delivery in deliveries:
        try:
            replay(actor, delivery)
        except NotReplayable:
            continue
        count += 1
    return count


@transaction.atomic
def send_test(actor: Any, *, channels: Iterable[str] = (), rule: Any = None) -> list[Delivery]:
    """A test on these channels; with a rule, on all that its alerts go to.  Nothing lands in the inbox.  Raises CannotTest."""
    now = timezone.now()
    refuse_too_many_tests(actor, now)
    wishes = wishes_of([actor.pk])[actor.pk]
    family = Family.PRICE if rule is None else family_of(rule.kind)
    chosen = list(channels) or wishes.channels(family)
    if unreachable := [channel for channel in chosen if channel not in wishes.reachable]:
        raise CannotTest(_WHY_NOT[Channel(unreachable[0])])
    if not chosen:
        raise CannotTest("No channel is on for alerts of this kind. Switch one on in Settings, Notifications.")
    payload = _test_payload(rule, now)
    drawn = secrets.token_hex(8)
    rows = [
        Delivery.objects.create(
            key=f"test:{drawn}:{channel}:{device or ''}", owner=actor, channel=channel, family=family, device_id=device, payload=payload, next_at=now
        )
        for channel in chosen
        for device in (wishes.devices if channel == Channel.PUSH else (None,))
    ]
    ring(rows, now)
    return rows


def refuse_too_many_tests(actor: Any, now: datetime) -> None:
    """Inside the transaction that writes the test.  Raises CannotTest."""
    one_at_a_time(actor)
    if Delivery.objects.filter(owner=actor, key__startswith="test:", created_at__gt=now - timedelta(minutes=1)).count() >= TESTS_A_MINUTE:
        raise CannotTest(f"You sent {TESTS_A_MINUTE} tests within a minute. Wait a little, then try again.")


def _test_payload(rule: Any, now: datetime) -> dict[str, Any]:
    if rule is None:
        sentence = "This is a test. Alerts reach you here."
        return {"sentence": sentence, "symbol": "", "note": "", "kind": "test", "alert": None, "notification": None, "fired_at": now.isoformat()}
    firing = Firing(rule=rule, sentence=f"This is a test of your alert on {name_of(rule)}.", fired_at=now, event_key="")
    return payload_of(firing) | {"kind": "test"} | ({"symbol": ""} if out_of_sight([rule]) else {})


_WHY_NOT = {
    Channel.EMAIL: "Your e-mail address is not confirmed. Open the link that was sent to it, then try again.",
    Channel.PUSH: "No browser takes messages yet. Switch them on in the browser that is to show them.",
    Channel.SMS: "No telephone is confirmed yet. Give its number, and the code that it gets.",
}


def forget_old() -> int:
    """Removes deliveries that were over long ago."""
    over = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT_FOR, state__in=[State.SENT, State.ARRIVED, State.DROPPED, State.DEAD])
    return int(over.delete()[0])
