"""Merges of two instruments: asked for, at work, done, and taken back."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from market.choices import MergeStatus
from portfolio_site.web.sealed import SealedBytesField


class InstrumentMerge(models.Model):
    """Two of everybody's instruments that an administrator makes one.  The instruments are keys alone: one of the two goes."""

    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    stays = models.PositiveBigIntegerField()
    goes = models.PositiveBigIntegerField()
    stays_symbol = models.CharField("stays", max_length=32)
    goes_symbol = models.CharField("goes", max_length=32)
    status = models.CharField(max_length=8, choices=MergeStatus, default=MergeStatus.WAITING)
    detail = models.CharField(max_length=600, blank=True)  # why it was refused, or why it could not be taken back
    attempts = models.PositiveSmallIntegerField(default=0)  # of the present job; one that kills its worker is given up
    touched_at = models.DateTimeField(null=True, blank=True)  # when a job began with it; null: none did, or it has ended
    asked_at = models.DateTimeField(auto_now_add=True)
    merged_at = models.DateTimeField(null=True, blank=True)
    parted_at = models.DateTimeField(null=True, blank=True)
    journal = SealedBytesField(null=True, blank=True)  # what it did, by which it is taken back; forgotten after a while

    class Meta:
        ordering = ["-pk"]
        verbose_name, verbose_name_plural = "merge of instruments", "merges of instruments"
        indexes = [models.Index(name="merge_status", fields=["status"])]  # the sweeper

    def __str__(self) -> str:
        return f"{self.goes_symbol} into {self.stays_symbol}"
