"""The scheduler of periodic jobs."""

from __future__ import annotations

from django_celery_beat.schedulers import DatabaseScheduler

from portfolio_site.schedule import ensure_schedule, jobs, ring


class Scheduler(DatabaseScheduler):  # type: ignore[misc]  # the package has no types
    """Reads the schedule from the database, where an administrator can change it, after writing our own entries into it.

    They are written before the first look: the base class does not notice what changes between its first and second.
    Then what may have waited while nothing ran is rung at once.
    """

    def setup_schedule(self) -> None:
        ensure_schedule()
        super().setup_schedule()
        ring(job for job in jobs() if job.at_start)
