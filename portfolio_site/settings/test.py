"""The test run.  SQLite and in-process parts unless DATABASE_URL and REDIS_URL say otherwise."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

# a service that signs in here: tests answer for it
os.environ |= {"OIDC_URL": "https://id.example.com", "OIDC_NAME": "Example", "OIDC_CLIENT_ID": "plumbline", "OIDC_CLIENT_SECRET": "test-only"}

from portfolio_site.settings import env
from portfolio_site.settings.base import *  # noqa: F403
from portfolio_site.settings.base import (
    CACHES,
    CHANNEL_LAYERS,
    DATABASES,
    PROVIDER_KEYS,
    PROVIDERS,
    REDIS_URL,
    REST_FRAMEWORK,
    SQLITE_OPTIONS,
    TEMPLATES,
)

SECRET_KEY = "test-only-" + "0123456789abcdefghijklmnopqrstuvwxyz" * 2
FIELD_KEYS = {1: hashlib.sha256(b"test field key").digest()}
FINGERPRINT_KEY = hashlib.sha256(b"test fingerprint key").digest()
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # a file, not memory: tests with several threads need several connections
    DATABASES["default"]["TEST"] = {"NAME": Path(tempfile.gettempdir()) / f"plumbline-test-{os.getpid()}.sqlite3"}
    # what tests write need outlive no loss of power, only a killed process
    DATABASES["default"]["OPTIONS"]["init_command"] = str(SQLITE_OPTIONS["init_command"]).replace("synchronous=FULL", "synchronous=OFF")
else:
    DATABASES["default"]["OPTIONS"].pop("pool", None)
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
DATABASES["default"]["CONN_MAX_AGE"] = 0

if REDIS_URL:
    # runs side by side empty their caches after each test: each has a Redis database of its own
    _address, _, _number = REDIS_URL.rpartition("/")
    _own = f"{_address}/{int(_number) + int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0').removeprefix('gw'))}"
    CACHES["default"]["LOCATION"] = CELERY_BROKER_URL = _own
    CHANNEL_LAYERS["default"]["CONFIG"]["hosts"] = [_own]

PROVIDERS.clear()  # tests name the sources that they ask
PROVIDER_KEYS.clear()

CELERY_TASK_ALWAYS_EAGER = env.boolean("TEST_EAGER", True)
CELERY_TASK_EAGER_PROPAGATES = True
REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"person": None, "credential": None, "provider": None, "public": None, "address": None, "sign_in": None}
API_KEY_LOG_EVERY = 0  # no thread: tests write when they look
ACCOUNT_RATE_LIMITS = False
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = ""
