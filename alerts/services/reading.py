"""What a person has seen of what they were told."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from alerts.models import Firing


def mark_read(actor: Any, firing: Firing) -> Firing:
    """Notes that the person has seen it; seen twice is seen once."""
    if firing.read_at is None:
        now = timezone.now()
        Firing.objects.visible_to(actor).filter(pk=firing.pk, read_at=None).update(read_at=now)
        firing.read_at = now
    return firing


def mark_all_read(actor: Any) -> int:
    """Notes that the person has seen everything that was told; how many were unread."""
    unread = Firing.objects.visible_to(actor).unread().order_by().values_list("pk", flat=True)
    count: int = Firing.objects.filter(pk__in=list(unread)).update(read_at=timezone.now())
    return count
