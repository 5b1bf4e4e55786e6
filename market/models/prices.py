"""What it costs: the newest price, the daily history, and what its source reports of corporate actions."""

from __future__ import annotations

from django.db import models

from market.choices import ActionKind, Quality
from market.models.instruments import Instrument
from portfolio_site.web.fields import ExactDecimalField


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
