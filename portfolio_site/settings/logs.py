"""Structured logs: one JSON object a line, with request id and user id from the request's context, and without what opens by its address."""

from __future__ import annotations

import re
from typing import Any

import structlog

from portfolio_site.settings import env

_SHARED: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.StackInfoRenderer(),
    structlog.processors.format_exc_info,
]

_SECRET = re.compile(r"(?<=/calendar/)[^\s\"'\\/?<>]+(?=\.ics)")  # opens somebody's calendar (analytics/views/income_feed.py)
_as_json = structlog.processors.JSONRenderer()


def rendered(logger: Any, method: str, event: Any) -> str:
    """The line; secrets that stand in addresses are left out."""
    return _SECRET.sub("secret", str(_as_json(logger, method, event)))


structlog.configure(
    processors=[structlog.stdlib.filter_by_level, *_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processor": rendered,
            "foreign_pre_chain": _SHARED,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO").upper()},
    "loggers": {
        "django.server": {"level": "WARNING"},
        "django.security.DisallowedHost": {"level": "ERROR"},
        "celery": {"level": "WARNING"},
        "kombu": {"level": "WARNING"},
        "kombu.connection": {"level": "ERROR"},  # says that the in-memory queue has no host name
        "uvicorn.access": {"level": "WARNING"},
        "uvicorn.error": {"level": "WARNING"},
        "django_structlog": {"level": env.text("LOG_LEVEL", "INFO").upper()},
        "django_structlog.celery": {"level": "WARNING"},  # four lines for each tick of the market
        "numba": {"level": "WARNING"},
    },
}
