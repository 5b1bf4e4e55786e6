"""How jobs on a person's data are claimed, kept alive and given up: the row is the work, the broker only rings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import F, Q
from django.utils import timezone

from accounts.data_rights.choices import JobStatus

LEASE = timedelta(seconds=60)  # a job that has not been heard of for so long is dead
MOST_ATTEMPTS = 4


def claim(model: Any, pk: int) -> Any:
    """Take a request for this job, if it waits or the job that had it is dead.  None: somebody else is at it, or it is done."""
    now = timezone.now()
    free = Q(status=JobStatus.WAITING) | Q(status=JobStatus.WORKING, touched_at__lt=now - LEASE)
    taken = model.objects.filter(free, pk=pk).update(status=JobStatus.WORKING, touched_at=now, attempts=F("attempts") + 1, done=0)
    return model.objects.select_related("user").get(pk=pk) if taken else None


def touch(job: Any, done: int, total: int) -> None:
    """Say that the job is alive, and how far it is.  Progress never goes back."""
    if (done, total) != (job.done, job.total) or timezone.now() - job.touched_at > LEASE / 6:
        job.done, job.total, job.touched_at = max(done, job.done), total, timezone.now()
        type(job).objects.filter(pk=job.pk).update(done=job.done, total=total, touched_at=job.touched_at)


def fail(job: Any, problem: str) -> None:
    """Say why, and keep none of the file."""
    job.status, job.problem, job.touched_at, job.content = JobStatus.FAILED, problem[:500], None, None
    job.save()


def waiting(model: Any) -> list[int]:
    """Requests that wait, or whose job died."""
    silent = Q(status=JobStatus.WAITING) | Q(status=JobStatus.WORKING, touched_at__lt=timezone.now() - LEASE)
    return list(model.objects.filter(silent).order_by("asked_at").values_list("pk", flat=True)[:50])
