"""What many people want at once, in a few queries however many they are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from accounts.models import Preferences
from accounts.selectors import mailable_among
from alerts.models import NotificationSettings
from alerts.outbox.choices import PERSONAL, Channel, Pace
from alerts.outbox.timing import after_quiet, digest_due


@dataclass(frozen=True, slots=True)
class Wishes:
    """How one person is to be told."""

    settings: NotificationSettings
    zone: ZoneInfo
    reachable: frozenset[str]  # channels that lead anywhere now

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
    """By person.  Three queries."""
    ids = set(user_ids)
    kept = {one.owner_id: one for one in NotificationSettings.objects.filter(owner__in=ids)}
    zones = dict(Preferences.objects.filter(user__in=ids).values_list("user_id", "time_zone"))
    mailed = mailable_among(ids)
    return {pk: Wishes(kept.get(pk) or NotificationSettings(owner_id=pk), ZoneInfo(zones.get(pk, "UTC")), _reachable(pk, mailed)) for pk in ids}


def _reachable(user_id: int, mailed: Collection[int]) -> frozenset[str]:
    return frozenset({Channel.EMAIL.value} if user_id in mailed else ())
