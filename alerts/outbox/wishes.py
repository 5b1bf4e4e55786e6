"""What many people want at once, in a few queries however many they are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.conf import settings

from accounts.models import User
from accounts.selectors import mailable_among, staying
from alerts.channels import vapid
from alerts.models import NotificationSettings, Phone, PushDevice
from alerts.outbox.choices import PERSONAL, Channel, Pace
from alerts.outbox.timing import after_quiet, digest_due


@dataclass(frozen=True, slots=True)
class Wishes:
    """How one person is to be told."""

    settings: NotificationSettings
    zone: ZoneInfo
    reachable: frozenset[str]  # channels that lead anywhere now
    stays: bool  # may sign in, and is not to be erased: else nothing is sent on any channel
    devices: tuple[int, ...] = ()  # browsers that take messages

    def channels(self, family: str) -> list[str]:
        """The channels that an alert of this family goes to."""
        return [channel for channel in PERSONAL if channel in self.reachable and self.settings.wants(family, channel)]

    @property
    def in_digests(self) -> bool:
        return self.settings.email_pace != Pace.EACH

    def digest_at(self, now: datetime) -> datetime:
        """When the next digest is due."""
        return digest_due(now, self.zone, weekly=self.settings.email_pace == Pace.WEEKLY, hour=self.settings.digest_hour)

    def not_before(self, now: datetime) -> datetime:
        """Now, or when the quiet hours end."""
        return after_quiet(now, self.zone, self.settings.quiet_from, self.settings.quiet_until)


def wishes_of(user_ids: Collection[int]) -> dict[int, Wishes]:
    """By person.  Five queries.  Where nothing may be sent to them any more, no channel is reachable."""
    ids = set(user_ids)
    kept = {one.owner_id: one for one in NotificationSettings.objects.filter(owner__in=ids)}
    zones = dict(User.objects.filter(staying(), pk__in=ids).values_list("pk", "preferences__time_zone"))  # of those who stay
    mailed = mailable_among(ids)
    devices: dict[int, list[int]] = defaultdict(list)
    if vapid.is_on():
        for owner, device in PushDevice.objects.filter(owner__in=ids).order_by("pk").values_list("owner_id", "pk"):
            devices[owner].append(device)
    phones = set(Phone.objects.filter(owner__in=ids, verified_at__isnull=False).values_list("owner_id", flat=True)) if sms_is_on() else set()
    ways: dict[Channel, Collection[int]] = {Channel.EMAIL: mailed, Channel.PUSH: devices, Channel.SMS: phones}
    return {
        pk: Wishes(
            kept.get(pk) or NotificationSettings(owner_id=pk),
            ZoneInfo(zones.get(pk) or "UTC"),
            frozenset(channel.value for channel, people in ways.items() if pk in zones and pk in people),
            pk in zones,
            tuple(devices.get(pk, ())),
        )
        for pk in ids
    }


def sms_is_on() -> bool:
    return bool(settings.TWILIO_ACCOUNT) or settings.SMS_CONSOLE
