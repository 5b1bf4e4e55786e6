"""Exchange rates."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from market.querysets import FxRateQuerySet
from portfolio_site.web.fields import ExactDecimalField


class FxRate(models.Model):
    """Units of `quote` for one unit of `base` on a day.  Reference rates have base EUR; a person's own rates any pair."""

    # look-ups by owner use the second partial index below
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="own_rates", db_index=False)
    base = models.CharField(max_length=3)
    quote = models.CharField(max_length=3)
    day = models.DateField()
    rate = ExactDecimalField()
    source = models.CharField(max_length=20)
    simulated = models.BooleanField(default=False)

    objects: ClassVar[Any] = FxRateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(name="rate_a_day", fields=["base", "quote", "day"], condition=Q(owner=None)),
            models.UniqueConstraint(name="own_rate_a_day", fields=["owner", "base", "quote", "day"], condition=Q(owner__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.base}/{self.quote} {self.day}"


class FxColumn(models.Model):
    """All reference rates of one currency against EUR packed for the engine (format of PriceColumn)."""

    quote = models.CharField(max_length=3, primary_key=True)
    version = models.PositiveBigIntegerField()  # raised whenever a stored reference rate changes
    days = models.BinaryField()
    rates = models.BinaryField()
    simulated_from = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return f"column of EUR/{self.quote}"
