"""Words about rules and firings."""

from __future__ import annotations

from typing import Any, Self

from django.db import models


class RuleQuerySet(models.QuerySet[Any]):
    """Rules."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def watching(self, instrument_ids: Any) -> Self:
        """Active rules on any of these instruments."""
        return self.filter(instrument__in=instrument_ids, active=True)


class FiringQuerySet(models.QuerySet[Any]):
    """Firings."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(rule__owner=user) if user.is_authenticated else self.none()

    def unread(self) -> Self:
        return self.filter(read_at=None)
