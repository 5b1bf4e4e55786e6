"""Refuses to start, with a plain reason, on anything that would be unsafe in front of the world."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ImproperlyConfigured

from portfolio_site.settings import env
from portfolio_site.settings.base import *  # noqa: F403
from portfolio_site.settings.base import (
    DATABASE_URL,
    FIELD_KEYS,
    FINGERPRINT_KEY,
    OIDC_PRIVATE_KEY,
    PROCESSES,
    REDIS_URL,
    ROLE,
    SEALING_KEY,
    SECRET_KEY,
)

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS")
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS if host != "*"]

SECURE_SSL_REDIRECT = env.boolean("SSL_REDIRECT", True)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.integer("HSTS_SECONDS", 365 * 24 * 3600, least=0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-session"
CSRF_COOKIE_NAME = "__Host-csrf"
DEVICE_COOKIE_NAME = "__Host-device"
SIGN_UP_SIGNS_IN = env.boolean("SIGN_UP_SIGNS_IN", False)
ADMIN_SECOND_FACTOR = env.boolean("ADMIN_SECOND_FACTOR", True)


OAUTH_PROVIDER = env.boolean("OAUTH_PROVIDER", bool(OIDC_PRIVATE_KEY))


def _is_signing_key(pem: str) -> bool:
    try:
        key = load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return isinstance(key, RSAPrivateKey) and key.key_size >= 2048


def _in_the_open() -> list[str]:
    """Ways to other machines on which anybody between could read or change what is said."""
    if env.boolean("TRUSTED_NETWORK", False):
        return []
    reasons = []
    database, query = urlsplit(DATABASE_URL), parse_qs(urlsplit(DATABASE_URL).query)
    if _elsewhere(database.hostname) and query.get("sslmode", [""])[-1] != "verify-full":
        reasons.append(
            "DATABASE_URL leads to another machine without sslmode=verify-full. Add it, or set TRUSTED_NETWORK=true if nobody else is between."
        )
    redis = urlsplit(REDIS_URL)
    if _elsewhere(redis.hostname) and redis.scheme != "rediss":
        reasons.append("REDIS_URL leads to another machine without TLS. Write rediss://, or set TRUSTED_NETWORK=true if nobody else is between.")
    return reasons


def _elsewhere(host: str | None) -> bool:
    return bool(host) and host != "localhost" and host != "::1" and not str(host).startswith("127.")


def _refusals() -> list[str]:
    reasons = []
    if len(SECRET_KEY) < 50 or "insecure" in SECRET_KEY or len(set(SECRET_KEY)) < 10:
        reasons.append("SECRET_KEY is missing, short or a default. Set at least 50 random characters.")
    if env.boolean("DEBUG", False):
        reasons.append("DEBUG is on. It shows settings and code to everybody; unset it.")
    if not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS:
        reasons.append("ALLOWED_HOSTS is empty or “*”. Name the hosts that people use.")
    if not FIELD_KEYS:
        reasons.append("FIELD_KEYS is not set. Without it nothing can be sealed or opened; see docs/settings.md.")
    if SEALING_KEY and SEALING_KEY not in FIELD_KEYS:
        reasons.append(f"SEALING_KEY is {SEALING_KEY}, which is not in FIELD_KEYS. Name a key of the ring, or unset it.")
    if not FINGERPRINT_KEY:
        reasons.append("FINGERPRINT_KEY is not set. Without it equal entries cannot be found again; see docs/settings.md.")
    if not env.text("PROXY_COUNT", ""):
        reasons.append("PROXY_COUNT is not set. Say how many proxies stand in front (0 for none): limits count by client address.")
    if not env.text("SITE_URL", ""):
        reasons.append("SITE_URL is not set. Mails link to it; write the address that people use, such as https://plumbline.example.")
    elif not env.text("SITE_URL", "").startswith("https://"):
        reasons.append(
            "SITE_URL does not begin with https://. Passwords and tokens would travel in the open; put a proxy with a certificate in front."
        )
    if OAUTH_PROVIDER and not _is_signing_key(OIDC_PRIVATE_KEY):
        reasons.append("OAUTH_PROVIDER is on and OIDC_PRIVATE_KEY is no RSA key of at least 2048 bits in PEM; see docs/settings.md.")
    reasons += _in_the_open()
    if PROCESSES > 1 and not REDIS_URL:
        reasons.append("WEB_CONCURRENCY is above 1 without REDIS_URL. Memory is not shared between processes.")
    if ROLE != "embedded" and not (DATABASE_URL and REDIS_URL):
        reasons.append(f"ROLE={ROLE} needs DATABASE_URL and REDIS_URL; only the embedded role runs without them.")
    return reasons


if _reasons := _refusals():
    raise ImproperlyConfigured("Plumbline does not start:\n- " + "\n- ".join(_reasons))
