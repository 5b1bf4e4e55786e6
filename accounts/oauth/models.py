"""What the provider keeps beside allauth's clients and tokens, so that a code and a refresh token are good once."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.oauth.querysets import AuthorizationCodeQuerySet, SpentRefreshTokenQuerySet

CLIENT = "allauth_idp_oidc.Client"


class AuthorizationCode(models.Model):
    """A code on its way to an app.  Only its SHA-256 is kept; spending it is one UPDATE that one caller wins."""

    digest = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(CLIENT, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    data = models.JSONField(default=dict)  # where it goes to, scopes, challenge, nonce
    expires_at = models.DateTimeField()
    spent_at = models.DateTimeField(null=True, blank=True)

    objects = AuthorizationCodeQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        indexes = [models.Index(name="codes_by_age", fields=["expires_at"])]  # the sweep

    def __str__(self) -> str:
        return f"code for {self.client_id} of {self.user_id}"


class SpentRefreshToken(models.Model):
    """A refresh token of an app that was exchanged.  Showing it again ends the connection."""

    digest = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(CLIENT, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    spent_at = models.DateTimeField()

    objects = SpentRefreshTokenQuerySet.as_manager()

    class Meta:
        app_label = "accounts"
        indexes = [models.Index(name="spent_by_age", fields=["spent_at"])]  # the sweep

    def __str__(self) -> str:
        return f"spent token of {self.client_id} for {self.user_id}"
