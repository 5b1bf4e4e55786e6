"""Rows into the database in bulk: statements of many rows on SQLite, COPY on PostgreSQL, sealed on the way.

A few rows go the ordinary way.  Of many, what is the same in all of them is written into the statement or the line once; the
rest is gathered column by column, so that nothing is looked up for each value.  Rows are made ready a part at a time: they need
no room beside each other, and PostgreSQL takes one part in while the next is sealed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import date
from itertools import chain, islice
from typing import Any

from django.db import connection, models, transaction

from portfolio_site.web.fields import ExactDecimalField
from portfolio_site.web.sealed import SealedField

FEW = 50
_AT_ONCE = 4000  # rows whose columns are gathered together
_PARAMETERS = 900  # of one statement on SQLite
_PLAIN = re.compile(r"[A-Za-z0-9 :.+_-]*", re.ASCII)
_ESCAPED = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})  # in a COPY
_TO_ESCAPE = re.compile(r"[\\\t\n\r]")
Column = tuple[Any, list[Any]]  # a field, and its values


def store(rows: Sequence[Any]) -> None:
    """Insert rows of one model and give them their keys, which rise in the order of the rows.  All or none.

    Raises IntegrityError, as a single insert would.  Two statements on PostgreSQL; on SQLite up to four for each four thousand rows, and one.
    """
    if len(rows) <= FEW:
        if rows:
            with transaction.atomic():
                type(rows[0]).objects.bulk_create(rows)
        return
    model = type(rows[0])
    with transaction.atomic():
        keys = _copied(model, rows) if connection.vendor == "postgresql" else _executed(model, rows)
    name, alias = model._meta.pk.attname, connection.alias
    for row, key in zip(rows, keys, strict=True):
        setattr(row, name, key)
        state = row._state
        state.adding, state.db = False, alias


def _parts(rows: Sequence[Any]) -> Iterator[tuple[list[Column], int]]:
    """The columns of so many rows at a time."""
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        yield _columns(type(rows[0]), part), len(part)


def _columns(model: type[models.Model], rows: Sequence[Any]) -> list[Column]:
    """Every column but the key with its values as the database takes them; one value alone where all rows have the same."""
    found: list[Column] = []
    held = [row.__dict__ for row in rows]
    for field in model._meta.concrete_fields:
        if field.primary_key:
            continue
        name = field.attname
        values = [row[name] for row in held] if name in held[0] else [getattr(row, name) for row in rows]
        if isinstance(field, SealedField):
            found.append((field, _sealed(field, values)))
            continue
        if values[0] == values[-1] and values.count(values[0]) == len(values):
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


def _executed(model: type[models.Model], rows: Sequence[Any]) -> Iterable[int]:
    """Prepared statements, of many rows each where that is quicker.  Nobody else writes meanwhile, so that the keys follow each other."""
    with connection.cursor() as cursor:
        for columns, count in _parts(rows):
            varying = [values if len(values) > 1 else values * count for _, values in columns if not _is_written(values)]
            values = list(zip(*varying, strict=True)) if varying else [()] * count
            calls, nothing = _checks(model, columns)
            at_once = 1 if calls and not nothing else min(count, _PARAMETERS // max(len(varying), 1))
            whole = count - count % at_once
            with _unchecked(cursor) if calls and nothing else nullcontext():
                groups = [_flat(values[start : start + at_once]) for start in range(0, whole, at_once)]
                cursor.executemany(_statement(model, columns, at_once), groups)
                if whole < count:
                    cursor.execute(_statement(model, columns, count - whole), _flat(values[whole:]))
        cursor.execute("SELECT last_insert_rowid()")
        last = int(cursor.fetchone()[0])
    return range(last - len(rows) + 1, last + 1)


def _checks(model: type[models.Model], columns: list[Column]) -> tuple[bool, bool]:
    """(whether a check of the table calls a function, whether all that would be checked is NULL).

    Where a check calls a function SQLite keeps a journal of each statement of many rows, page by page, which costs more than
    the statement saves.  NULL passes every check of a column.
    """
    checked = [(field, values) for field, values in columns if field.db_check(connection)]
    calls = any(isinstance(field, ExactDecimalField) for field, _ in checked)
    of_table = any(isinstance(one, models.CheckConstraint) for one in model._meta.constraints)
    return calls or of_table, not of_table and all(values == [None] for _, values in checked)


@contextmanager
def _unchecked(cursor: Any) -> Iterator[None]:
    """For rows in which there is nothing to check."""
    cursor.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


def _flat(values: Iterable[tuple[Any, ...]]) -> list[Any]:
    return list(chain.from_iterable(values))


def _statement(model: type[models.Model], columns: list[Column], count: int) -> str:
    """The insert of so many rows, with what is the same in all of them.

    OR FAIL spares SQLite the journal from which it would take back one statement; what fails is taken back by the transaction.
    """
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(field.column)) for field, _ in columns)
    marks = "(" + ", ".join(_literal(values[0]) if _is_written(values) else "%s" for _, values in columns) + ")"
    return f"INSERT OR FAIL INTO {quote(model._meta.db_table)} ({names}) VALUES {', '.join([marks] * count)}"  # noqa: S608  (names and texts of our own, quoted)


def _is_written(values: list[Any]) -> bool:
    """All rows have one value, which can stand in a statement as it is."""
    value = values[0]
    return len(values) == 1 and (value is None or isinstance(value, int) or (isinstance(value, str) and _PLAIN.fullmatch(value) is not None))


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    return str(int(value)) if isinstance(value, int) else f"'{value!s}'"


# ── PostgreSQL ──────────────────────────────────────────────────────────────


def _copied(model: type[models.Model], rows: Sequence[Any]) -> list[int]:
    """COPY as text, under keys drawn beforehand from the table's sequence."""
    quote = connection.ops.quote_name
    table, key = model._meta.db_table, model._meta.pk
    names = ", ".join(quote(str(field.column)) for field in (key, *(each for each in model._meta.concrete_fields if not each.primary_key)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key.column, len(rows)])
        keys = [row[0] for row in cursor.fetchall()]
        left = iter(keys)
        with connection.wrap_database_errors, cursor.copy(f"COPY {quote(table)} ({names}) FROM STDIN") as copy:
            for columns, count in _parts(rows):
                copy.write(_lines(list(islice(left, count)), [values for _, values in columns]))
    return keys


def _lines(keys: list[int], columns: list[list[Any]]) -> str:
    """Rows of a COPY: what is the same in all of them stands in their pattern, the rest is put in."""
    pattern = "\t".join(["%s", *(_copy_text(values[0]).replace("%", "%%") if len(values) == 1 else "%s" for values in columns)]) + "\n"
    varying = [_copy_texts(values) for values in columns if len(values) > 1]
    return "".join(map(pattern.__mod__, zip(keys, *varying, strict=True)))


def _copy_texts(values: list[Any]) -> list[str]:
    """The values of a column as COPY reads them."""
    kinds = {*map(type, values)}
    if kinds == {bytes}:
        return ["\\\\x" + value.hex() for value in values]
    if kinds == {int} or (kinds == {str} and not _TO_ESCAPE.search("".join(values))):
        return values
    return list(map(_copy_text, values))


def _copy_text(value: Any) -> str:
    if value is None:
        return "\\N"
    return "\\\\x" + value.hex() if isinstance(value, bytes) else str(value).translate(_ESCAPED)
