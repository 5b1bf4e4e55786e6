"""The list of people who were erased, apart from the database: a backup that is restored holds them again.

One line each: the keyed hash of the person's number and moment of joining, and when.  Nobody is named in it, and without
FINGERPRINT_KEY no line can be made.  `manage.py reapply_erasures` (and every start of the one-process server) goes through it.
"""

from __future__ import annotations

import os
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from accounts.models import User
from portfolio_site.web.sealed import fingerprint

KEPT_FOR = timedelta(days=396)  # longer than any backup is kept


def mark_of(person: User) -> str:
    """What finds the person again, in this database and in backups of it."""
    return fingerprint(f"{person.pk}:{person.date_joined.timestamp():.6f}", "erasure")


def add(mark: str, at: datetime) -> None:
    """Writes a line, safely on the disk when this returns.  Twice does no harm."""
    descriptor = os.open(settings.ERASE_LIST, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{mark} {at.isoformat(timespec='seconds')}\n")
        file.flush()
        os.fsync(file.fileno())


def marks() -> set[str]:
    """Who is on the list, but those who went longer ago than backups last."""
    try:
        lines = settings.ERASE_LIST.read_text().splitlines()
    except FileNotFoundError:
        return set()
    since, found = timezone.now() - KEPT_FOR, set()
    for line in lines:
        mark, _, at = line.partition(" ")
        try:
            if len(mark) == 64 and datetime.fromisoformat(at) > since:
                found.add(mark)
        except ValueError:
            continue  # a line that a crash cut short: its person was not erased yet, or the next line says it again
    return found
