"""Words about codes and spent tokens."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.oauth.models import AuthorizationCode, SpentRefreshToken  # noqa: F401  (named in the base classes)


class AuthorizationCodeQuerySet(models.QuerySet["AuthorizationCode"]):
    def over_by(self, moment: datetime) -> Self:
        return self.filter(expires_at__lt=moment)


class SpentRefreshTokenQuerySet(models.QuerySet["SpentRefreshToken"]):
    def older_than(self, moment: datetime) -> Self:
        return self.filter(spent_at__lt=moment)
