"""Each period of a scheduled job once: a row under the unique pair (job, period) is claimed before the work.

Two schedulers, a schedule that is edited during a tick, or a message that comes twice then do the work once; a second claim does
nothing.  A claim whose job died or failed is taken over once no job may still be running.  Jobs that look more often than once a minute for what
is due claim nothing: each thing that they find is claimed by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from celery import Task
from django.conf import settings
from django.db.models import Max

NAME = "periodic_task_name"  # the header that the scheduler gives its messages
SHORTEST = timedelta(minutes=1)  # of a period that is claimed
KEPT_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Claim:
    """This message's hold on a period."""

    pk: int


def period_of(*, every: timedelta | None, hour: int | None, now: datetime) -> str:
    """The period that a job of this schedule is in: the day that its hour last came, or the start of its interval.  "" for none."""
    if hour is not None:
        return (now.astimezone(timezone.utc) - timedelta(hours=hour)).date().isoformat()
    if every is None or every < SHORTEST:
        return ""
    step = int(every.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // step * step, timezone.utc).isoformat()


def claim(job: str, period: str, now: datetime) -> Claim | None:
    """A hold on the period, unless it was done, or is being done."""
    from portfolio_site.models import JobRun

    run, new = JobRun.objects.get_or_create(job=job, period=period, defaults={"claimed_at": now})
    if not new and not JobRun.objects.filter(pk=run.pk, done_at=None, claimed_at__lt=_dead_since(now)).update(claimed_at=now):
        return None
    return Claim(run.pk)


def finish(held: Claim, now: datetime) -> None:
    from portfolio_site.models import JobRun

    JobRun.objects.filter(pk=held.pk).update(done_at=now)


def last_done(job: str) -> datetime | None:
    """When the newest round of a job began that was finished.  One query."""
    from portfolio_site.models import JobRun

    newest: datetime | None = JobRun.objects.filter(job=job, done_at__isnull=False).aggregate(newest=Max("claimed_at"))["newest"]
    return newest


def missed(jobs: Iterable[Any], now: datetime) -> list[Any]:
    """The jobs to ring again: daily ones whose hour came and that nobody began, and those of this period that died or failed.

    A job that never ran waits for its first hour.  One query.
    """
    from portfolio_site.models import JobRun

    runs = JobRun.objects.filter(claimed_at__gt=now - KEPT_FOR).values_list("job", "period", "claimed_at", "done_at")
    seen = {(job, period): (claimed, done) for job, period, claimed, done in runs}
    ran = {job for job, _ in seen}
    return [job for job in jobs if job.name in ran and _is_missing(job, seen, now)]


def _is_missing(job: Any, seen: dict[tuple[str, str], tuple[datetime, datetime | None]], now: datetime) -> bool:
    found = seen.get((job.name, period_of(every=job.every, hour=job.hour, now=now)))
    if found is None:
        return job.hour is not None
    return found[1] is None and found[0] < _dead_since(now)


def _dead_since(now: datetime) -> datetime:
    """A job that began before this cannot be running any more."""
    return now - timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + 60)


def forget(now: datetime) -> int:
    """Removes runs of long ago."""
    from portfolio_site.models import JobRun

    return int(JobRun.objects.filter(claimed_at__lt=now - KEPT_FOR).delete()[0])


class OncePerPeriod(Task):  # type: ignore[type-arg]
    """A task that, where the schedule rang it, runs only under a claim of its period."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self.request.called_directly:
            return super().__call__(*args, **kwargs)
        from django.utils import timezone as clock

        found = _scheduled(str(self.request.get(NAME) or (self.request.headers or {}).get(NAME) or ""))
        if found is None:
            return self.run(*args, **kwargs)
        now = clock.now()
        period = period_of(every=found.every, hour=found.hour, now=now)
        if not period:
            return self.run(*args, **kwargs)
        held = claim(found.name, period, now)
        if held is None:
            return None
        answer = self.run(*args, **kwargs)
        finish(held, clock.now())
        return answer


def _scheduled(name: str) -> Any:
    """The job of ours that a message was rung for; None for any other message."""
    from portfolio_site.schedule import PREFIX, known

    return known().get(name.removeprefix(PREFIX)) if name.startswith(PREFIX) else None
