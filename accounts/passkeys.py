"""Stored passkeys that cannot be read, of a damaged row or another library, take nothing else away.

allauth reads all passkeys of a person to offer, and to find, one of them; where one was not readable, the pages that ask for a passkey or
a code answered with an error, so that the person could not come in by the app or a recovery code either.  Here such a passkey is left
out, and the log names its row; the person sees it in the list of passkeys and can remove it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from django.core.exceptions import ValidationError

log = logging.getLogger(__name__)
_DAMAGED = (ValidationError, KeyError, TypeError, ValueError)


def _readable(user: Any) -> Iterator[tuple[Authenticator, Any]]:
    """The person's passkeys, each with what the library reads from it."""
    for authenticator in Authenticator.objects.filter(user_id=user.pk, type=Authenticator.Type.WEBAUTHN):
        try:
            credential = authenticator.wrap().authenticator_data.credential_data
        except _DAMAGED as problem:
            log.error("passkey.unreadable", extra={"authenticator": authenticator.pk, "problem": type(problem).__name__})
            continue
        if credential:
            yield authenticator, credential


def credentials_of(user: Any) -> list[Any]:
    """For allauth's get_credentials."""
    return [credential for _, credential in _readable(user)]


def passkey_by_credential(user: Any, credential_id: bytes) -> Authenticator | None:
    """For allauth's get_authenticator_by_credential_id."""
    return next((authenticator for authenticator, credential in _readable(user) if credential.credential_id == credential_id), None)


def install() -> None:
    """Puts these in the place of allauth's, which has no setting for it."""
    auth.get_credentials = credentials_of
    auth.get_authenticator_by_credential_id = passkey_by_credential
