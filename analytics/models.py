"""What people set about figures."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from analytics.choices import Check
from analytics.querysets import ConcentrationLimitQuerySet
from portfolio_site.web.fields import ExactDecimalField


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
