"""Words about keys and their calls."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.keys.models import ApiKey, ApiKeyCall  # noqa: F401  (named in the base classes)


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def visible_to(self, user: Any) -> Self:
        """A person's own keys."""
        return self.filter(user=user)

    def not_revoked(self) -> Self:
        return self.filter(revoked_at__isnull=True)

    def gone_since(self, moment: datetime) -> Self:
        """Revoked, or over, for so long that nobody needs to see them any more."""
        return self.filter(models.Q(revoked_at__lt=moment) | models.Q(expires_at__lt=moment))


class ApiKeyCallQuerySet(models.QuerySet["ApiKeyCall"]):
    def older_than(self, moment: datetime) -> Self:
        return self.filter(at__lt=moment)
