"""Jobs of analytics: thin, safe to run twice.  The work is the rows of `Snapshot`; a message only rings for some of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.utils import timezone

from analytics.snapshots import taking
from portfolio_site.web.bell import ring

EVERY = timedelta(minutes=5)  # the sweep; what it rings is worthless when it rings again
MOST_RUNG = 50 * taking.CHUNK  # by one sweep: a long queue is not made longer


@shared_task(name="analytics.tasks.plan_snapshots", ignore_result=True)
def plan_snapshots() -> int:
    """Nightly: makes the snapshot of every active portfolio due, and rings a job for each chunk; answers how many."""
    return _ring(taking.plan_snapshots(timezone.now()))


@shared_task(name="analytics.tasks.sweep_snapshots", ignore_result=True)
def sweep_snapshots() -> int:
    """Rings again for those that are still due and whose job died or was never heard; answers how many."""
    return _ring(taking.waiting(timezone.now())[:MOST_RUNG], expires=EVERY.total_seconds())


@shared_task(name="analytics.tasks.take_snapshots", ignore_result=True)
def take_snapshots(ids: Sequence[int]) -> int:
    """Takes the snapshots of these portfolios, as far as they are due; answers how many."""
    return taking.take_snapshots(list(ids), timezone.now())


def _ring(ids: Sequence[int], **options: Any) -> int:
    for chunk in taking.chunks(ids):
        ring(take_snapshots, chunk, **options)
    return len(ids)
