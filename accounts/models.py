"""People: who they are, how they want things shown, and what was done in their name."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models.functions import Lower

from accounts.choices import LOCALES, CostMethod, Density, Theme, Trend
from accounts.querysets import AuditEntryQuerySet, IdempotencyKeyQuerySet, KnownDeviceQuerySet, RefreshTokenQuerySet, UserManager
from portfolio_site.kernel.errors import DomainError
from portfolio_site.kernel.money import Currency
from portfolio_site.web.sealed import SealedBytesField


class User(AbstractUser):
    """A person.  Signs in by e-mail address or username, both unique without regard to case (kept in lower case)."""

    username = models.CharField(
        max_length=60,
        unique=True,
        # no “@”: a username must not pass for somebody's address
        validators=[RegexValidator(r"^[A-Za-z0-9_.+-]+\Z", "Use letters, digits and . _ + - only.", code="invalid_username")],
        error_messages={"unique": "This username is taken. Choose another."},
    )
    email = models.EmailField("e-mail address", unique=True, error_messages={"unique": "This address has an account already."})
    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_once", violation_error_message="This address has an account already."),
            models.UniqueConstraint(Lower("username"), name="user_username_once", violation_error_message="This username is taken. Choose another."),
        ]

    def __str__(self) -> str:
        return self.username

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Saves, and gives a new person their preferences, whichever way they came to be."""
        self.email, self.username = self.email.lower(), self.username.lower()
        if not self._state.adding:
            super().save(*args, **kwargs)
            return
        with transaction.atomic():
            super().save(*args, **kwargs)
            Preferences.objects.create(user=self)


def a_currency(code: str) -> None:
    """Validator: an ISO 4217 code."""
    try:
        Currency(code)
    except (DomainError, ValueError):
        raise ValidationError(f"“{code}” is not a currency code. Write one of ISO 4217, such as EUR.", code="unknown_currency") from None


def a_time_zone(name: str) -> None:
    """Validator: a time zone by its IANA name."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(f"“{name}” is not a time zone. Write a name such as Europe/Berlin.", code="unknown_time_zone") from None


class Preferences(models.Model):
    """How one person wants figures computed and shown."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preferences")
    base_currency = models.CharField(max_length=3, default="EUR", validators=[a_currency])
    locale = models.CharField(max_length=10, choices=LOCALES, default="en-GB")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[a_time_zone])
    tax_residence = models.CharField(
        max_length=2, blank=True, validators=[RegexValidator(r"^[A-Z]{2}\Z", "Write the country as two capital letters, such as DE.")]
    )
    cost_method = models.CharField(max_length=12, choices=CostMethod, default=CostMethod.AVERAGE)
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.SYSTEM)
    trend = models.CharField(max_length=8, choices=Trend, default=Trend.GREEN_RED)
    density = models.CharField(max_length=12, choices=Density, default=Density.COMFORTABLE)
    hide_amounts = models.BooleanField(default=False)
    flash_prices = models.BooleanField(default=True)
    shortcuts = models.BooleanField(default=True)
    peer_comparison = models.BooleanField(default=False)
    welcome_done = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True, blank=True)  # no job works on the person's data since then
    leaves_at = models.DateTimeField(null=True, blank=True)  # the person is to be erased then; every page says so

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return f"preferences of {self.user_id}"


class RefreshToken(models.Model):
    """One refresh token of the API.  Tokens that came from one sign-in form a family; reuse of a spent one ends it."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="refresh_tokens")
    family = models.UUIDField(default=uuid.uuid4)
    digest = models.CharField(max_length=64, unique=True)  # SHA-256 of the token; the token itself is not kept
    password_mark = models.CharField(max_length=64)  # of the password at sign-in: a change of it ends the token
    issued_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(name="refresh_family", fields=["family"])]  # ending a family

    def __str__(self) -> str:
        return f"refresh token {self.pk} of {self.user_id}"


class KnownDevice(models.Model):
    """A browser or a network that a person signed in from.  Another one is told of by mail, and guesses from it have fewer tries.

    `mark` is a keyed hash of the person with the cookie or the address: the table tells nobody's address.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    mark = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    objects = KnownDeviceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="known_device_once", fields=["user", "mark"])]
        indexes = [models.Index(name="known_device_age", fields=["seen_at"])]  # the daily sweep

    def __str__(self) -> str:
        return f"known device {self.pk} of {self.user_id}"


class IdempotencyKey(models.Model):
    """The answer to a POST that created something, kept so that sending it again does it once."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)  # SHA-256 over method, path and body
    status = models.PositiveSmallIntegerField(null=True)  # null: still running
    body = SealedBytesField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = IdempotencyKeyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(name="idempotency_key_once", fields=["user", "key"])]
        indexes = [models.Index(name="idempotency_age", fields=["created_at"])]  # the daily sweep

    def __str__(self) -> str:
        return f"{self.user_id}: {self.key}"


class AuditEntry(models.Model):
    """One thing done.  Append-only, chained per person: `hash` covers the entry and the hash before it.

    Amounts and names never stand in it, only what kind of thing was touched and which.  Triggers refuse UPDATE and DELETE.
    """

    subject = models.PositiveBigIntegerField()  # whose data: the chain; a plain number, so that the chain outlives the person
    sequence = models.PositiveBigIntegerField()
    actor = models.PositiveBigIntegerField(null=True)  # who did it; null is the system
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=40, blank=True)
    data = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        ordering = ["-id"]
        constraints = [models.UniqueConstraint(name="audit_sequence_once", fields=["subject", "sequence"])]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action}"


class AuditHead(models.Model):
    """Where a person's chain ends.  Its row is the lock of the chain, and shows when the newest entries were taken away.

    `seal` is a keyed hash: whoever can write to the database but has no keys cannot make a changed chain end rightly.
    """

    subject = models.PositiveBigIntegerField(primary_key=True)
    sequence = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    seal = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.subject}: {self.sequence}"


from accounts.consents.models import Consent  # noqa: E402  (tables of this app; they need what stands above)
from accounts.data_rights.models import DataArrival, DataExport, Erasure  # noqa: E402
from accounts.keys.models import ApiKey, ApiKeyCall  # noqa: E402
from accounts.oauth.models import AuthorizationCode, SpentRefreshToken  # noqa: E402
from accounts.tickets.models import SocketTicket  # noqa: E402
from accounts.viewing.models import SupportConsent, SupportView  # noqa: E402

__all__ = [
    "ApiKey",
    "ApiKeyCall",
    "AuditEntry",
    "AuditHead",
    "AuthorizationCode",
    "Consent",
    "DataArrival",
    "DataExport",
    "Erasure",
    "IdempotencyKey",
    "Preferences",
    "RefreshToken",
    "SocketTicket",
    "SpentRefreshToken",
    "SupportConsent",
    "SupportView",
    "User",
    "a_currency",
    "a_time_zone",
]
