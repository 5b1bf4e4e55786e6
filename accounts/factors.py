"""Second factors: an authenticator app (TOTP), recovery codes and passkeys, by allauth, with what it leaves open closed here.

Secrets and seeds are sealed in the database like everything else that opens something.  A code of the app passes once, also
within the half minutes that clocks may differ by; a recovery code passes once by its row's lock.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa import app_settings
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, EditWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django import forms
from django.core.cache import cache
from django.core.exceptions import ValidationError

from accounts.errors import TooManyAttempts, WrongCode
from accounts.models import User
from portfolio_site.web.sealed import SealedInside, seal, sealed_inside, unseal

LABEL = b"mfa_authenticator.data"
sealed_inside.append(SealedInside("mfa.Authenticator", "data", ("secret", "seed"), LABEL))  # rotated with everything else
SECOND = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # any of these makes sign-in ask for more than the password
_WRONG = "The code is not right, or was used before. Take the next one of the app, or a recovery code."


class FactorsAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """What allauth asks about factors."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _WRONG,
        "unverified_email": "Confirm the address of the account first: it is the way back in when a device is lost.",
    }

    def encrypt(self, text: str) -> str:
        return base64.b64encode(seal(text.encode(), LABEL)).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(base64.b64decode(encrypted_text), LABEL).decode()

    def get_totp_label(self, user: Any) -> str:
        return str(user.username)

    def generate_authenticator_name(self, user: Any, type: Any) -> str:
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return f"Passkey {count + 1}" if count else "Passkey"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {**super().get_public_key_credential_rp_entity(), "name": "Plumbline"}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        entity = super().get_public_key_credential_user_entity(user)
        return {**entity, "name": user.username, "display_name": user.first_name or user.username}


# ── codes ───────────────────────────────────────────────────────────────────


def is_first_use(authenticator: Authenticator, code: str) -> bool:
    """Whether this code of the app was not taken before, for as long as it would pass."""
    if authenticator.type != Authenticator.Type.TOTP:
        return True
    lasts = app_settings.TOTP_PERIOD * (2 * app_settings.TOTP_TOLERANCE + 2)
    return bool(cache.add(f"allauth:totp:{authenticator.user_id}:{_digits(code)}", 1, timeout=lasts))


def _digits(code: str) -> str:
    return "".join(character for character in code if character.isalnum()).lower()


def needs_second(user: User) -> bool:
    """Whether the password alone does not sign this person in."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=SECOND).exists())


def check_code(user: User, code: str) -> None:
    """Takes a code of the app or a recovery code, for the API.  Counts with the codes typed on pages.  Raises WrongCode, TooManyAttempts."""
    try:
        forget = check_rate_limit(user)
    except ValidationError:
        raise TooManyAttempts("Too many wrong codes. Wait five minutes, then try again.") from None
    for authenticator in Authenticator.objects.filter(user_id=user.pk).exclude(type=Authenticator.Type.WEBAUTHN):
        if authenticator.wrap().validate_code(code) and is_first_use(authenticator, code):
            forget()
            authenticator.record_usage()
            return
    raise WrongCode(_WRONG)


# ── forms ───────────────────────────────────────────────────────────────────


def _code_field(label: str) -> forms.CharField:
    attributes = {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": True, "maxlength": "20"}
    return forms.CharField(label=label, max_length=20, widget=forms.TextInput(attrs=attributes))


class _Once:
    """A code that passed is taken; the same one does not pass again."""

    fields: dict[str, forms.Field]
    authenticator: Authenticator

    def clean_code(self) -> str:
        code = str(super().clean_code())  # type: ignore[misc]
        if not is_first_use(self.authenticator, code):
            raise ValidationError(_WRONG, code="incorrect_code")
        return code


class CodeForm(_Once, AuthenticateForm):  # type: ignore[misc]
    """After the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _code_field("Code")


class CodeAgainForm(_Once, ReauthenticateForm):  # type: ignore[misc]
    """Before a dangerous step, in place of the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _code_field("Code")


class FirstCodeForm(ActivateTOTPForm):  # type: ignore[misc]
    """Shows that the app has the secret."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"] = _code_field("Code of the app")


_MALFORMED = (KeyError, TypeError, ValueError, AttributeError, IndexError, UnicodeError)  # what the reader of credentials raises on nonsense


class _Readable:
    """What a browser would never send is refused like a wrong key; it is no error of ours."""

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()  # type: ignore[misc]
        except _MALFORMED:
            raise ValidationError("The passkey could not be read. Try again.", code="malformed") from None


class PasskeyForm(_Readable, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """After the password."""


class PasskeyAloneForm(_Readable, LoginWebAuthnForm):  # type: ignore[misc]
    """In place of the password."""


class PasskeyAgainForm(_Readable, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """Before a dangerous step."""


class NewPasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """A name for it, and whether it signs in by itself."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()  # type: ignore[no-any-return]
        except _MALFORMED:
            raise ValidationError("The passkey could not be read. Try again.", code="malformed") from None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label="Name", required=False, max_length=60)
        self.fields["passwordless"] = forms.BooleanField(
            label="Sign in with it alone, without password", required=False, initial=True, help_text="The device asks for its PIN or your finger."
        )


class PasskeyNameForm(EditWebAuthnForm):  # type: ignore[misc]
    """What a passkey is called."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"] = forms.CharField(label="Name", max_length=60)


# ── state ───────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of a person's passkeys.  `alone`: it signs in without the password."""

    pk: int
    name: str
    alone: bool
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has beside the password."""

    app_since: datetime | None
    passkeys: tuple[Passkey, ...]
    codes_left: int | None  # None: there are none yet

    @property
    def on(self) -> bool:
        return self.app_since is not None or bool(self.passkeys)


def factors_of(user: User) -> Factors:
    """The state of each factor, in one query."""
    app_since, codes_left, passkeys = None, None, []
    for authenticator in Authenticator.objects.filter(user_id=user.pk).order_by("pk"):
        if authenticator.type == Authenticator.Type.TOTP:
            app_since = authenticator.created_at
        elif authenticator.type == Authenticator.Type.RECOVERY_CODES:
            codes_left = app_settings.RECOVERY_CODE_COUNT - int(authenticator.data["used_mask"]).bit_count()
        else:
            wrapped = authenticator.wrap()
            passkeys.append(
                Passkey(authenticator.pk, wrapped.name, bool(wrapped.is_passwordless), authenticator.created_at, authenticator.last_used_at)
            )
    return Factors(app_since, tuple(passkeys), codes_left)
