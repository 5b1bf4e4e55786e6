"""What a person has seen of what they were told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from alerts.models import Firing, Notice


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
    now = timezone.now()
    count: int = Firing.objects.filter(pk__in=list(unread)).update(read_at=now)
    return count + int(Notice.objects.visible_to(actor).unread().update(read_at=now))


def tell_people(user_ids: Iterable[int], *, key: str, sentence: str, path: str = "") -> None:
    """A line in the inbox of each; told again under the same key it is the same line."""
    now = timezone.now()
    lines = [Notice(owner_id=pk, key=key, sentence=sentence[:600], path=path, told_at=now) for pk in sorted(set(user_ids))]
    Notice.objects.bulk_create(lines, ignore_conflicts=True)


def mark_notice_read(actor: Any, notice: Notice) -> Notice:
    """Notes that the person has seen it; seen twice is seen once."""
    if notice.read_at is None:
        now = timezone.now()
        Notice.objects.visible_to(actor).filter(pk=notice.pk, read_at=None).update(read_at=now)
        notice.read_at = now
    return notice
