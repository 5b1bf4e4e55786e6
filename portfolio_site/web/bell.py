"""Ringing for a job.  A broker that is away must not reach whoever rings: what must not be lost is a row, and a sweep rings for it again.

A broker that did not take a message is left alone by this process for the next seconds, and one that does not answer until it does (`silence`),
so that pages do not wait for it one by one.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from kombu.exceptions import OperationalError
from redis.exceptions import TimeoutError as TimedOut

from portfolio_site.web import silence

log = logging.getLogger(__name__)

AWAY = (OperationalError, OSError)  # what a broker that cannot be reached raises
REST = 3.0  # seconds in which a broker that was away is not asked again

_rests_until = 0.0  # of the monotonic clock


def ring(task: Any, *arguments: Any, **options: Any) -> bool:
    """Rings for one run of a job; whether the broker took the message.  `options` are those of Celery, such as `priority`."""
    return told(str(task.name), lambda: task.apply_async(arguments, **options) if options else task.delay(*arguments))


def insist(task: Any, *arguments: Any) -> bool:
    """As `ring`, for what no sweep would ring for again: the broker is asked even where it was away a moment ago."""
    return _tried(str(task.name), lambda: task.delay(*arguments))


def ring_or_do(task: Any, *arguments: Any) -> None:
    """For what is quickly done and no sweep finds: where nobody can be rung for, it is done here."""
    if not ring(task, *arguments):
        task.run(*arguments)


def told(name: str, send: Callable[[], Any]) -> bool:
    """Whether the broker took what `send` gives it."""
    return time.monotonic() >= _rests_until and not silence.is_silent(settings.CELERY_BROKER_URL) and _tried(name, send)


def _tried(name: str, send: Callable[[], Any]) -> bool:
    global _rests_until
    try:
        send()
    except AWAY as problem:
        _rests_until = time.monotonic() + REST
        if isinstance(problem.__cause__, TimedOut):
            silence.begin(settings.CELERY_BROKER_URL)
        log.warning("bell.not_rung", extra={"task": name, "problem": repr(problem)})
        return False
    return True


def forget_rest() -> None:
    """For tests: the next ring asks the broker."""
    global _rests_until
    _rests_until = 0.0
    silence.forget()
