"""Checks a name and a password, and finds the person of a session."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend

from accounts.models import User


class SignInBackend(AuthenticationBackend):  # type: ignore[misc]
    """One look-up and one hash for each attempt, whichever of the two names was given and whether anybody has it.

    So an answer takes as long for a name that exists as for one that does not.
    """

    def _authenticate(self, request: Any, **credentials: Any) -> User | None:
        login = credentials.get("email") or credentials.get("username") or ""
        return self._check_password(User.objects.by_name(login), credentials["password"])  # type: ignore[no-any-return]

    def get_user(self, user_id: Any) -> User | None:
        """The active person of a session, with their preferences, in one query."""
        user = User.objects.select_related("preferences").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
