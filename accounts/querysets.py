"""Words about people."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import UserManager as DjangoUserManager


class UserManager(DjangoUserManager[Any]):
    """Finds a person by either name they sign in with."""

    def by_login(self, login: str) -> Any:
        """The active person with this e-mail address or username, in any case; None if there is none."""
        field = "email__iexact" if "@" in login else "username__iexact"
        return self.filter(**{field: login.strip()}, is_active=True).first()
