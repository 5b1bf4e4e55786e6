"""What people allow support to look at, and when support looked.  (Tables of the app `accounts`.)"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from accounts.viewing.querysets import SupportConsentQuerySet, SupportViewQuerySet


class Ending(models.TextChoices):
    """How a view ended."""

    LEFT = "left", "support left it"
    ENDED = "ended", "you ended it"
    OVER = "over", "the time was over"
    SIGNED_OUT = "signed_out", "support signed out"
    NO_RIGHT = "no_right", "support may not look any more"
    OTHER = "other", "support began to look anew"


class SupportConsent(models.Model):
    """One time that a person lets support look at the account as they see it.  Good until `ends_at`, or until it is ended before."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="support_consents", db_index=False)
    given_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)  # by the person, before its time

    objects: ClassVar[SupportConsentQuerySet] = SupportConsentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        app_label = "accounts"
        ordering = ["-id"]
        indexes = [models.Index(name="support_consents_of", fields=["person", "-id"])]

    def __str__(self) -> str:
        return f"consent {self.pk} to support"

    def holds_at(self, moment: datetime) -> bool:
        return self.ended_at is None and moment < self.ends_at


class SupportView(models.Model):
    """One time that somebody of support looks.  Open until it is ended; each of its requests asks whether the consent still holds."""

    consent = models.ForeignKey(SupportConsent, on_delete=models.CASCADE, related_name="views")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending, blank=True)

    objects: ClassVar[SupportViewQuerySet] = SupportViewQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        app_label = "accounts"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"view {self.pk} of support"
