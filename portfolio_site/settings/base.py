"""What holds everywhere.  `local`, `test` and `production` hold only their differences; the environment is read through `env`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF

from portfolio_site.settings import env
from portfolio_site.settings.redis import *  # noqa: F403  (cache, the sockets' layer, the job queue)

BASE_DIR = Path(__file__).resolve().parent.parent.parent
DATA_DIR = env.folder("DATA_DIR", BASE_DIR / "data", private=True)
VERSION = "0.1.0"

# ── what this process is ────────────────────────────────────────────────────
DATABASE_URL = env.text("DATABASE_URL", "")
ROLE = env.text("ROLE", "embedded")  # embedded | web | live | worker | beat | stream
PROCESSES = env.integer("WEB_CONCURRENCY", 1, least=1)

DEBUG = False
ALLOWED_HOSTS: list[str] = []
INTERNAL_IPS: list[str] = []
SITE_URL = env.text("SITE_URL", f"http://127.0.0.1:{env.integer('PORT', 8000, least=0)}")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "drf_standardized_errors",
    "channels",
    "csp",
    "allauth.idp.oidc",
    "guardian",
    "django_celery_beat",
    "django_htmx",
    "django_structlog",
    "template_partials.apps.SimpleAppConfig",
    "portfolio_site.apps.SiteConfig",
    "accounts",
    "market",
    "portfolios",
    "analytics",
    "alerts",
]

MIDDLEWARE = [
    "portfolio_site.health.HealthMiddleware",
    "portfolio_site.web.middleware.PermissionsPolicyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "portfolio_site.web.middleware.RequestIdMiddleware",
    "portfolio_site.web.routes.ApiSlashMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.LastSeenMiddleware",
    "accounts.consents.middleware.PrivacySignalMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "accounts.viewing.middleware.SupportViewMiddleware",
    "accounts.keys.middleware.CallsMiddleware",
    "accounts.denials.DenialsMiddleware",
    "portfolio_site.web.middleware.ProblemMiddleware",
]

ROOT_URLCONF = "portfolio_site.urls"
ASGI_APPLICATION = "portfolio_site.asgi.application"
WSGI_APPLICATION = "portfolio_site.wsgi.application"

_LOADERS: Any = [
    (
        "template_partials.loader.Loader",
        [
            (
                "django.template.loaders.cached.Loader",
                ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
            )
        ],
    )
]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portfolio_site.web.pages.frame",
            ],
            "loaders": _LOADERS,
            "builtins": [
                "template_partials.templatetags.partials",
                "django.templatetags.static",
                "portfolio_site.web.numbers",
                "portfolio_site.web.times",
                "portfolio_site.web.parts",
                "portfolio_site.web.graphics",
            ],
        },
    }
]

# ── storage ─────────────────────────────────────────────────────────────────
SQLITE_OPTIONS = {  # checked at each start: portfolio_site/selftest.py
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-32000;",
}
if DATABASE_URL:
    _database = environ.Env.db_url_config(DATABASE_URL)
    _database["CONN_HEALTH_CHECKS"] = True
    _database.setdefault("OPTIONS", {})
    if _database["ENGINE"].endswith("postgresql"):  # a server that is cut off is noticed, and not waited for
        _database["OPTIONS"] |= {
            "connect_timeout": 5,
            "tcp_user_timeout": 10_000,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        }
    if ROLE in {"web", "live", "embedded"}:
        # threads share a bounded pool (held connections per thread use up the server: docs/dependencies.md)
        _database["OPTIONS"]["pool"] = {"min_size": 1, "max_size": env.integer("DATABASE_POOL", 10, least=1), "timeout": 5}
    DATABASES = {"default": _database}
else:
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": DATA_DIR / "plumbline.sqlite3",
            "OPTIONS": {**SQLITE_OPTIONS},
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_MAX_AGE = 60
DATA_UPLOAD_MAX_MEMORY_SIZE = 12 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 12_000
IMPORT_MAX_BYTES = 10 * 1024 * 1024
IMPORT_MAX_ROWS = 100_000

ERASE_LIST = env.file("ERASE_LIST", DATA_DIR / "erased.list")  # who was erased, for backups that are restored

# ── keys ────────────────────────────────────────────────────────────────────
SECRET_KEY = env.text("SECRET_KEY", "")
FIELD_KEYS = env.key_ring("FIELD_KEYS")
SEALING_KEY = env.integer("SEALING_KEY", 0, least=0)  # while a new key is being rolled out: the number that still seals
FINGERPRINT_KEY = env.key("FINGERPRINT_KEY")  # of keyed hashes: never rotated, so that equal values stay findable

# ── people ──────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.SignInBackend", "portfolios.backends.OwnerBackend", "guardian.backends.ObjectPermissionBackend"]
ANONYMOUS_USER_NAME = None  # guardian: nobody who is not there gets a row among people
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/dashboard/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_SIGNUP_REDIRECT_URL = "/welcome/"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "signup": "accounts.forms.SignUpForm",
    "reset_password": "accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "add_email": "accounts.forms.ChangeEmailForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
}
ACCOUNT_CHANGE_EMAIL = True  # one address a person; a new one takes over when it is confirmed
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_SESSION_REMEMBER = None
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_PREVENT_ENUMERATION = True
PROXY_COUNT = env.integer("PROXY_COUNT", 0, least=0)  # read by web/addresses.py alone
from portfolio_site.settings.api import *  # noqa: E402, F403  (calls, tokens, apps of other people)
from portfolio_site.settings.market import *  # noqa: E402, F403  (sources of prices)
from portfolio_site.settings.signing_in import *  # noqa: E402, F403  (factors, limits, other sign-ins)
from portfolio_site.settings.signing_in import SOCIAL_APPS, SOCIAL_ORIGINS  # noqa: E402

INSTALLED_APPS += SOCIAL_APPS

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "portfolio_site.web.problems.csrf_failure"

# ── mail: no server is needed to begin ──────────────────────────────────────
EMAIL_URL = env.text("EMAIL_URL", "")
if EMAIL_URL:
    vars().update(environ.Env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
EMAIL_TIMEOUT = 10  # seconds that a sender waits for a mail server
VAPID_KEY = env.key("VAPID_KEY")
VAPID_SUBJECT = env.text("VAPID_SUBJECT", SITE_URL if SITE_URL.startswith("https:") else "mailto:plumbline@localhost.localdomain")
TWILIO_ACCOUNT = env.text("TWILIO_ACCOUNT", "")
TWILIO_TOKEN = env.text("TWILIO_TOKEN", "")
TWILIO_FROM = env.text("TWILIO_FROM", "")
TWILIO_URL = env.text("TWILIO_URL", "https://api.twilio.com")
SMS_CONSOLE = False
WEBHOOK_NETWORKS = env.words("WEBHOOK_NETWORKS")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Plumbline <plumbline@localhost>")

# ── language, time ──────────────────────────────────────────────────────────
LANGUAGE_CODE = "en"
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# ── headers ─────────────────────────────────────────────────────────────────
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *SOCIAL_ORIGINS],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
_REFUSED = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
PERMISSIONS_POLICY = ", ".join([*(f"{name}=()" for name in _REFUSED), "publickey-credentials-create=(self)", "publickey-credentials-get=(self)"])
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"

# ── logs: one JSON object a line ────────────────────────────────────────────
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True  # upstream is RequestIdMiddleware, which checked it
DJANGO_STRUCTLOG_USER_ID_FIELD = "pk"
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # it believes what a client writes; RequestIdMiddleware logs the address
from portfolio_site.settings.logs import LOGGING  # noqa: E402, F401  (needs LOG_LEVEL's reader)
