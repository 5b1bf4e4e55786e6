"""What an owner may do, for `user.has_perm(…, portfolio)`.  Members have rows for it; the owner has the portfolio's own column."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend

from portfolios.models import Portfolio
from portfolios.roles import ALLOWED, Role, codename_of

_OWNED = frozenset(f"portfolios.{codename_of(action)}" for action in ALLOWED[Role.OWNER])


class OwnerBackend(BaseBackend):
    """Permissions of owners on their portfolios."""

    def has_perm(self, user_obj: Any, perm: str, obj: Any = None) -> bool:
        return isinstance(obj, Portfolio) and user_obj.is_active and obj.owner_id == user_obj.pk and perm in _OWNED
