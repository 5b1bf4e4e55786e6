"""Words about tickets."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.tickets.models import SocketTicket  # noqa: F401  (named in the base class)


class SocketTicketQuerySet(models.QuerySet["SocketTicket"]):
    def visible_to(self, user: Any) -> Self:
        """A person's own."""
        return self.filter(user=user)

    def good_at(self, moment: datetime) -> Self:
        return self.filter(expires_at__gt=moment)

    def over_by(self, moment: datetime) -> Self:
        return self.filter(expires_at__lte=moment)
