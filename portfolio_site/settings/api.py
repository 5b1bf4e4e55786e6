"""The API: how it answers, how often it may be asked, and the tokens and apps that ask it.  docs/api-access.md says what each does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from portfolio_site.settings import env

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "accounts.authentication.ApiKeyAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated", "accounts.permissions.WithinScope"],
    "DEFAULT_RENDERER_CLASSES": ["portfolio_site.web.json.ExactJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["portfolio_site.web.json.ExactJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "portfolio_site.web.paging.CursorPages",
    "DEFAULT_THROTTLE_CLASSES": [
        "portfolio_site.web.throttling.PersonThrottle",
        "portfolio_site.web.throttling.CredentialThrottle",
        "portfolio_site.web.throttling.AddressThrottle",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "person": "600/min",
        "credential": "300/min",
        "provider": "120/min",
        "address": "120/min",
        "public": "60/min",
        "sign_in": "30/min",
    },
    "URL_FORMAT_OVERRIDE": None,  # `?format=` is a word of our own calls (export), each of which says what it takes
    "EXCEPTION_HANDLER": "portfolio_site.web.problems.api_exception_handler",
    "COERCE_DECIMAL_TO_STRING": True,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Plumbline API",
    "DESCRIPTION": "Portfolios, transactions, prices and figures. Every error is a problem document (RFC 9457).",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {"deepLinking": True, "persistAuthorization": False, "validatorUrl": None},
    "GET_LIB_DOC_EXCLUDES": "portfolio_site.web.schema.without_words_of_their_own",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "portfolio_site.web.schema.problems_everywhere",
        "accounts.permissions.scopes_named",
    ],
    "ENUM_NAME_OVERRIDES": {
        "TransactionKind": "portfolios.choices.TransactionKind",
        "CostMethod": "portfolios.choices.CostMethod",
        "ImportStatus": "portfolios.choices.ImportStatus",
        "LotStatus": "portfolios.choices.LotStatus",
        "ProposalStatus": "portfolios.choices.ProposalStatus",
        "AlertKind": "alerts.choices.RuleKind",
    },
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
}

# JSON web tokens of the API: signed by a key derived from SECRET_KEY, one algorithm, short lives
TOKEN_ALGORITHM = "HS256"
TOKEN_ISSUER = "plumbline"
API_KEY_LOG_EVERY = env.integer("API_KEY_LOG_EVERY", 5, least=0)  # seconds between two writings of what keys called
ACCESS_TOKEN_LIFETIME = timedelta(minutes=15)
REFRESH_TOKEN_LIFETIME = timedelta(days=30)

# apps of other people: OAuth 2.0 and OpenID Connect (docs/api-access.md)
OIDC_PRIVATE_KEY = env.text("OIDC_PRIVATE_KEY", "").replace("\\n", "\n")
OAUTH_PROVIDER = env.boolean("OAUTH_PROVIDER", True)
OAUTH_OPEN = env.boolean("OAUTH_OPEN", True)  # everybody may register an app of theirs, not only administrators
IDP_OIDC_ADAPTER = "accounts.oauth.adapter.OIDCAdapter"
IDP_OIDC_AUTHORIZATION_CODE_EXPIRES_IN = 60
IDP_OIDC_ACCESS_TOKEN_EXPIRES_IN = 30 * 60
IDP_OIDC_REFRESH_TOKEN_EXPIRES_IN = 90 * 24 * 3600  # of a connection, however often it is renewed
