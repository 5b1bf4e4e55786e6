"""Words about deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

from django.db import models

from accounts.selectors import staying
from alerts.outbox.choices import OPEN, State


class DeliveryQuerySet(models.QuerySet[Any]):
    """Deliveries."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def open(self) -> Self:
        """Still to be sent."""
        return self.filter(state__in=OPEN)

    def due(self, now: datetime) -> Self:
        """To be sent now: their time has come, or their sender has not been heard of until its lease ended."""
        return self.open().filter(next_at__lte=now)

    def dead(self) -> Self:
        return self.filter(state=State.DEAD)

    def held_by(self, owner_id: int) -> Self:
        """Waiting for the owner's next digest."""
        return self.filter(state=State.HELD, owner=owner_id, digest=None)


class WebhookQuerySet(models.QuerySet[Any]):
    """Addresses of programs."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()

    def listening(self, owner_ids: Any) -> Self:
        """Those of these people that are on, and of who stays."""
        return self.filter(staying("owner__"), owner__in=owner_ids, active=True)


class PushDeviceQuerySet(models.QuerySet[Any]):
    """Browsers that take messages."""

    def visible_to(self, user: Any) -> Self:
        return self.filter(owner=user) if user.is_authenticated else self.none()
