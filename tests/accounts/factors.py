"""Factors as tests use them: an app that knows the secret, and people who have one."""

from __future__ import annotations

import time

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def app_code(secret=SECRET, steps=0):
    """What the app shows now, or so many half minutes later."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30 + steps))


def confirm_address(user):
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


def with_app(user):
    """Turns the app on for the person; returns the recovery codes."""
    confirm_address(user)
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user).generate_codes()


def stored(user):
    """What the database holds of the person's factors, as text."""
    return repr(list(Authenticator.objects.filter(user=user).values()))
