"""How people prove who they are: second factors, passkeys, limits, and sign-in through others.  docs/accounts.md says what each does."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from portfolio_site.settings import env

# ── factors ─────────────────────────────────────────────────────────────────
MFA_ADAPTER = "accounts.factors.FactorsAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Plumbline"
MFA_TOTP_TOLERANCE = 1  # codes of the half minute before and after pass too: clocks differ.  Each passes once (accounts/factors.py)
# whoever has a factor may still change the address; a first factor needs a confirmed one all the same (accounts/security_views.py)
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_FORMS = {
    "authenticate": "accounts.factors.CodeForm",
    "reauthenticate": "accounts.factors.CodeAgainForm",
    "activate_totp": "accounts.factors.FirstCodeForm",
    "authenticate_webauthn": "accounts.factors.PasskeyForm",
    "login_webauthn": "accounts.factors.PasskeyAloneForm",
    "reauthenticate_webauthn": "accounts.factors.PasskeyAgainForm",
    "add_webauthn": "accounts.factors.NewPasskeyForm",
    "edit_webauthn": "accounts.factors.PasskeyNameForm",
}

# ── the password once more before what concerns the account itself ──────────
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # seconds

# ── what is in a session is sealed: it may hold the secret of a factor that is being set up ──
SESSION_SERIALIZER = "portfolio_site.web.sealed.SealedSerializer"

# ── limits ──────────────────────────────────────────────────────────────────
# Guesses count for the account together with the network that they come from, so that nobody locks out anybody else; the wider limit is
# for guesses from many networks, and does not hold where the person signed in before (accounts/adapter.py).
ACCOUNT_RATE_LIMITS: Any = {"login_failed": "10/m/ip,5/300s/key", "login_failed_anywhere": "100/h/key", "account_exists_mail": "3/h/key"}
DEVICE_COOKIE_NAME = "device"  # by which a browser that signed in is known again

# ── the administration ──────────────────────────────────────────────────────
ADMIN_SECOND_FACTOR = env.boolean("ADMIN_SECOND_FACTOR", False)  # production: true unless said otherwise

# ── signing up ──────────────────────────────────────────────────────────────
# Signing in at once is convenient, and tells that the address was new.  Off (as in production), every address gets the same answer.
SIGN_UP_SIGNS_IN = env.boolean("SIGN_UP_SIGNS_IN", True)

# ── accounts elsewhere that sign in here ────────────────────────────────────
# Each is on where it is named, and then needs the id and the secret that the service gave to this installation.
_SERVICES = {
    "github": "https://github.com",
    "gitlab": "https://gitlab.com",
    "google": "https://accounts.google.com",
    "microsoft": "https://login.microsoftonline.com",
}
_NAMED = env.words("SOCIAL_PROVIDERS")
if _unknown := sorted(set(_NAMED) - _SERVICES.keys()):
    raise ImproperlyConfigured(f"SOCIAL_PROVIDERS names {', '.join(_unknown)}; there are {', '.join(_SERVICES)}, and any other by OIDC_URL.")


def _app(name: str) -> dict[str, Any]:
    return {"client_id": env.text(f"{name}_CLIENT_ID"), "secret": env.text(f"{name}_CLIENT_SECRET")}


SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {name: {"APPS": [_app(name.upper())], "OAUTH_PKCE_ENABLED": True} for name in _NAMED}
SOCIAL_ORIGINS = [_SERVICES[name] for name in _NAMED]  # a form leads there: the content security policy must let it
if OIDC_URL := env.text("OIDC_URL", ""):
    _service = {"provider_id": "sso", "name": env.text("OIDC_NAME", "your organisation"), "settings": {"server_url": OIDC_URL}}
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {"APPS": [_app("OIDC") | _service], "OAUTH_PKCE_ENABLED": True}
    SOCIAL_ORIGINS.append("{0.scheme}://{0.netloc}".format(urlsplit(env.text("OIDC_SIGN_IN_URL", OIDC_URL))))
SOCIAL_APPS = [f"allauth.socialaccount.providers.{name}" for name in SOCIALACCOUNT_PROVIDERS]
SOCIALACCOUNT_ADAPTER = "accounts.elsewhere.ElsewhereAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True  # with the rule of the adapter: confirmed on both sides
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_EMAIL_VERIFICATION = "optional"
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_REAUTHENTICATION_REQUIRED = True
SOCIALACCOUNT_STORE_TOKENS = False
