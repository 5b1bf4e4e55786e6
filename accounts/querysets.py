"""Words about people and what belongs to them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models

if TYPE_CHECKING:
    from accounts.models import AuditEntry, IdempotencyKey, KnownDevice, RefreshToken, User  # noqa: F401  (also named in the base classes)


class UserManager(DjangoUserManager[Any]):
    """Finds a person by either name they sign in with."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Addresses are kept in lower case, so that one address is one person and an index finds it."""
        return (email or "").strip().lower()

    def by_name(self, login: str) -> Any:
        """The person with this e-mail address or username, in any case, active or not; None if there is none."""
        name = login.strip().lower()
        if not name or "\x00" in name:
            return None
        return self.filter(**{"email" if "@" in name else "username": name}).first()

    def by_login(self, login: str) -> Any:
        """The active person with this e-mail address or username, in any case; None if there is none."""
        user = self.by_name(login)
        return user if user is not None and user.is_active else None


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    def in_family_of(self, token: RefreshToken) -> Self:
        """All tokens that came from the same sign-in, the first one first."""
        return self.filter(family=token.family).order_by("pk")

    def not_revoked(self) -> Self:
        return self.filter(revoked_at__isnull=True)

    def over_by(self, moment: datetime) -> Self:
        """Tokens past their end.  A family shares one end, so that whole families are over together."""
        return self.filter(expires_at__lt=moment)


class KnownDeviceQuerySet(models.QuerySet["KnownDevice"]):
    def not_seen_since(self, moment: datetime) -> Self:
        return self.filter(seen_at__lt=moment)


class IdempotencyKeyQuerySet(models.QuerySet["IdempotencyKey"]):
    def older_than(self, moment: datetime) -> Self:
        return self.filter(created_at__lt=moment)


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    def visible_to(self, user: User) -> Self:
        """What was done with a person's own things."""
        return self.filter(subject=user.pk)

    def chain_of(self, subject: int) -> Self:
        """The entries of one person in the order they were written."""
        return self.filter(subject=subject).order_by("sequence")


class DataJobQuerySet(models.QuerySet[Any]):
    """Requests about one's own data."""

    def visible_to(self, user: User) -> Self:
        return self.filter(user=user)

    def told(self) -> Self:
        """Without the file, which may be large."""
        return self.defer("content")
