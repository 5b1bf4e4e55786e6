"""What is kept of requests about one's own data.  (Tables of the app `accounts`.)"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from accounts.data_rights.choices import ErasureStatus, JobStatus
from accounts.querysets import DataJobQuerySet
from portfolio_site.web.sealed import SealedBytesField, SealedJSONField, SealedTextField


class DataJob(models.Model):
    """Work on a person's own data that they wait for: the row is the work, the broker only rings."""

    status = models.CharField(max_length=8, choices=JobStatus, default=JobStatus.WAITING)
    asked_at = models.DateTimeField()
    touched_at = models.DateTimeField(null=True, blank=True)  # the lease of the job: it is at work while this is fresh
    attempts = models.PositiveSmallIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    problem = models.CharField(max_length=500, blank=True)  # why it failed, for the person
    content = SealedBytesField(null=True)  # the file; gone when it was taken, read in, or its time is over

    class Meta:
        abstract = True


class DataExport(DataJob):
    """A person asked for all of their data."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_exports")
    size = models.PositiveBigIntegerField(default=0)  # bytes
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = DataJobQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        ordering = ["-id"]
        indexes = [models.Index(name="export_waiting", fields=["status", "asked_at"])]  # the sweeper

    def __str__(self) -> str:
        return f"export {self.pk} of {self.user_id}"


class DataArrival(DataJob):
    """A person brought an export of Plumbline, to be read in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="data_arrivals")
    notes = SealedJSONField(null=True)  # what was not taken in as it was, a list of sentences
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = DataJobQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        ordering = ["-id"]
        indexes = [models.Index(name="arrival_waiting", fields=["status", "asked_at"])]  # the sweeper

    def __str__(self) -> str:
        return f"export brought by {self.user_id}"


class Erasure(models.Model):
    """A person asked to be erased.  The row outlives them: plain numbers and a keyed hash, nothing that says who it was."""

    person = models.PositiveBigIntegerField()  # a plain number, as in the audit
    mark = models.CharField(max_length=64)  # keyed hash of the number and the moment of joining: finds the person in a restored backup
    status = models.CharField(max_length=9, choices=ErasureStatus, default=ErasureStatus.SCHEDULED)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)
    step = models.CharField(max_length=60, blank=True)  # the last one that was done
    touched_at = models.DateTimeField(null=True, blank=True)  # the lease of the job
    address = SealedTextField(null=True, longest=254)  # where the last mail goes; gone once it is sent

    class Meta:
        app_label = "accounts"
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                name="erasure_once", fields=["person"], condition=models.Q(status__in=[ErasureStatus.SCHEDULED, ErasureStatus.RUNNING])
            )
        ]
        indexes = [models.Index(name="erasure_due", fields=["status", "due_at"])]  # the sweeper

    def __str__(self) -> str:
        return f"erasure of {self.person}"
