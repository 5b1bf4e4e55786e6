"""Signing in by an account elsewhere: what allauth asks about it.

A person is known by the number that the service has for them, never by the address.  The address links the two the first time only, and
only where both sides have confirmed it: else whoever enters somebody's address at a service would come into their account here.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter

from accounts import services


class ElsewhereAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Links by confirmed addresses alone."""

    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "email_taken": "An account has this address already. Sign in to it, then connect %s under Settings, Security."
    }

    def authenticate_by_email(self, sociallogin: Any) -> Any:
        """The person of an address that the service has confirmed and that is confirmed here; else nobody."""
        for address in sociallogin.email_addresses:
            address.verified = address.verified is True  # a service that writes "false" has confirmed nothing
        found = super().authenticate_by_email(sociallogin)
        if found is None or not EmailAddress.objects.filter(user=found[0], email__iexact=found[1], verified=True).exists():
            return None
        return found

    def save_user(self, request: Any, sociallogin: Any, form: Any = None) -> Any:
        """Saves the new person with basics guessed from the browser."""
        user = super().save_user(request, sociallogin, form)
        services.guess_preferences(user, accept_language=request.headers.get("Accept-Language", ""))
        return user
