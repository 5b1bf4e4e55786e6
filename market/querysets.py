"""Words about instruments and rates."""

from __future__ import annotations

from typing import Any, Self

from django.db import models
from django.db.models import Q


class InstrumentQuerySet(models.QuerySet[Any]):
    """Instruments."""

    def visible_to(self, user: Any) -> Self:
        """Everybody's instruments, and the person's own."""
        return self.filter(Q(owner=None) | Q(owner=user)) if user.is_authenticated else self.filter(owner=None)

    def owned_by(self, user: Any) -> Self:
        return self.filter(owner=user)

    def matching(self, text: str) -> Self:
        """Symbol or ISIN that starts with the text, or a name that holds it."""
        return self.filter(Q(symbol__istartswith=text) | Q(name__icontains=text) | Q(isin__istartswith=text))


class FxRateQuerySet(models.QuerySet[Any]):
    """Rates."""

    def reference(self) -> Self:
        return self.filter(owner=None)

    def visible_to(self, user: Any) -> Self:
        return self.filter(Q(owner=None) | Q(owner=user)) if user.is_authenticated else self.filter(owner=None)
