"""What sources call our instruments, and what they sent that nobody trusted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from market.choices import SuspectKind, SuspectReason, SymbolState, Verdict
from market.models.instruments import Instrument
from portfolio_site.web.fields import ExactDecimalField


class SourceSymbol(models.Model):
    """What a source calls an instrument.  A name that ended stays, with the day: it may mean something else since.

    `until` is the first day on which the source no longer means this instrument by it; null: it does today.
    """

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="symbols")
    source = models.CharField(max_length=20)
    symbol = models.CharField(max_length=64)
    currency = models.CharField(max_length=3, blank=True)  # of its prices there, for sources that do not tell it with a price
    until = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=12, choices=SymbolState, default=SymbolState.OK)
    retry_at = models.DateTimeField(null=True, blank=True)  # nobody asks for a quote before that
    history_retry_at = models.DateTimeField(null=True, blank=True)  # nor for a history before that
    asked_at = models.DateTimeField(null=True, blank=True)  # for a quote
    history_at = models.DateTimeField(null=True, blank=True)  # when its daily history was fetched or compared last
    profile_retry_at = models.DateTimeField(null=True, blank=True)  # nor for reference data before that
    profile_at = models.DateTimeField(null=True, blank=True)  # when its reference data was fetched last
    detail = models.CharField(max_length=200, blank=True)  # what the source said last where it gave nothing

    class Meta:
        ordering = ["instrument", "source"]
        constraints = [
            models.UniqueConstraint(name="one_name_at_a_source", fields=["instrument", "source"], condition=Q(until=None)),
            models.UniqueConstraint(name="one_instrument_of_a_name", fields=["source", "symbol"], condition=Q(until=None)),
        ]
        indexes = [models.Index(name="former_name", fields=["symbol"], condition=Q(until__isnull=False))]  # few, and asked for by every search

    def __str__(self) -> str:
        return f"{self.symbol} at {self.source}"


class Suspect(models.Model):
    """A price that was not believed.  It counts nowhere until a second source or an administrator agrees.

    `before` is the price that it was held against.  One row for each instrument, day, kind and source: the newest of that day.
    """

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="suspects")
    kind = models.CharField(max_length=8, choices=SuspectKind)
    source = models.CharField(max_length=20)
    day = models.DateField()
    as_of = models.DateTimeField()
    price = ExactDecimalField()
    before = ExactDecimalField(null=True, blank=True)
    reason = models.CharField(max_length=16, choices=SuspectReason)
    found_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=Verdict, default=Verdict.OPEN)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_by = models.CharField(max_length=20, blank=True)  # the second source

    class Meta:
        ordering = ["-found_at"]
        constraints = [models.UniqueConstraint(name="suspect_once", fields=["instrument", "kind", "day", "source"])]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.day}: {self.reason}"
