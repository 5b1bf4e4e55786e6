"""What returns are compared with: the list of indices, and blends that people define; and rates that stand for “without risk”."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from market.choices import RateBasis, Rebalancing, ReturnKind
from market.models.instruments import Instrument
from market.querysets import BenchmarkQuerySet
from portfolio_site.web.fields import ExactDecimalField


class Benchmark(models.Model):
    """Without an owner an index of everybody's list; with one a blend of that person's, whose parts are `parts`."""

    # the partial index below begins with the owner
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="blends", db_index=False)
    name = models.CharField(max_length=80)
    currency = models.CharField(max_length=3)  # in which its series is told where none is asked for
    created_at = models.DateTimeField(auto_now_add=True)

    # of an index
    instrument = models.OneToOneField(Instrument, null=True, blank=True, on_delete=models.CASCADE, related_name="listing")
    kind = models.CharField(max_length=5, choices=ReturnKind, default=ReturnKind.PRICE)
    # the same index with its dividends reinvested
    twin = models.ForeignKey(Instrument, null=True, blank=True, on_delete=models.SET_NULL, related_name="twin_of")
    note = models.CharField(max_length=200, blank=True)  # such as which index a fund stands in for
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    # of a blend
    rebalancing = models.CharField(max_length=9, choices=Rebalancing, default=Rebalancing.MONTHLY)
    removed_at = models.DateTimeField(null=True, blank=True)  # it can be brought back until it is swept away

    objects: ClassVar[Any] = BenchmarkQuerySet.as_manager()

    class Meta:
        ordering = ["position", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                name="index_or_blend", condition=Q(owner=None, instrument__isnull=False) | Q(owner__isnull=False, instrument=None)
            ),
            models.UniqueConstraint(name="blend_once", fields=["owner", "name"], condition=Q(owner__isnull=False, removed_at=None)),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_blend(self) -> bool:
        return self.owner_id is not None


class BlendPart(models.Model):
    """A share of a blend.  The weights of one blend add up to 1 exactly."""

    blend = models.ForeignKey(Benchmark, on_delete=models.CASCADE, related_name="parts", db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="blended_in")
    weight = ExactDecimalField()

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(name="blended_once", fields=["blend", "instrument"])]

    def __str__(self) -> str:
        return f"{self.instrument_id} in {self.blend_id}"


class RisklessRate(models.Model):
    """What money earned without risk, as its source publishes it: percent a year, of a day, read by `basis`."""

    currency = models.CharField(max_length=3)
    day = models.DateField()
    percent = ExactDecimalField()
    basis = models.CharField(max_length=10, choices=RateBasis, default=RateBasis.EFFECTIVE)
    source = models.CharField(max_length=20)
    series = models.CharField(max_length=40, blank=True)  # its name there

    class Meta:
        ordering = ["currency", "-day"]
        constraints = [models.UniqueConstraint(name="riskless_rate_a_day", fields=["currency", "day"])]

    def __str__(self) -> str:
        return f"{self.currency} {self.day}"
