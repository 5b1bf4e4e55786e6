"""Writes the schedule of periodic jobs into the database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from portfolio_site.schedule import ensure_schedule, jobs


class Command(BaseCommand):
    help = "Bring the schedule of periodic jobs in the database up to date. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_schedule()
        if options["verbosity"] > 0:
            for job in jobs():
                self.stdout.write(f"{job.name}: {'every ' + str(job.every) if job.every else f'daily at {job.hour:02}:00 UTC'}")
