"""The log of calls, written in bulk: a call that reads must not wait for a write.

A call leaves its line in the memory of its process; a thread writes the lines of some seconds in one go, with the time that each key was
last used.  A process that is killed loses the lines of its last seconds: this log is for looking at, and what a call changed is in the
audit, which loses nothing.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import Q

from accounts.keys.models import ApiKey, ApiKeyCall

log = logging.getLogger(__name__)
MOST_WAITING = 20_000  # lines in memory; a database that is away must not fill it


@dataclass(frozen=True, slots=True)
class Call:
    key: int
    method: str
    path: str
    status: int
    address: str
    at: datetime


_waiting: deque[Call] = deque(maxlen=MOST_WAITING)
_lock = threading.Lock()
_writer: threading.Thread | None = None


def note(call: Call) -> None:
    """Keeps a line for the next writing."""
    _waiting.append(call)
    if settings.API_KEY_LOG_EVERY > 0:
        _start()


def write_calls() -> int:
    """Writes what waits in this process; how many lines.  Lines of keys that are gone are dropped.  Raises DatabaseError, and keeps the lines."""
    with _lock:
        lines = [_waiting.popleft() for _ in range(len(_waiting))]
        if not lines:
            return 0
        try:
            return _write(lines)
        except DatabaseError:
            _waiting.extendleft(reversed(lines))
            raise


@transaction.atomic
def _write(lines: list[Call]) -> int:
    newest: dict[int, datetime] = {}
    for line in lines:
        newest[line.key] = max(line.at, newest.get(line.key, line.at))
    there = set(ApiKey.objects.select_for_update().order_by("pk").filter(pk__in=newest).values_list("pk", flat=True))
    rows = [
        ApiKeyCall(key_id=one.key, method=one.method, path=one.path, status=one.status, address=one.address, at=one.at)
        for one in lines
        if one.key in there
    ]
    ApiKeyCall.objects.bulk_create(rows, batch_size=500)
    for number in sorted(there):
        ApiKey.objects.filter(Q(last_used_at__isnull=True) | Q(last_used_at__lt=newest[number]), pk=number).update(last_used_at=newest[number])
    return len(rows)


def forget_waiting() -> None:
    """For tests: what waits belongs to a database that is rolled back."""
    _waiting.clear()


def _start() -> None:
    global _writer
    if _writer is not None and _writer.is_alive():
        return
    with _lock:
        if _writer is None or not _writer.is_alive():
            _writer = threading.Thread(target=_run, name="calls of keys", daemon=True)
            _writer.start()


def _run() -> None:
    """Writes every few seconds until nothing came for a while; the next line starts it again."""
    pause, idle = threading.Event(), 0
    while idle < 12:
        pause.wait(settings.API_KEY_LOG_EVERY)
        try:
            idle = 0 if write_calls() else idle + 1
        except DatabaseError as problem:
            log.warning("keys.calls_not_written", extra={"problem": type(problem).__name__, "waiting": len(_waiting)})
        finally:
            connection.close()
