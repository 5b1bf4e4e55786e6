"""Words about what support may look at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.viewing.models import SupportConsent, SupportView  # noqa: F401  (named in the base classes)


class SupportConsentQuerySet(models.QuerySet["SupportConsent"]):
    def visible_to(self, user: Any) -> Self:
        """What a person allowed themselves."""
        return self.filter(person=user)

    def holding_at(self, moment: datetime) -> Self:
        return self.filter(ended_at=None, ends_at__gt=moment)


class SupportViewQuerySet(models.QuerySet["SupportView"]):
    def open(self) -> Self:
        return self.filter(ended_at=None)

    def over_by(self, moment: datetime) -> Self:
        """Open ones whose time is over."""
        return self.open().filter(consent__ends_at__lte=moment)
