"""Whether this process is alive (`/healthz`) and whether the whole is fit to serve (`/readyz`).

Answered before anything else looks at the request: a load balancer asks by address, without a known host name and without TLS.
"""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from portfolio_site.web.json import dumps

log = logging.getLogger(__name__)

CANARY_AGE = 90.0  # seconds after which a queue counts as deaf
_CANARY = "canary:{}"


def report_canary(queue: str) -> None:
    """Notes that a job of `queue` has just finished."""
    cache.set(_CANARY.format(queue), time.time(), timeout=3600)


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return {"ok": cursor.fetchone() == (1,)}
    except DatabaseError as problem:
        log.warning("health.database", extra={"problem": str(problem)})
        return {"ok": False, "detail": "The database does not answer."}


def _cache() -> dict[str, Any]:
    key, value = f"health:{uuid.uuid4().hex}", uuid.uuid4().hex
    try:
        cache.set(key, value, timeout=30)
        ok = cache.get(key) == value
        cache.delete(key)
    except (RedisError, OSError) as problem:
        log.warning("health.cache", extra={"problem": str(problem)})
        ok = False
    return {"ok": ok} if ok else {"ok": False, "detail": "The cache does not answer."}


def _jobs() -> dict[str, Any]:
    from portfolio_site.celery import QUEUES

    seen = cache.get_many([_CANARY.format(queue) for queue in QUEUES])
    ages = {queue: _age(seen.get(_CANARY.format(queue))) for queue in QUEUES}
    late = [queue for queue, age in ages.items() if age is None or age > CANARY_AGE]
    answer: dict[str, Any] = {"ok": not late, "seconds_since_last": ages}
    if late:
        answer["detail"] = f"No job of {', '.join(late)} has finished for {CANARY_AGE:.0f} seconds."
    return answer


def _age(moment: float | None) -> float | None:
    return None if moment is None else round(max(time.time() - moment, 0.0), 1)


def alive() -> HttpResponse:
    """200 as long as this process answers."""
    return _answer(200, {"status": "alive", "version": settings.VERSION, "role": settings.ROLE})


def ready() -> HttpResponse:
    """200 when the database, the cache and the jobs work; else 503 with the part that does not."""
    checks = {"database": _database(), "cache": _cache(), "jobs": _jobs()}
    well = all(check["ok"] for check in checks.values())
    body = {"status": "ready" if well else "not ready", "version": settings.VERSION, "role": settings.ROLE, "checks": checks}
    return _answer(200 if well else 503, body)


def _answer(status: int, body: dict[str, Any]) -> HttpResponse:
    answer = HttpResponse(dumps(body), status=status, content_type="application/json")
    answer["Cache-Control"] = "no-store"
    answer._has_been_logged = True  # type: ignore[attr-defined]  # otherwise each probe of a system that is starting logs an error
    return answer


_ANSWERS: dict[str, Callable[[], HttpResponse]] = {"/healthz": alive, "/readyz": ready}


class HealthMiddleware:
    """Stands first, so that no host check, redirect or session comes before it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        answer = _ANSWERS.get(request.path_info)
        if answer is not None and request.method in {"GET", "HEAD"}:
            return answer()
        return self.get_response(request)
