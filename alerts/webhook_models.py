"""Addresses of programs that are to be told."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from alerts.outbox.querysets import WebhookQuerySet
from portfolio_site.web.sealed import SealedTextField


class Webhook(models.Model):
    """One address, what it is told of, and the secrets that sign.  While a secret is being replaced the old one signs as well."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    url = SealedTextField(longest=2000)  # addresses of programs hold secrets often enough
    events = models.JSONField(default=list)
    description = models.CharField(max_length=100, blank=True)
    secret = SealedTextField(longest=100)
    old_secret = SealedTextField(default="", blank=True, longest=100)
    old_secret_until = models.DateTimeField(null=True, blank=True)
    active = models.BooleanField(default=True)
    stopped = models.CharField(max_length=200, blank=True)  # why it was switched off by itself
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[Any] = WebhookQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(name="webhook_of", fields=["owner", "active"])]  # enqueuing

    def __str__(self) -> str:
        return f"webhook {self.pk}"
