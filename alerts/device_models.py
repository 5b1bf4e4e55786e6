"""Browsers and telephones that a person is told at."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from alerts.outbox.querysets import PushDeviceQuerySet
from portfolio_site.web.sealed import SealedJSONField, SealedTextField


class PushDevice(models.Model):
    """One browser that takes messages: where its service takes them, and the keys that they are encrypted to."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="push_devices")
    fingerprint = models.CharField(max_length=64, unique=True)  # of the endpoint: a browser belongs to who signed in there last
    subscription = SealedJSONField()  # {"endpoint", "keys": {"p256dh", "auth"}}
    name = models.CharField(max_length=60)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = PushDeviceQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"push device {self.pk}"


class Phone(models.Model):
    """A person's telephone for text messages.  It gets none until the code that was sent to it has come back."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="phone")
    number = SealedTextField(longest=20)  # +4915112345678
    with_amounts = models.BooleanField(default=False)
    code = models.CharField(max_length=64, blank=True)  # keyed hash of the code that was sent
    code_sent_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    verified_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"phone of {self.owner_id}"
