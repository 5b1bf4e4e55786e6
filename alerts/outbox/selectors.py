"""Where deliveries stand: for their person, and for who runs the place."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from alerts.errors import NoSuchDelivery
from alerts.models import Delivery, NotificationSettings
from alerts.outbox.choices import OPEN, Channel, State


def settings_of(user: Any) -> NotificationSettings:
    """How the person wants to be told; the defaults where nothing was chosen."""
    return NotificationSettings.objects.filter(owner=user).first() or NotificationSettings(owner=user)


def deliveries_of(user: Any, *, dead: bool = False) -> QuerySet[Any]:
    """What was sent to a person, or is to be, newest first.  Digests stand for what they hold."""
    found = Delivery.objects.visible_to(user).order_by("-id")
    chosen: QuerySet[Any] = found.dead() if dead else found.exclude(state=State.SENT, digest__isnull=False)
    return chosen.exclude(key__startswith="code:")


def get_delivery(user: Any, pk: int) -> Delivery:
    """One delivery.  Raises NoSuchDelivery, also for somebody else's."""
    found: Delivery | None = Delivery.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise NoSuchDelivery("There is no such delivery. Those older than 90 days are removed.").of("delivery", pk)
    return found


def channels_due() -> list[str]:
    """Channels on which something is due now.  One query on an index."""
    return sorted(Delivery.objects.due(timezone.now()).order_by().values_list("channel", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class ChannelReport:
    """How one channel does."""

    channel: Channel
    waiting: int
    due: int
    oldest_due: datetime | None
    dead: int
    sent_today: int  # in the last 24 hours
    failed_today: int  # given up in the last 24 hours

    @property
    def success(self) -> float | None:
        """Of what was finished in the last day, the part that arrived; None where nothing was."""
        done = self.sent_today + self.failed_today
        return self.sent_today / done if done else None


def channel_reports() -> list[ChannelReport]:
    """One for each channel.  One query."""
    now = timezone.now()
    day = now - timedelta(days=1)
    due = Q(state__in=OPEN, next_at__lte=now)
    found = {
        row["channel"]: row
        for row in Delivery.objects.order_by()
        .values("channel")
        .annotate(
            waiting=Count("pk", filter=Q(state__in=OPEN)),
            due=Count("pk", filter=due),
            oldest=Min("next_at", filter=due),
            dead=Count("pk", filter=Q(state=State.DEAD)),
            sent=Count("pk", filter=Q(state__in=[State.SENT, State.ARRIVED], sent_at__gt=day)),
            failed=Count("pk", filter=Q(state=State.DEAD, created_at__gt=day)),
        )
    }
    return [_report(channel, found.get(channel)) for channel in Channel]


def _report(channel: Channel, row: dict[str, Any] | None) -> ChannelReport:
    if row is None:
        return ChannelReport(channel, 0, 0, None, 0, 0, 0)
    return ChannelReport(channel, row["waiting"], row["due"], row["oldest"], row["dead"], row["sent"], row["failed"])
