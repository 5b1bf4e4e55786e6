"""One machine, no settings at all: keys are made on first use and kept in the data folder."""

from __future__ import annotations

import base64

from portfolio_site.settings import env
from portfolio_site.settings.base import *  # noqa: F403
from portfolio_site.settings.base import CACHES, DATA_DIR, FIELD_KEYS, FINGERPRINT_KEY, REDIS_URL, SECRET_KEY, TWILIO_ACCOUNT, VAPID_KEY

SECRET_KEY = SECRET_KEY or base64.b64encode(env.secret_file(DATA_DIR / "keys" / "secret_key", 48)).decode()
FIELD_KEYS = FIELD_KEYS or {1: env.secret_file(DATA_DIR / "keys" / "field_key_1")}
FINGERPRINT_KEY = FINGERPRINT_KEY or env.secret_file(DATA_DIR / "keys" / "fingerprint_key")
VAPID_KEY = VAPID_KEY or env.secret_file(DATA_DIR / "keys" / "vapid_key")
SMS_CONSOLE = not TWILIO_ACCOUNT
if not REDIS_URL:
    CACHES["calls"] = {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "calls",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }

DEBUG = env.boolean("DEBUG", False)
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "127.0.0.1,localhost,[::1]")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")

# files are served from where they lie: a newcomer's start does not wait for compression
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
