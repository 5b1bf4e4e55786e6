"""What is kept of consent.  (A table of the app `accounts`.)"""

from __future__ import annotations

from django.db import models

from accounts.consents.texts import Purpose, Source


class Consent(models.Model):
    """One word of a person for or against a purpose.  Append-only: triggers refuse UPDATE and DELETE; the newest of a purpose holds."""

    person = models.PositiveBigIntegerField()  # a plain number, as in the audit: the proof outlives the person
    purpose = models.CharField(max_length=12, choices=Purpose)
    given = models.BooleanField()  # false: withdrawn, or objected
    version = models.CharField(max_length=10)  # of the text that it was asked with
    digest = models.CharField(max_length=64)  # SHA-256 of that text
    source = models.CharField(max_length=10, choices=Source)
    at = models.DateTimeField()

    class Meta:
        app_label = "accounts"
        ordering = ["-id"]
        indexes = [models.Index(name="consent_newest", fields=["person", "purpose", "-id"])]  # what holds now

    def __str__(self) -> str:
        return f"consent {self.pk} of {self.person}"
