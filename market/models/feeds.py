"""Sources of prices that administrators set up."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from market.choices import FeedKind, FeedPlace
from portfolio_site.web.fields import ExactDecimalField
from portfolio_site.web.sealed import SealedTextField


class UrlFeed(models.Model):
    """An address that tells prices as JSON or CSV, and how it is read (`providers.url_source.Feed`).

    `secret` goes into the header of this name, or where the address says {secret}; it is sealed, and shown to nobody.
    """

    name = models.CharField(
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]+\Z", "Write small letters, digits and _, a letter first: house_prices.")],
    )  # prices carry it: it never changes
    active = models.BooleanField(default=False)
    place = models.CharField(max_length=5, choices=FeedPlace, default=FeedPlace.LAST)
    rank = models.PositiveSmallIntegerField(default=0)  # among those of the same place, the lowest first
    kind = models.CharField(max_length=4, choices=FeedKind, default=FeedKind.JSON)
    address = models.CharField(max_length=2_000)
    header = models.CharField(max_length=60, blank=True)
    secret = SealedTextField(longest=1_000, default="")
    rows = models.CharField(max_length=200, blank=True)
    price = models.CharField(max_length=200)
    day = models.CharField(max_length=200, blank=True)
    time = models.CharField(max_length=200, blank=True)
    currency = models.CharField(max_length=3)
    factor = ExactDecimalField(default=Decimal(1))
    delimiter = models.CharField(max_length=1, default=",")
    comma = models.BooleanField(default=False)
    calls_a_minute = models.PositiveSmallIntegerField(default=30, validators=[MinValueValidator(1), MaxValueValidator(600)])
    calls_a_day = models.PositiveIntegerField(null=True, blank=True, validators=[MinValueValidator(1)])

    class Meta:
        ordering = ["place", "rank", "name"]
        verbose_name, verbose_name_plural = "address of prices", "addresses of prices"

    def __str__(self) -> str:
        return self.name
