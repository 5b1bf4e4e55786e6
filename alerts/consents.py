"""What people agree to when they let alerts reach them somewhere: written down as it is switched, and taken back here.

The rows that say where alerts go are what the sender reads when it runs; so what is taken back ends with the transaction.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction

from accounts.consents.forces import tells_in_force
from accounts.consents.services import record_consent, withdraws
from accounts.consents.texts import Purpose, Source
from alerts.models import NotificationSettings, Phone, PushDevice, Rule
from alerts.outbox.choices import Channel, Family


def wants_mail(found: NotificationSettings) -> bool:
    """Whether alerts of any kind go to the address."""
    return any(found.wants(family, Channel.EMAIL) for family in Family.values)


def note_mail(found: NotificationSettings, source: Source, *, was_on: bool) -> None:
    """After somebody said how they want to be told.  `was_on`: whether mails went until then (`mails_go`)."""
    record_consent(found.owner_id, Purpose.ALERT_MAIL, given=wants_mail(found), source=source, was_on=was_on)


def note_alert(owner: Any) -> None:
    """Who makes an alert is told of it by mail, unless they switched that off: the first one is when they say so."""
    found = NotificationSettings.objects.filter(owner=owner).first() or NotificationSettings(owner=owner)
    if wants_mail(found):
        record_consent(owner.pk, Purpose.ALERT_MAIL, given=True, source=Source.ALERT, first=True)


def note_browser(owner: Any) -> None:
    """After a browser was added."""
    record_consent(owner.pk, Purpose.ALERT_PUSH, given=True, source=Source.SETTINGS)


def note_no_browser(owner: Any) -> None:
    """After a browser was removed: with the last one it is taken back."""
    if not browsers_are_told(owner):
        record_consent(owner.pk, Purpose.ALERT_PUSH, given=False, source=Source.SETTINGS, was_on=True)


# ── whether it is in force, and taking it back ──────────────────────────────


@tells_in_force(Purpose.ALERT_MAIL)
def mails_go(owner: Any) -> bool:
    """Whether there is an alert that could be told by mail.  Two queries."""
    found = NotificationSettings.objects.filter(owner=owner).first() or NotificationSettings(owner=owner)
    return wants_mail(found) and Rule.objects.filter(owner=owner).exists()


@tells_in_force(Purpose.ALERT_PUSH)
def browsers_are_told(owner: Any) -> bool:
    return PushDevice.objects.filter(owner=owner).exists()


@tells_in_force(Purpose.ALERT_TEXT)
def texts_go(owner: Any) -> bool:
    return Phone.objects.filter(owner=owner, verified_at__isnull=False).exists()


@withdraws(Purpose.ALERT_MAIL)
def stop_mail(owner: Any) -> None:
    from alerts.outbox.services import unsubscribe
    from alerts.outbox.unsubscribing import Wish

    unsubscribe(Wish(owner.pk, ""), source=Source.SETTINGS)


@withdraws(Purpose.ALERT_PUSH)
@transaction.atomic
def stop_push(owner: Any) -> None:
    from alerts.devices.services import remove_device

    for device in PushDevice.objects.filter(owner=owner):
        remove_device(owner, device)


@withdraws(Purpose.ALERT_TEXT)
def stop_texts(owner: Any) -> None:
    from alerts.devices.services import remove_phone

    remove_phone(owner)
