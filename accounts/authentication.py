"""Who calls the API."""

from __future__ import annotations

from rest_framework.authentication import BaseAuthentication


class BearerAuthentication(BaseAuthentication):
    """Reads the Authorization header."""

    def authenticate(self, request):  # type: ignore[no-untyped-def]
        return None

    def authenticate_header(self, request):  # type: ignore[no-untyped-def]
        return "Bearer"
