"""What runs by itself, and how often.  Written into the database's schedule, again at each start, without making duplicates."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction

from portfolio_site.periods import NAME
from portfolio_site.web.bell import told

PREFIX = "plumbline: "  # marks the entries that are kept by this module; others are the administrator's own


@dataclass(frozen=True, slots=True)
class Job:
    """One entry: a task every so often, or every day at an hour (UTC)."""

    name: str
    task: str
    every: timedelta | None = None
    hour: int | None = None
    queue: str | None = None
    arguments: str = "[]"  # JSON
    at_start: bool = False  # also rung when the scheduler starts: nothing rang while it was away

    @property
    def expires(self) -> int | None:
        """Seconds after which a message that nobody took is worthless: the next one is due."""
        return max(int(self.every.total_seconds() * 2), 5) if self.every else None


def jobs() -> list[Job]:
    """All jobs of this installation."""
    from portfolio_site.celery import QUEUES

    wanted = [
        Job(f"canary of {queue}", "portfolio_site.tasks.canary", timedelta(seconds=20), queue=queue, arguments=f'["{queue}"]', at_start=True)
        for queue in QUEUES
    ]
    if settings.DEMO_MARKET:
        wanted.append(Job("demo market", "market.tasks.tick_demo", timedelta(seconds=2), at_start=True))
        wanted.append(Job("prices of the day", "market.tasks.top_up", timedelta(minutes=15), at_start=True))
    wanted += [  # also without a source in the settings: an administrator may set one up at any time
        Job("newest prices", "market.tasks.plan_quotes", timedelta(minutes=1), at_start=True),
        Job("daily prices", "market.tasks.plan_histories", timedelta(minutes=10), at_start=True),
        Job("closing prices", "market.tasks.close_days", timedelta(minutes=15)),
    ]
    if settings.PROVIDERS or any(settings.PROVIDER_KEYS.values()):
        wanted += [
            Job("exchange rates", "market.tasks.fetch_rates", timedelta(minutes=30), at_start=True),
            Job("what instruments are", "market.tasks.plan_profiles", timedelta(hours=1), at_start=True),
            Job("rates without risk", "market.tasks.fetch_riskless", timedelta(hours=6), at_start=True),
            Job("names at sources", "market.tasks.link_symbols", hour=1, at_start=True),
        ]
    if _news_is_on():
        wanted.append(Job("news", "market.tasks.plan_news", timedelta(minutes=30), at_start=True))
    wanted += [
        Job("list of indices", "market.tasks.list_indices", hour=1, at_start=True),
        Job("blends that were deleted", "market.tasks.sweep_blends", hour=4),
        Job("prices within days gone by", "market.tasks.forget_intraday", hour=4),
        Job("news that grew old", "market.tasks.sweep_news", hour=4),
        Job("merges that wait", "market.tasks.sweep_merges", timedelta(seconds=30), at_start=True),
        Job("merges that grew old", "market.tasks.forget_merges", hour=4),
        Job("imports that wait", "portfolios.imports.tasks.sweep_imports", timedelta(seconds=15), at_start=True),
        Job("messages that wait", "alerts.tasks.sweep_outbox", timedelta(seconds=15), at_start=True),
        Job("messages that grew old", "alerts.tasks.forget_deliveries", hour=4),
        Job("spent keys and tokens", "accounts.tasks.sweep", timedelta(hours=1)),
        Job("what was kept for its time", "accounts.tasks.apply_retention", hour=4),
        Job("requests about one’s own data", "accounts.tasks.sweep_data_rights", timedelta(minutes=1), at_start=True),
        Job("corporate actions", "portfolios.actions.tasks.propose", hour=2, at_start=True),
        Job("snapshots of portfolios", "analytics.tasks.plan_snapshots", hour=5),
        Job("snapshots that wait", "analytics.tasks.sweep_snapshots", timedelta(minutes=5), at_start=True),
        Job("alerts that are due", "alerts.tasks.look", timedelta(seconds=5), at_start=True),
        Job("alerts on prices that nobody was told of", "alerts.tasks.sweep_quotes", timedelta(minutes=1)),
        Job("alerts held back by quiet hours", "alerts.tasks.tell_held", timedelta(minutes=1), at_start=True),
        Job("a day of alerts", "alerts.tasks.begin_day", timedelta(minutes=30), at_start=True),
        Job("jobs that were missed", "portfolio_site.tasks.ring_missed", timedelta(minutes=5), at_start=True),
        Job("nightly check", "portfolio_site.tasks.nightly_check", hour=3),
        Job("check of every ledger", "portfolios.tasks.check_ledgers", hour=3),
    ]
    return wanted


def _news_is_on() -> bool:
    from market.services import news_sources

    return any(on for _, on in news_sources())


def known() -> dict[str, Job]:
    """All jobs by name."""
    return {job.name: job for job in jobs()}


@transaction.atomic
def ensure_schedule() -> None:
    """Makes the database's schedule agree with `jobs()`.  What an administrator switched off stays off."""
    from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

    wanted = jobs()
    for job in wanted:
        when: dict[str, object] = {"interval": None, "crontab": None}
        if job.every is not None:
            when["interval"], _ = IntervalSchedule.objects.get_or_create(every=int(job.every.total_seconds()), period=IntervalSchedule.SECONDS)
        else:
            when["crontab"], _ = CrontabSchedule.objects.get_or_create(
                minute="0", hour=str(job.hour), day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
            )
        _write(PeriodicTask, job, when)
    PeriodicTask.objects.filter(name__startswith=PREFIX).exclude(name__in=[PREFIX + job.name for job in wanted]).delete()


def _write(model: type, job: Job, when: dict[str, object]) -> None:
    """One entry; written only where it differs, since each write makes beat read everything again."""
    values = {"task": job.task, "args": job.arguments, "queue": job.queue, "expire_seconds": job.expires, **when}
    entry, made = model.objects.get_or_create(name=PREFIX + job.name, defaults=values)  # type: ignore[attr-defined]
    if not made and any(getattr(entry, field) != value for field, value in values.items()):
        for field, value in values.items():
            setattr(entry, field, value)
        entry.save()


def ring(chosen: Iterable[Job]) -> None:
    """Puts the jobs on their queues now: a daily one under the name of its period, so that one that was done today is not done again.

    A broker that is away hears of them when the next look finds what was missed.
    """
    for job in chosen:
        options: dict[str, Any] = {"expires": job.expires} | ({"queue": job.queue} if job.queue else {})
        if job.hour is not None:
            options["headers"] = {NAME: PREFIX + job.name}
        told(job.name, partial(current_app.send_task, job.task, args=json.loads(job.arguments), **options))
