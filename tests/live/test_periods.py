"""Scheduled jobs: each period once, whoever rings and however often, and a missed day is done late rather than not at all."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from celery import shared_task
from django.utils import timezone as clock

from portfolio_site import periods, schedule, tasks
from portfolio_site.models import JobRun
from portfolio_site.schedule import PREFIX, Job
from tests.threads import at_once

NOON = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)
DAILY, OFTEN = Job("daily", "tests.counted", hour=5), Job("often", "tests.counted", timedelta(minutes=15))
done: list[str] = []


@shared_task(name="tests.counted")
def counted(fails: bool = False) -> None:
    if fails:
        raise RuntimeError("as told")
    done.append("once")


@pytest.fixture(autouse=True)
def _jobs(monkeypatch):
    done.clear()
    monkeypatch.setattr(schedule, "known", lambda: {job.name: job for job in (DAILY, OFTEN)})


def ring(job, **arguments):
    return counted.apply(kwargs=arguments, headers={"periodic_task_name": PREFIX + job.name})


@pytest.mark.parametrize(
    ("every", "hour", "now", "period"),
    [
        (None, 5, NOON, "2026-11-21"),
        (None, 5, NOON.replace(hour=4, minute=59), "2026-11-20"),
        (None, 5, NOON.replace(hour=5), "2026-11-21"),
        (timedelta(minutes=15), None, NOON + timedelta(minutes=14), "2026-11-21T12:00:00+00:00"),
        (timedelta(seconds=2), None, NOON, ""),
    ],
)
def test_a_period_is_a_day_from_its_hour_or_an_interval(every, hour, now, period):
    assert periods.period_of(every=every, hour=hour, now=now) == period


@pytest.mark.django_db
@pytest.mark.parametrize("job", [DAILY, OFTEN])
def test_a_job_that_is_rung_ten_times_in_a_period_is_done_once(job):
    for _ in range(10):
        ring(job)
    assert done == ["once"] and JobRun.objects.get().done_at is not None


@pytest.mark.django_db
def test_what_nobody_scheduled_runs_as_often_as_it_is_asked():
    counted.delay()
    counted.delay()
    counted()
    assert len(done) == 3 and not JobRun.objects.exists()


@pytest.mark.django_db
def test_a_job_that_failed_is_tried_again_a_quarter_of_an_hour_later():
    with pytest.raises(RuntimeError):
        ring(DAILY, fails=True)
    ring(DAILY)
    assert done == []
    JobRun.objects.update(claimed_at=clock.now() - timedelta(minutes=20))
    assert periods.missed([DAILY, OFTEN], clock.now()) == [DAILY]
    ring(DAILY)
    assert done == ["once"] and periods.missed([DAILY, OFTEN], clock.now()) == []


@pytest.mark.django_db
def test_a_job_that_died_is_taken_over_once_nobody_can_still_be_at_it(settings):
    limit = timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT)
    assert periods.claim("daily", "2026-11-21", NOON) is not None
    assert periods.claim("daily", "2026-11-21", NOON + limit) is None
    held = periods.claim("daily", "2026-11-21", NOON + limit + timedelta(minutes=2))
    assert held is not None
    periods.finish(held, NOON)
    assert periods.claim("daily", "2026-11-21", NOON + timedelta(days=1)) is None


@pytest.mark.django_db
def test_a_day_that_was_missed_is_rung_once_and_one_that_was_done_is_not(monkeypatch):
    rung = []
    monkeypatch.setattr(tasks, "jobs", lambda: [DAILY, OFTEN])
    monkeypatch.setattr(tasks, "ring", lambda chosen: rung.extend(job.name for job in chosen))
    monkeypatch.setattr(tasks.clock, "now", lambda: NOON)
    tasks.ring_missed()
    assert rung == [], "a new installation waits for the first hour"
    JobRun.objects.create(job="daily", period="2026-11-20", claimed_at=NOON, done_at=NOON)
    tasks.ring_missed()
    assert rung == ["daily"]
    JobRun.objects.create(job="daily", period="2026-11-21", claimed_at=NOON, done_at=NOON)
    tasks.ring_missed()
    assert rung == ["daily"]


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_that_ring_at_once_get_one_run():
    held = at_once(*[lambda: periods.claim("daily", "2026-11-21", NOON)] * 4)
    assert sum(one is not None for one in held) == 1
