"""What instruments are: what sources say, what an administrator says for everybody, what a person says for themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from market.choices import AssetClass, Dimension
from market.models.instruments import Instrument
from market.querysets import ClassificationQuerySet, SourceProfileQuerySet
from portfolio_site.web.fields import ExactDecimalField


class SourceProfile(models.Model):
    """What one source says of an everybody's instrument.  What it does not tell is blank; the instrument keeps what is settled among them.

    `sector` is one of `classes.SECTORS`; a word that none of them stands for is kept in `said_sector`, and the sector stays blank.
    """

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="profiles", db_index=False)
    source = models.CharField(max_length=20)
    fetched_at = models.DateTimeField()
    asset_class = models.CharField(max_length=12, choices=AssetClass, blank=True)
    sector = models.CharField(max_length=60, blank=True)
    said_sector = models.CharField(max_length=60, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2
    isin = models.CharField("ISIN", max_length=12, blank=True)

    objects: ClassVar[Any] = SourceProfileQuerySet.as_manager()

    class Meta:
        ordering = ["instrument", "source"]
        constraints = [models.UniqueConstraint(name="one_profile_of_a_source", fields=["instrument", "source"])]

    def __str__(self) -> str:
        return f"{self.instrument.symbol} as {self.source} describes it"


class Classification(models.Model):
    """What a person says of an instrument for their own portfolios; without an owner: what an administrator says for everybody.

    Blank fields stay as they are told; with nothing but blank ones it says nothing.  What an administrator says is also written to the instrument, so that nobody has to look here for it.
    """

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="classifications")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="classifications")
    asset_class = models.CharField(max_length=12, choices=AssetClass, blank=True)
    sector = models.CharField(max_length=60, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)
    region = models.CharField(max_length=40, blank=True)
    before = models.JSONField(null=True, blank=True)  # what was said before the last change, to take that back
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[Any] = ClassificationQuerySet.as_manager()

    class Meta:
        ordering = ["instrument", "owner"]
        constraints = [
            models.UniqueConstraint(name="classified_once_for_everybody", fields=["instrument"], condition=Q(owner=None)),
            models.UniqueConstraint(name="classified_once_by_a_person", fields=["owner", "instrument"], condition=~Q(owner=None)),
        ]

    def __str__(self) -> str:
        return f"{self.instrument.symbol}, classified"


class FundWeight(models.Model):
    """A part of a fund, as a source or a classification has it.  Parts of one dimension make at most the whole; the rest is told by nobody.

    key   a sector of the list, a country's two letters, a region, a class, the name of a holding; a source's word that is none of these has none
    name  as it is shown
    """

    profile = models.ForeignKey(SourceProfile, null=True, blank=True, on_delete=models.CASCADE, related_name="weights")
    classification = models.ForeignKey(Classification, null=True, blank=True, on_delete=models.CASCADE, related_name="weights")
    dimension = models.CharField(max_length=12, choices=Dimension)
    key = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=200)
    weight = ExactDecimalField()  # a fraction of the fund

    class Meta:
        ordering = ["dimension", "id"]
        constraints = [
            models.CheckConstraint(
                name="weight_of_one_teller",
                condition=Q(profile__isnull=False, classification=None) | Q(profile=None, classification__isnull=False),
            ),
            models.UniqueConstraint(name="weight_once_of_a_source", fields=["profile", "dimension", "name"], condition=~Q(profile=None)),
            models.UniqueConstraint(
                name="weight_once_of_a_person", fields=["classification", "dimension", "name"], condition=~Q(classification=None)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.weight}"
