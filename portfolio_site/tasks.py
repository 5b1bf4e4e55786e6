"""Jobs of the whole installation."""

from __future__ import annotations

import logging

from celery import shared_task
from django.core.management import call_command, get_commands
from django.utils import timezone as clock

from portfolio_site import periods
from portfolio_site.health import report_canary
from portfolio_site.schedule import jobs, ring

log = logging.getLogger(__name__)


@shared_task
def canary(queue: str) -> None:
    """Shows that jobs of `queue` are finished, not merely that a worker is up.  `/readyz` looks at it."""
    report_canary(queue)


@shared_task
def nightly_check() -> None:
    """Verifies the audit chains.  A chain that is not whole is an error in the log.  (The ledgers: portfolios.tasks.check_ledgers.)"""
    if "check_audit" in get_commands():
        call_command("check_audit")


@shared_task
def ring_missed() -> None:
    """Rings for the jobs whose period nobody did: the scheduler was away, a queue was emptied, or the job died."""
    now = clock.now()
    ring(periods.missed(jobs(), now))
    periods.forget(now)
