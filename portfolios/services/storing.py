"""Rows into the database in bulk: one prepared statement on SQLite, COPY on PostgreSQL, sealed on the way.

A few rows go the ordinary way.  Of many, what is the same in all of them is written into the statement once; the rest is
gathered column by column, so that nothing is looked up for each value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.db import connection, models, transaction

from portfolio_site.web.sealed import SealedField

FEW = 50
_AT_ONCE = 20_000  # rows whose columns are gathered together
_LINES = 2000  # of one piece of a COPY
_PLAIN = re.compile(r"[A-Za-z0-9 :.+_-]*", re.ASCII)
Column = tuple[Any, list[Any]]  # a field, and its values


def store(rows: Sequence[Any]) -> None:
    """Insert rows of one model and give them their keys, which rise in the order of the rows.  All or none.

    Raises IntegrityError, as a single insert would.  Two statements for each twenty thousand rows.
    """
    if len(rows) <= FEW:
        if rows:
            with transaction.atomic():
                type(rows[0]).objects.bulk_create(rows)
        return
    keys: list[int] = []
    with transaction.atomic():
        for start in range(0, len(rows), _AT_ONCE):
            piece = rows[start : start + _AT_ONCE]
            insert = _copied if connection.vendor == "postgresql" else _executed
            keys += insert(type(rows[0]), _columns(type(rows[0]), piece), len(piece))
    for row, key in zip(rows, keys, strict=True):
        row.pk = key
        row._state.adding, row._state.db = False, connection.alias


def _columns(model: type[models.Model], rows: Sequence[Any]) -> list[Column]:
    """Every column but the key with its values as the database takes them; one value alone where all rows have the same."""
    found: list[Column] = []
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        name = field.attname
        values = [row.__dict__[name] for row in rows] if name in rows[0].__dict__ else [getattr(row, name) for row in rows]
        if isinstance(field, SealedField):
            found.append((field, _sealed(field, values)))
            continue
        if values.count(values[0]) == len(values):
            values = values[:1]
        found.append((field, _prepared(field, values)))
    return found


def _sealed(field: SealedField, values: list[Any]) -> list[Any]:
    if None not in values:
        return list(field.seal_all(values))
    sealed = iter(field.seal_all(value for value in values if value is not None))
    return [None if value is None else next(sealed) for value in values] if any(value is not None for value in values) else [None]


def _prepared(field: Any, values: list[Any]) -> list[Any]:
    if isinstance(field, (models.ForeignKey, models.IntegerField, models.BooleanField)) or (type(field) is models.CharField):
        return values
    if type(field) is models.DateField:
        known: dict[date | None, str | None] = {None: None}
        return [known[day] if day in known else known.setdefault(day, day.isoformat()) for day in values]
    return [field.get_db_prep_save(value, connection) for value in values]


# ── SQLite ──────────────────────────────────────────────────────────────────


def _executed(model: type[models.Model], columns: list[Column], count: int) -> Iterable[int]:
    """One statement, prepared once.  Nobody else writes meanwhile, so that the keys follow each other."""
    quote = connection.ops.quote_name
    varying = [values if len(values) > 1 else values * count for _, values in columns if len(values) > 1 or not _is_plain(values[0])]
    marks = ", ".join(_literal(values[0]) if len(values) == 1 and _is_plain(values[0]) else "%s" for _, values in columns)
    names = ", ".join(quote(str(field.column)) for field, _ in columns)
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES ({marks})"  # noqa: S608  (names and texts of our own, quoted)
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(zip(*varying, strict=True)))
        cursor.execute("SELECT last_insert_rowid()")
        last = int(cursor.fetchone()[0])
    return range(last - count + 1, last + 1)


def _is_plain(value: Any) -> bool:
    """It can be written into a statement as it is."""
    return value is None or isinstance(value, int) or (isinstance(value, str) and _PLAIN.fullmatch(value) is not None)


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, int) else f"'{value!s}'"


# ── PostgreSQL ──────────────────────────────────────────────────────────────


def _copied(model: type[models.Model], columns: list[Column], count: int) -> Iterable[int]:
    """COPY as text, under keys drawn beforehand from the table's sequence."""
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, str(model._meta.pk.column)
    names = ", ".join(quote(name) for name in (key, *(str(field.column) for field, _ in columns)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key, count])
        keys = [row[0] for row in cursor.fetchall()]
        texts: list[Iterable[str]] = [map(str, keys)]
        texts += [_texts(values, count) for _, values in columns]
        with connection.wrap_database_errors, cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
            for piece in _pieces(map("\t".join, zip(*texts, strict=True))):
                copy.write(piece)
    return keys


def _pieces(lines: Iterator[str]) -> Iterator[str]:
    held: list[str] = []
    for line in lines:
        held.append(line)
        if len(held) == _LINES:
            yield "\n".join(held) + "\n"
            held.clear()
    if held:
        yield "\n".join(held) + "\n"


def _texts(values: list[Any], count: int) -> Iterable[str]:
    if len(values) == 1:
        return [_copy_text(values[0])] * count
    write: Callable[[Any], str] = _copy_bytes if isinstance(values[0], (bytes, memoryview)) else _copy_text
    return map(write, values)


def _copy_bytes(value: Any) -> str:
    return "\\N" if value is None else "\\\\x" + value.hex()


def _copy_text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return _copy_bytes(value)
    if isinstance(value, (bool, datetime)):
        return str(value)
    text = str(value)
    if "\\" in text or "\t" in text or "\n" in text or "\r" in text:
        text = text.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")
    return text
