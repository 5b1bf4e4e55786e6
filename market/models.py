"""The world: what exists and what it costs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from market.choices import ActionKind, AssetClass, Quality
from market.querysets import FxRateQuerySet, InstrumentQuerySet
from portfolio_site.web.fields import ExactDecimalField


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


class Price(models.Model):
    """One day's prices, unadjusted, in the instrument's currency."""

    # the unique index begins with the instrument and serves look-ups by it: a second one would only slow bulk loads down
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="prices", db_index=False)
    day = models.DateField()
    open = ExactDecimalField(null=True, blank=True)
    high = ExactDecimalField(null=True, blank=True)
    low = ExactDecimalField(null=True, blank=True)
    close = ExactDecimalField()
    volume = models.BigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=20)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["instrument", "day"]
        constraints = [models.UniqueConstraint(name="price_a_day", fields=["instrument", "day"])]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.day}"


class PriceColumn(models.Model):
    """All closes of one instrument packed for the engine; a projection of Price, rewritten when prices are ingested.

    `days` is int32 days since 1970-01-01, little endian, ascending; `closes` float64, little endian, same length.
    """

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, primary_key=True, related_name="column")
    version = models.PositiveBigIntegerField()  # the instrument's prices_version it was made from
    days = models.BinaryField()
    closes = models.BinaryField()
    simulated_from = models.DateField(null=True, blank=True)  # the first simulated day; null: all real

    def __str__(self) -> str:
        return f"column of {self.instrument_id}"


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


class Quote(models.Model):
    """The newest price of an instrument, with where it comes from and how old it is."""

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, primary_key=True, related_name="quote")
    price = ExactDecimalField()
    previous_close = ExactDecimalField(null=True, blank=True)
    volume = models.BigIntegerField(null=True, blank=True)
    as_of = models.DateTimeField()
    fetched_at = models.DateTimeField()
    source = models.CharField(max_length=20)
    quality = models.CharField(max_length=10, choices=Quality)
    sequence = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return f"quote of {self.instrument_id}"


class CorporateAction(models.Model):
    """A split or dividend as the source reports it.  What a ledger makes of it is the ledger's entry."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="actions")
    kind = models.CharField(max_length=10, choices=ActionKind)
    ex_day = models.DateField()
    ratio_new = ExactDecimalField(null=True, blank=True)
    ratio_old = ExactDecimalField(null=True, blank=True)
    amount = ExactDecimalField(null=True, blank=True)  # a unit, in the instrument's currency
    source = models.CharField(max_length=20)

    class Meta:
        constraints = [models.UniqueConstraint(name="action_once", fields=["instrument", "kind", "ex_day"])]

    def __str__(self) -> str:
        return f"{self.kind} of {self.instrument_id} on {self.ex_day}"
