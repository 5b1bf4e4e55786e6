"""What people set about figures."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from analytics.choices import Check
from analytics.querysets import ConcentrationLimitQuerySet, IncomeFeedQuerySet, SnapshotQuerySet
from portfolio_site.web.fields import ExactDecimalField
from portfolio_site.web.sealed import SealedBytesField
from portfolios.models import Portfolio


class ConcentrationLimit(models.Model):
    """How much in one place a person finds too much; a check that they said nothing of stands as for everybody."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="concentration_limits", db_index=False)
    check_name = models.CharField(max_length=20, choices=Check)
    threshold = ExactDecimalField()  # a fraction of the gross exposure
    is_on = models.BooleanField(default=True)

    objects: ClassVar[Any] = ConcentrationLimitQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="concentration_limit_once", fields=["owner", "check_name"])]  # serves look-ups by owner

    def __str__(self) -> str:
        return f"{self.check_name} of {self.owner_id}"


class UnusualDay(models.Model):
    """A day that was unlike a portfolio's own past, noticed once."""

    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="unusual_days")
    day = models.DateField()
    noticed_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(name="unusual_day_once", fields=["portfolio", "day"])]

    def __str__(self) -> str:
        return f"{self.day} of portfolio {self.portfolio_id}"


class Snapshot(models.Model):
    """What the nightly batch keeps of one portfolio, and whether it is due (analytics/snapshots).  Can be emptied at any time."""

    portfolio = models.OneToOneField(Portfolio, on_delete=models.CASCADE, primary_key=True, related_name="snapshot")
    book = SealedBytesField(null=True)  # the replayed ledger
    book_rests_on = models.CharField(max_length=64, blank=True)
    series = SealedBytesField(null=True)  # its daily series up to a day
    series_rests_on = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)  # asked for then, and not taken yet
    touched_at = models.DateTimeField(null=True, blank=True)  # the lease of the job that is at work on it
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = SnapshotQuerySet.as_manager()

    written: tuple[str, ...] = ()  # no column: what the batch has made anew of it
    unusual: date | None = None  # no column: its last day, where that was unlike its past

    class Meta:
        indexes = [models.Index(name="snapshot_due", fields=["due_at"], condition=models.Q(due_at__isnull=False))]  # the sweep

    def __str__(self) -> str:
        return f"snapshot of {self.portfolio_id}"


class IncomeFeed(models.Model):
    """The secret address at which a person's calendar of payments can be read; no row: there is none."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="income_feed")
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the secret; the secret itself is not kept
    with_amounts = models.BooleanField(default=False)
    made_at = models.DateTimeField()

    objects: ClassVar[Any] = IncomeFeedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"calendar of {self.owner_id}"
