"""Choices of requests about one's own data."""

from django.db import models


class JobStatus(models.TextChoices):
    WAITING = "waiting", "Waiting"
    WORKING = "working", "Being made"
    READY = "ready", "Ready"
    TAKEN = "taken", "Downloaded"
    OVER = "over", "No longer kept"
    DONE = "done", "Read in"
    FAILED = "failed", "Failed"


class ErasureStatus(models.TextChoices):
    SCHEDULED = "scheduled", "Scheduled"
    CANCELLED = "cancelled", "Cancelled"
    RUNNING = "running", "Under way"
    DONE = "done", "Done"
