"""What people do with their browsers and their telephone, and what Twilio tells of texts."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.consents.services import record_consent
from accounts.consents.texts import Purpose, Source
from accounts.services import one_at_a_time, record_audit
from alerts.channels import vapid
from alerts.consents import note_browser, note_no_browser, texts_go
from alerts.errors import BadDevice, BadPhone
from alerts.models import Delivery, Phone, PushDevice
from alerts.outbox.choices import Channel, Family, State
from alerts.outbox.enqueuing import ring
from alerts.outbox.wishes import sms_is_on
from portfolio_site.kernel.errors import FieldError
from portfolio_site.web.outgoing import faults, leads_inside, networks
from portfolio_site.web.sealed import fingerprint

MOST_DEVICES = 10
CODE_LIVES, CODE_EVERY, MOST_TRIES = timedelta(minutes=10), timedelta(minutes=1), 5
MOST_CODES = 10  # of one person in a day: each costs money, and may reach somebody who did not ask for it
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_KEY = re.compile(r"[A-Za-z0-9_-]{16,100}={0,2}")


# ── browsers ────────────────────────────────────────────────────────────────


@transaction.atomic
def add_device(actor: Any, *, endpoint: str, p256dh: str, auth: str, name: str = "") -> PushDevice:
    """Takes a browser in; one that is known is the actor's from now on.  Raises BadDevice."""
    if not vapid.is_on():
        raise BadDevice("Messages to browsers are not set up on this server.")
    wrong = faults(endpoint) or ("" if endpoint.startswith("https:") or settings.WEBHOOK_NETWORKS else "The address must begin with https://.")
    if wrong or leads_inside(endpoint, networks(settings.WEBHOOK_NETWORKS)):
        detail = wrong or "This address leads into a private network."
        raise BadDevice(detail, errors=[FieldError("endpoint", "not_an_address", detail)])
    for field, value in (("keys.p256dh", p256dh), ("keys.auth", auth)):
        if not _KEY.fullmatch(value):
            raise BadDevice("This is no key of a browser.", errors=[FieldError(field, "not_a_key", "This is no key of a browser.")])
    mark = fingerprint(endpoint, "push")
    one_at_a_time(actor)
    if PushDevice.objects.visible_to(actor).exclude(fingerprint=mark).count() >= MOST_DEVICES:
        raise BadDevice(f"You have {MOST_DEVICES} browsers. Remove one before you add another.")
    values = {
        "owner": actor,
        "subscription": {"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}},
        "name": (name.strip() or "Browser")[:60],
    }
    device, new = PushDevice.objects.update_or_create(fingerprint=mark, defaults=values)
    if new:
        record_audit(actor, "device.added", object_type="push_device", object_id=device.pk)
    note_browser(actor)
    return device


@transaction.atomic
def remove_device(actor: Any, device: PushDevice) -> None:
    record_audit(actor, "device.removed", object_type="push_device", object_id=device.pk)
    device.delete()
    note_no_browser(actor)


# ── a telephone ─────────────────────────────────────────────────────────────


@transaction.atomic
def give_number(actor: Any, number: str) -> Phone:
    """Sends a code to a number, which is used once the code has come back.  Raises BadPhone."""
    if not sms_is_on():
        raise BadPhone("Text messages are not set up on this server.")
    tidy = re.sub(r"[\s().-]", "", number)
    if not _NUMBER.fullmatch(tidy):
        detail = "Write the number with its country, such as +49 151 12345678."
        raise BadPhone(detail, errors=[FieldError("number", "not_a_number", detail)])
    one_at_a_time(actor)
    now = timezone.now()
    codes = Delivery.objects.filter(owner=actor, key__startswith="code:", created_at__gt=now - timedelta(days=1))  # also of removed numbers
    if codes.filter(created_at__gt=now - CODE_EVERY).exists():
        raise BadPhone("A code was sent a moment ago. Wait a minute, then ask for another.")
    if codes.count() >= MOST_CODES:
        raise BadPhone(f"You have asked for {MOST_CODES} codes within a day. Wait until tomorrow.")
    phone = Phone.objects.select_for_update().filter(owner=actor).first() or Phone(owner=actor)
    code = f"{secrets.randbelow(10**6):06d}"
    phone.number, phone.code, phone.code_sent_at, phone.tries, phone.verified_at = tidy, _mark(actor, code), now, 0, None
    phone.save()
    record_audit(actor, "phone.given", object_type="phone", object_id=phone.pk)
    row = Delivery.objects.create(
        key=f"code:{secrets.token_hex(8)}",
        owner=actor,
        channel=Channel.SMS,
        family=Family.DATA,
        payload={"sentence": f"Your code is {code}."},
        next_at=now,
    )
    ring([row], now)
    return phone


def confirm_number(actor: Any, code: str) -> Phone:
    """The code came back: the number is used from now on.  Five wrong ones end it.  Raises BadPhone."""
    with transaction.atomic():
        phone: Phone | None = Phone.objects.select_for_update().filter(owner=actor, verified_at=None).first()
        if phone is None or not phone.code or phone.code_sent_at is None or timezone.now() - phone.code_sent_at > CODE_LIVES:
            raise BadPhone("The code is no longer good. Ask for another.")
        right = hmac.compare_digest(phone.code, _mark(actor, code.strip()))
        phone.tries += 1
        if right:
            phone.verified_at, phone.code = timezone.now(), ""
            record_audit(actor, "phone.confirmed", object_type="phone", object_id=phone.pk)
            record_consent(actor.pk, Purpose.ALERT_TEXT, given=True, source=Source.SETTINGS)
        elif phone.tries >= MOST_TRIES:
            phone.code = ""
        phone.save()
    if not right:
        detail = "This is not the code that was sent."
        raise BadPhone(detail, errors=[FieldError("code", "wrong", detail)])
    return phone


@transaction.atomic
def set_amounts(actor: Any, with_amounts: bool) -> None:
    """Whether texts may hold amounts."""
    Phone.objects.filter(owner=actor).update(with_amounts=with_amounts)
    record_audit(actor, "notifications.changed", object_type="phone")


@transaction.atomic
def remove_phone(actor: Any) -> None:
    was_on = texts_go(actor)
    if Phone.objects.filter(owner=actor).delete()[0]:
        record_audit(actor, "phone.removed", object_type="phone")
        record_consent(actor.pk, Purpose.ALERT_TEXT, given=False, source=Source.SETTINGS, was_on=was_on)


def _mark(actor: Any, code: str) -> str:
    return fingerprint(f"{actor.pk}:{code}", "phone")


# ── what became of a text ───────────────────────────────────────────────────

_FAILED = frozenset({"failed", "undelivered"})


@transaction.atomic
def note_status(values: Mapping[str, str]) -> bool:
    """What Twilio says of a text that it took; false where it is none of ours.  Again, or late, changes nothing."""
    sid, status = values.get("MessageSid", ""), values.get("MessageStatus", "")
    row = Delivery.objects.select_for_update().filter(channel=Channel.SMS, reference=sid).first() if sid else None
    if row is None:
        return False
    if row.state == State.SENT and status == "delivered":
        row.state = State.ARRIVED
    elif row.state == State.SENT and status in _FAILED:
        row.state, row.problem = State.DEAD, f"The network did not deliver it (error {values.get('ErrorCode') or 'unknown'})."[:300]
    else:
        return True
    row.save(update_fields=["state", "problem"])
    return True
