"""Words about rules and firings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from portfolio_site.web.pausing import processed
from portfolios.models import Holding


class RuleQuerySet(models.QuerySet[Any]):
    """Rules."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def on(self, now: datetime | None = None) -> Self:
        """Active, not expired, whose owner may sign in, and on nothing of somebody who paused the processing of their data."""
        processing = processed("owner__") & processed("portfolio__owner__")
        return self.filter(processing, Q(expires_at=None) | Q(expires_at__gt=now or timezone.now()), active=True, owner__is_active=True)

    def watching(self, instrument_ids: Iterable[int]) -> Self:
        """Rules that are on, on any of these instruments."""
        return self.on().filter(instrument__in=list(instrument_ids))

    def holding(self, instrument_ids: Iterable[int]) -> tuple[Self, Self]:
        """Rules that are on, on a portfolio that holds any of these instruments; and those on all portfolios of a person who does."""
        held = Holding.objects.filter(instrument__in=list(instrument_ids), is_open=True)
        of_all = self.filter(instrument=None, portfolio=None, owner__in=held.values("portfolio__owner"))
        return self.on().filter(portfolio__in=held.values("portfolio")), of_all.on()

    def of_portfolio(self, portfolio_id: int, owner_id: int) -> Self:
        """Rules that are on, on this portfolio or on all of its owner's."""
        return self.on().filter(Q(portfolio=portfolio_id) | Q(portfolio=None, instrument=None, owner=owner_id))

    def due(self, now: datetime, looked_before: datetime) -> Self:
        """Those that wait for a look, and were not looked at just now."""
        return self.filter(Q(looked_at=None) | Q(looked_at__lte=looked_before), due_at__lte=now)


class FiringQuerySet(models.QuerySet[Any]):
    """Firings."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(rule__owner=user) if user.is_authenticated else self.none()

    def told(self) -> Self:
        """Without those that quiet hours hold back."""
        return self.filter(held_until=None)

    def unread(self) -> Self:
        return self.filter(read_at=None, held_until=None)


class NoticeQuerySet(models.QuerySet[Any]):
    """What others did, as it was told."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def unread(self) -> Self:
        return self.filter(read_at=None)
