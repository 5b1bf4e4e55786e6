"""What can be owned or compared with."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from market.choices import AssetClass
from market.querysets import InstrumentQuerySet
from portfolio_site.web.fields import ExactDecimalField
from portfolio_site.web.numbers import PERCENT_OF_PAR


class Instrument(models.Model):
    """Something that can be owned or compared with.  Without an owner it is everybody's; with one it is that person's own."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="own_instruments")
    symbol = models.CharField(max_length=32)
    name = models.CharField(max_length=200)
    asset_class = models.CharField(max_length=12, choices=AssetClass, default=AssetClass.STOCK)
    currency = models.CharField(max_length=3)
    exchange = models.CharField(max_length=40, blank=True)
    # what one unit is worth for a price of 1: 1 for shares, 0.01 × face for bonds quoted in percent of par, 100 for some contracts
    price_factor = ExactDecimalField(default=1)
    isin = models.CharField("ISIN", max_length=12, blank=True, validators=[RegexValidator(r"^[A-Z]{2}[A-Z0-9]{9}[0-9]$")])
    sector = models.CharField(max_length=60, blank=True)
    industry = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2
    region = models.CharField(max_length=40, blank=True)
    provider = models.CharField(max_length=20, blank=True)  # who prices it; blank: its owner
    note = models.CharField(max_length=200, blank=True)  # what one must know about its prices, shown beside their source
    prices_version = models.PositiveBigIntegerField(default=0)  # raised whenever a stored price changes; never used twice, for any instrument
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = InstrumentQuerySet.as_manager()

    class Meta:
        ordering = ["symbol"]
        constraints = [
            models.UniqueConstraint(name="instrument_once", fields=["symbol", "exchange"], condition=Q(owner=None)),
            models.UniqueConstraint(name="own_instrument_once", fields=["owner", "symbol"], condition=~Q(owner=None)),
        ]
        indexes = [models.Index(name="instrument_isin", fields=["isin"])]  # matching rows of a statement

    def __str__(self) -> str:
        return f"{self.symbol} · {self.name}"

    @property
    def in_percent(self) -> bool:
        """Whether its prices are in percent of par: a bond of which a price of 1 is not worth 1, whatever its face."""
        return self.asset_class == AssetClass.BOND and self.price_factor != 1

    @property
    def price_unit(self) -> str:
        """What its prices are shown in, for the filters of prices: its currency, or per cent."""
        return PERCENT_OF_PAR if self.in_percent else self.currency
