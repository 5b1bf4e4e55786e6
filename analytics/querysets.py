"""Words about what people set."""

from __future__ import annotations

from typing import Any, Self

from django.db import models

from portfolio_site.web.pausing import processed


class IncomeFeedQuerySet(models.QuerySet[Any]):
    """Secret addresses of calendars."""

    def visible_to(self, user: Any) -> Self:
        """The person's own; nobody else's."""
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def opened_by(self, digest: str) -> Self:
        """The one that a secret opens, by its digest, while its owner may sign in."""
        return self.filter(digest=digest, owner__is_active=True)


class ConcentrationLimitQuerySet(models.QuerySet[Any]):
    """Limits of concentration."""

    def visible_to(self, user: Any) -> Self:
        """The person's own; nobody else's."""
        return self.filter(owner=user) if user.is_authenticated else self.none()


class SnapshotQuerySet(models.QuerySet[Any]):
    """Snapshots of the nightly batch."""

    def waiting(self, silent_since: Any, most_attempts: int) -> Self:
        """Due, not given up, touched by no job since that moment, and of nobody who paused the processing of their data."""
        silent = models.Q(touched_at=None) | models.Q(touched_at__lt=silent_since)
        return self.filter(silent, processed("portfolio__owner__"), due_at__isnull=False, attempts__lt=most_attempts)
