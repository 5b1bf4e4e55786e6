"""Personal API keys and what was called with them."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from accounts.keys.querysets import ApiKeyCallQuerySet, ApiKeyQuerySet
from portfolio_site.web.sealed import SealedTextField


class ApiKey(models.Model):
    """A key of one person.  The key itself is not kept, only its SHA-256."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_keys")
    name = SealedTextField()
    prefix = models.CharField(max_length=8, unique=True)  # names the key, also where it is refused
    digest = models.CharField(max_length=64)
    scopes = models.JSONField(default=list)
    password_mark = models.CharField(max_length=64)  # of the password when it was made: a change of it ends the key
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        verbose_name = "API key"
        indexes = [models.Index(name="keys_of_person", fields=["user", "-id"])]  # the list of a person's keys

    def __str__(self) -> str:
        return f"pk_{self.prefix} of {self.user_id}"

    def over_at(self, moment: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= moment


class ApiKeyCall(models.Model):
    """One call that was made with a key, as its person reads it.  No query, no body, no answer."""

    key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="calls")
    method = models.CharField(max_length=8)
    path = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    address = models.CharField(max_length=45, blank=True)
    at = models.DateTimeField()

    objects = ApiKeyCallQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        verbose_name = "call with an API key"
        verbose_name_plural = "calls with API keys"
        indexes = [
            models.Index(name="calls_of_key", fields=["key", "-id"]),  # the log of one key
            models.Index(name="calls_by_age", fields=["at"]),  # the sweep
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.status}"
