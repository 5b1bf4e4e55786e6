"""Writing many rows at once, exactly: in blocks on SQLite, by COPY on PostgreSQL.

Rows come as the text that is stored (ExactDecimalField's own form), so that no number passes through floating point.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db import connection
from django.db.models import Max, Model

from portfolio_site.kernel.decimals import DIGITS, PLACES, exact

Row = Sequence[Any]
_BLOCK = 5000

_ORDINARY = re.compile(rf"\d{{1,{DIGITS - PLACES}}}(?:\.\d{{1,{PLACES}}})?", re.ASCII)


def is_ordinary(number: object) -> bool:
    """Whether it is a positive exact number in plain notation, as nearly all are; what is not may be exact nevertheless."""
    return type(number) is Decimal and _ORDINARY.fullmatch(str(number)) is not None and number > 0


def stored_text(number: Decimal | None) -> str | None:
    """The number with all its places, as ExactDecimalField keeps it.  Raises NotExact; never rounds."""
    if number is None:
        return None
    text = str(number)
    if _ORDINARY.fullmatch(text) is None:
        return f"{exact(number):.{PLACES}f}"
    whole, _, places = text.partition(".")
    return f"{whole}.{places:0<{PLACES}}"


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows go.  `conflict` is the unique index that makes a row the same row, `updated` the columns it then gets."""

    model: type[Model]
    columns: tuple[str, ...]
    conflict: str
    updated: tuple[str, ...]

    @property
    def table(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def names(self) -> str:
        return ", ".join(connection.ops.quote_name(name) for name in self.columns)

    @property
    def on_conflict(self) -> str:
        settings = ", ".join(f"{connection.ops.quote_name(name)} = excluded.{connection.ops.quote_name(name)}" for name in self.updated)
        return f"ON CONFLICT {self.conflict} DO UPDATE SET {settings}"  # nosec B608


def upsert(target: Target, rows: Iterable[Row]) -> None:
    """Inserts the rows, or updates those that are there.  Call it inside a transaction; no row may come twice."""
    if connection.vendor == "postgresql":
        _copy(target, rows)
        return
    # whole blocks go as one JSON text each: binding every value of every row takes half as long again
    places = ", ".join(f"json_extract(value, '$[{place}]')" for place in range(len(target.columns)))
    # the names come from the Target constants beside the callers, never from input
    statement = f"INSERT INTO {target.table} ({target.names}) SELECT {places} FROM json_each(%s) WHERE true {target.on_conflict}"  # noqa: S608  # nosec B608
    remaining = iter(rows)
    with connection.cursor() as cursor:
        while block := list(islice(remaining, _BLOCK)):
            cursor.execute(statement, [json.dumps(block)])


def _copy(target: Target, rows: Iterable[Row]) -> None:
    staging = connection.ops.quote_name(f"staged_{target.model._meta.db_table}")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {staging} ON COMMIT DROP AS SELECT {target.names} FROM {target.table} WITH NO DATA")  # noqa: S608  # nosec B608
        with cursor.copy(f"COPY {staging} ({target.names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO {target.table} ({target.names}) SELECT {target.names} FROM {staging} {target.on_conflict}")  # noqa: S608  # nosec B608
        cursor.execute(f"DROP TABLE {staging}")


def next_versions(model: type[Model], field: str, count: int) -> list[int]:
    """Versions that no row has, or had: nanoseconds since 1970, and above all that are stored.  One query.

    Caches keep columns by version; were a version used twice, also after a restored backup, they would serve the wrong one.
    """
    highest = model._default_manager.aggregate(highest=Max(field))["highest"] or 0
    first = max(time.time_ns(), highest + 1)
    return list(range(first, first + count))
