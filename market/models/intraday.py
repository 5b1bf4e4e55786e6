"""What it cost within the newest days."""

from __future__ import annotations

from django.db import models

from market.models.instruments import Instrument


class IntradayDay(models.Model):
    """The prices within one trading day, as one source told them; kept for a few days only.

    `bars` are [start in seconds since 1970, open, high, low, close, volume], oldest first: prices as texts of exact numbers in the
    instrument's currency, null for what is not known.
    """

    # the unique index begins with the instrument and serves look-ups by it
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="intraday", db_index=False)
    day = models.DateField()
    source = models.CharField(max_length=20)
    fetched_at = models.DateTimeField()
    bars = models.JSONField()

    class Meta:
        ordering = ["instrument", "day"]
        constraints = [models.UniqueConstraint(name="intraday_once", fields=["instrument", "day"])]

    def __str__(self) -> str:
        return f"{self.instrument_id} within {self.day}"
