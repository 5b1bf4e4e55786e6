"""The forms of the sign-in family and of the settings.  They read and check; services do."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from allauth.account import forms as allauth_forms
from babel.core import Locale
from babel.numbers import get_currency_name
from django import forms
from django.conf import settings
from django.utils.functional import lazy

from accounts.choices import LOCALES as LOCALE_CHOICES
from accounts.choices import CostMethod, Density, Theme, Trend
from accounts.models import Preferences, User
from portfolio_site.kernel.money import CURRENCIES

_ENGLISH = Locale("en")
COMMON_CURRENCIES = tuple("EUR USD GBP CHF JPY CAD AUD SEK NOK DKK PLN CZK INR BRL SGD HKD NZD ZAR MXN".split())  # noqa: SIM905


def currency_choices() -> list[Any]:
    """The common ones first, then all others by code."""
    named = {str(code): f"{code} · {get_currency_name(code, locale=_ENGLISH)}" for code in CURRENCIES}
    rest = [(code, name) for code, name in named.items() if code not in COMMON_CURRENCIES]
    return [("Common", [(code, named[code]) for code in COMMON_CURRENCIES]), ("All others", rest)]


def zone_choices() -> list[tuple[str, str]]:
    """Places, not the technical names that mean the same."""
    named = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/", "US/", "posix/", "right/")))
    return [("UTC", "UTC"), *((zone, zone.replace("_", " ")) for zone in named)]


def country_choices() -> list[tuple[str, str]]:
    """Countries by English name; the empty one says that there is no choice yet."""
    territories = [(code, name) for code, name in _ENGLISH.territories.items() if len(code) == 2 and code.isalpha() and code not in _NO_COUNTRIES]
    return [("", "Not chosen"), *sorted(territories, key=lambda pair: pair[1])]


def name_of_currency(code: str) -> str:
    return str(get_currency_name(code, locale=_ENGLISH))


def name_of_country(code: str) -> str:
    """The English name; empty where no country is chosen."""
    return str(_ENGLISH.territories.get(code, ""))


_NO_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO", "AC", "CP", "CQ", "DG", "EA", "IC", "TA"})


def _password(label: str, autocomplete: str, hint: str = "") -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, widget=widget, strip=False, max_length=1000, help_text=hint)


_NEW_PASSWORD_HINT = "At least 10 characters. A sentence is good; a word that others use is not."  # noqa: S105  (a hint)


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]
    """E-mail address or username, password, how long."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        attributes = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True, "maxlength": "254"}
        self.fields["login"] = forms.CharField(label="Email or username", max_length=254, widget=forms.TextInput(attrs=attributes))
        self.fields["password"] = _password("Password", "current-password")
        self.fields["remember"].label = "Keep me signed in for 30 days"
        self.order_fields(["login", "password", "remember"])


class SignUpForm(allauth_forms.SignupForm):  # type: ignore[misc]
    """Address and password; a username if one is wanted.  The time zone comes from the browser where scripts run."""

    time_zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput(attrs={"data-time-zone": ""}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email, username = self.fields["email"], self.fields["username"]
        email.label, username.label = "Email", "Username"
        email.widget.attrs = {"autocomplete": "email", "autofocus": True, "type": "email", "maxlength": "254"}
        username.widget.attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": "60"}
        username.help_text = "Optional. Letters, digits and . _ + - only; made from the address if you leave it out."
        self.fields["password1"] = _password("Password", "new-password", _NEW_PASSWORD_HINT)
        self.order_fields(["email", "username", "password1", "time_zone"])

    def clean_username(self) -> str:
        return str(super().clean_username()).lower()

    def validate_unique_email(self, value: str) -> str:
        """Where signing up tells nobody who is here, an address that has an account is no error: its owner gets a mail."""
        if settings.SIGN_UP_SIGNS_IN:
            return str(super().validate_unique_email(value))
        self.account_already_exists = User.objects.by_name(value) is not None
        return value


class ForgottenPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]
    """The address of the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "Email"
        self.fields["email"].widget.attrs = {"autocomplete": "email", "autofocus": True, "type": "email", "maxlength": "254"}


class _TwoPasswords:
    """Names the two fields of a new password."""

    fields: dict[str, forms.Field]

    def name_fields(self) -> None:
        self.fields["password1"] = _password("New password", "new-password", _NEW_PASSWORD_HINT)
        self.fields["password2"] = _password("New password, again", "new-password")


class NewPasswordForm(_TwoPasswords, allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    """After the link of a mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name_fields()


class SetPasswordForm(_TwoPasswords, allauth_forms.SetPasswordForm):  # type: ignore[misc]
    """For an account that has no password yet."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.name_fields()


class ChangePasswordForm(_TwoPasswords, allauth_forms.ChangePasswordForm):  # type: ignore[misc]
    """The present password, then the new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"] = _password("Present password", "current-password")
        self.name_fields()
        self.order_fields(["oldpassword", "password1", "password2"])


class ChangeEmailForm(allauth_forms.AddEmailForm):  # type: ignore[misc]
    """Another address for the account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "New address"
        self.fields["email"].widget.attrs = {"autocomplete": "email", "type": "email", "maxlength": "254"}


class ReauthenticateForm(allauth_forms.ReauthenticateForm):  # type: ignore[misc]
    """The password once more, before a dangerous step."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["password"] = _password("Password", "current-password")


# ── settings ────────────────────────────────────────────────────────────────


class ProfileForm(forms.Form):
    """What a person is called."""

    name = forms.CharField(label="Name", required=False, max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    username = forms.CharField(
        label="Username",
        max_length=60,
        help_text="For signing in, in place of the address.",
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )


class _PreferencesForm(forms.Form):
    """A section of preferences.  Initial values come from the person; `changes` is what a service gets."""

    def __init__(self, data: Any = None, *, preferences: Preferences) -> None:
        super().__init__(data, initial={name: getattr(preferences, name) for name in self.base_fields})

    @property
    def changes(self) -> dict[str, Any]:
        """What was sent: a segment that saves itself sends one field.  An unticked box sends nothing and means off."""
        return {name: value for name, value in self.cleaned_data.items() if name in self.data or isinstance(self.fields[name], forms.BooleanField)}


class LookForm(_PreferencesForm):
    """How pages look."""

    theme = forms.ChoiceField(label="Theme", choices=Theme, required=False)
    trend = forms.ChoiceField(label="Gain and loss", choices=Trend, required=False)
    density = forms.ChoiceField(label="Rows", choices=Density, required=False)


class FormatForm(_PreferencesForm):
    """How numbers and times are written."""

    locale = forms.ChoiceField(label="Language and region", choices=LOCALE_CHOICES)
    time_zone = forms.ChoiceField(label="Time zone", choices=lazy(zone_choices, list)())


class BehaviourForm(_PreferencesForm):
    """Switches."""

    hide_amounts = forms.BooleanField(label="Hide amounts", required=False)
    flash_prices = forms.BooleanField(label="Flash changed prices", required=False)
    shortcuts = forms.BooleanField(label="Single-key shortcuts", required=False)


class MoneyForm(_PreferencesForm):
    """How gains are counted, and in what."""

    base_currency = forms.ChoiceField(label="Base currency", choices=lazy(currency_choices, list)())
    cost_method = forms.ChoiceField(label="Cost method of new portfolios", choices=CostMethod)
    tax_residence = forms.ChoiceField(label="Tax residence", required=False, choices=lazy(country_choices, list)())
