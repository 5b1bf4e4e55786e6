"""Words about people and what belongs to them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import UserManager as DjangoUserManager
from django.db import models

if TYPE_CHECKING:
    from accounts.models import AuditEntry, IdempotencyKey, RefreshToken, User  # noqa: F401  (also named in the base classes)


class UserManager(DjangoUserManager[Any]):
    """Finds a person by either name they sign in with."""

    def by_login(self, login: str) -> Any:
        """The active person with this e-mail address or username, in any case; None if there is none."""
        field = "email__iexact" if "@" in login else "username__iexact"
        return self.filter(**{field: login.strip()}, is_active=True).first()


class RefreshTokenQuerySet(models.QuerySet["RefreshToken"]):
    def in_family_of(self, token: RefreshToken) -> Self:
        """All tokens that came from the same sign-in, the first one first."""
        return self.filter(family=token.family).order_by("pk")

    def not_revoked(self) -> Self:
        return self.filter(revoked_at__isnull=True)

    def over_by(self, moment: datetime) -> Self:
        """Tokens past their end.  A family shares one end, so that whole families are over together."""
        return self.filter(expires_at__lt=moment)


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
