"""Jobs of the whole installation."""

from __future__ import annotations

import logging

from celery import shared_task
from django.core.management import call_command, get_commands

from portfolio_site.health import report_canary

log = logging.getLogger(__name__)


@shared_task
def canary(queue: str) -> None:
    """Shows that jobs of `queue` are finished, not merely that a worker is up.  `/readyz` looks at it."""
    report_canary(queue)


@shared_task
def nightly_check() -> None:
    """Rebuilds what is derived and compares; verifies the audit chains.  A difference is an error in the log."""
    if "check_integrity" in get_commands():
        call_command("check_integrity")
