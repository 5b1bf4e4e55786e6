"""What allauth asks of us as a provider: who we are, our key, and the scopes in words."""

from __future__ import annotations

import secrets
from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.internal.private_keys import filter_keys
from allauth.idp.oidc.models import PrivateKey
from django.conf import settings

from accounts.oauth.keys import signing_key
from accounts.scopes import WORDS

IDENTITY = {"openid": "Know who you are", "profile": "See your name and username", "email": "See your e-mail address"}
ASKABLE = (*IDENTITY, *WORDS)  # what an app may ask for


class OIDCAdapter(DefaultOIDCAdapter):  # type: ignore[misc]
    scope_display = {**IDENTITY, **WORDS}

    def generate_client_secret(self) -> str:
        return secrets.token_urlsafe(32)

    def get_issuer(self) -> str:
        """Never the host of a request."""
        return str(settings.SITE_URL).rstrip("/")

    def list_private_keys(self, *, did_activate: Any = None, is_active: Any = None) -> Any:
        return filter_keys([PrivateKey(pem=signing_key())], did_activate=did_activate, is_active=is_active)
