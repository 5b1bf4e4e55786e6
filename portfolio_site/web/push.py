"""Telling sockets that something is new.  `send` may be called from any thread of any process.

At most once, and nothing that matters travels only here: a message says what to read again, the database says what is true.

The memory layer belongs to the loop of the one server process: a put from another thread would wake nobody, so the message is
handed over to that loop, which `remember_loop` names at start.  Without one there are no sockets, and the message is dropped.
With Redis each process keeps one small loop of its own for publishing: one connection, however many threads send.  To one that does not answer
nothing is sent until it does (`silence`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from concurrent.futures import Future
from typing import Any

from channels.layers import InMemoryChannelLayer, get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TimedOut

from portfolio_site.web import silence

log = logging.getLogger(__name__)

PATIENCE = 1.0  # seconds that a sender on a thread of its own waits for Redis to take a message

_lock = threading.Lock()
_server_loop: asyncio.AbstractEventLoop | None = None
_own_loop: asyncio.AbstractEventLoop | None = None
_own_process = 0


def remember_loop(loop: asyncio.AbstractEventLoop | None) -> None:
    """Says which loop serves the sockets of this process; None when it has ended."""
    global _server_loop
    _server_loop = loop


def send(group: str, message: dict[str, Any]) -> None:
    """Sends `message` (with its "type") to everybody in `group`.  Never raises because nobody listens or Redis is away."""
    layer = get_channel_layer()
    if layer is None:
        return
    if isinstance(layer, InMemoryChannelLayer):
        loop = _server_loop
        if loop is None or loop.is_closed():
            return
        _hand_over(layer.group_send(group, message), loop)
        return
    if silence.is_silent(settings.CELERY_BROKER_URL):
        return
    waiting = _hand_over(layer.group_send(group, message), _publishing_loop())
    if waiting is not None and not _inside_a_loop():
        try:
            waiting.result(PATIENCE)
        except (TimeoutError, TimedOut):
            waiting.cancel()  # those behind it would wait for it
            silence.begin(settings.CELERY_BROKER_URL)
        except (RedisError, OSError):  # said in the log by _report
            return


def _hand_over(work: Any, loop: asyncio.AbstractEventLoop) -> Future[None] | None:
    try:
        future: Future[None] = asyncio.run_coroutine_threadsafe(work, loop)
    except RuntimeError:  # the loop ended between the look and the call
        work.close()
        return None
    future.add_done_callback(_report)
    return future


def _report(future: Future[None]) -> None:
    if not future.cancelled() and (problem := future.exception()) is not None:
        log.warning("push.dropped", extra={"problem": repr(problem)})


def _inside_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _publishing_loop() -> asyncio.AbstractEventLoop:
    """This process's own loop for publishing, in a thread of its own; a forked child starts another."""
    global _own_loop, _own_process
    with _lock:
        if _own_loop is None or _own_process != os.getpid():
            _own_loop, _own_process = asyncio.new_event_loop(), os.getpid()
            threading.Thread(target=_own_loop.run_forever, name="push", daemon=True).start()
        return _own_loop
