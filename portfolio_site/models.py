"""What the installation remembers of itself."""

from __future__ import annotations

from django.db import models


class JobRun(models.Model):
    """One period of a scheduled job.  Whoever makes the row does the work."""

    job = models.CharField(max_length=60)
    period = models.CharField(max_length=30)
    claimed_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="job_run_once", fields=["job", "period"])]
        indexes = [models.Index(name="job_run_age", fields=["claimed_at"])]  # forgetting

    def __str__(self) -> str:
        return f"{self.job}: {self.period}"
