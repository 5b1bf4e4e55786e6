"""Words about what people set."""

from __future__ import annotations

from typing import Any, Self

from django.db import models


class ConcentrationLimitQuerySet(models.QuerySet[Any]):
    """Limits of concentration."""

    def visible_to(self, user: Any) -> Self:
        """The person's own; nobody else's."""
        return self.filter(owner=user) if user.is_authenticated else self.none()
