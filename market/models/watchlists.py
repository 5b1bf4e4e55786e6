"""Instruments that a person watches."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from market.models.instruments import Instrument
from market.querysets import WatchlistQuerySet


class Watchlist(models.Model):
    """A list of one person's; nobody else sees it."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watchlists", db_index=False)
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = WatchlistQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(name="watchlist_once", fields=["owner", "name"])]  # serves look-ups by owner

    def __str__(self) -> str:
        return self.name


class WatchlistItem(models.Model):
    """An instrument on a list.  `position` orders the list; it may have gaps."""

    watchlist = models.ForeignKey(Watchlist, on_delete=models.CASCADE, related_name="items", db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")
    position = models.PositiveIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [models.UniqueConstraint(name="watched_once", fields=["watchlist", "instrument"])]

    def __str__(self) -> str:
        return f"{self.instrument_id} on {self.watchlist_id}"
