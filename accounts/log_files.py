"""The audit as CSV: a person's own log in words, and the entries as they are stored, for those who check the chain elsewhere.

Texts that a spreadsheet would take for a formula, or that begin with an apostrophe, have an apostrophe in front.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from datetime import timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse

from accounts.audit import FIELDS
from accounts.log import Asked, lines_of, log_of
from accounts.models import AuditEntry
from portfolio_site.web.downloads import file_name, safe_text

if TYPE_CHECKING:
    from accounts.models import User
    from accounts.querysets import AuditEntryQuerySet

_CHUNK = 500
LOG_COLUMNS = ("id", "at", "group", "words", "about", "details", "by", "action", "object_type", "object_id")
AUDIT_COLUMNS = (*FIELDS, "hash")


class _Echo:
    """What the CSV writer writes to: each line is handed on."""

    @staticmethod
    def write(line: str) -> str:
        return line


def _lines(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([safe_text(cell) if isinstance(cell, str) else cell for cell in row])


def log_file(user: User, asked: Asked) -> StreamingHttpResponse:
    """The part of a person's log that is asked for, as a file; newest first, times in UTC."""
    response = StreamingHttpResponse(_lines(LOG_COLUMNS, _in_words(user, log_of(user, asked))), content_type="text/csv; charset=utf-8")
    name = file_name("log", asked.group, asked.since, asked.until)
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _in_words(user: User, entries: AuditEntryQuerySet) -> Iterator[Iterable[object]]:
    """Names are looked up for many entries at once."""
    rows = entries.iterator(chunk_size=_CHUNK)
    while chunk := list(islice(rows, _CHUNK)):
        for line in lines_of(user, chunk):
            about = line.about.name if line.about else ""
            at = line.at.astimezone(timezone.utc).isoformat()
            yield line.id, at, line.group, line.words, about, "; ".join(line.details), line.by, line.action, line.object_type, line.object_id


def audit_csv(entries: Iterable[AuditEntry]) -> Iterator[str]:
    """Entries as they are stored, with all that their hashes cover (accounts.audit.hash_of)."""
    return _lines(AUDIT_COLUMNS, ([_cell(name, getattr(entry, name)) for name in AUDIT_COLUMNS] for entry in entries))


def _cell(name: str, value: Any) -> object:
    if name == "data":
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    return value.astimezone(timezone.utc).isoformat(timespec="microseconds") if name == "at" else value
