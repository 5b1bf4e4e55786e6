"""`manage.py rotate_keys`: seal every sealed value again under the newest field key.

Safe while people work: a row is rewritten only if its stored bytes are still the ones that were read.  Stopping it at any moment
loses nothing; the next run goes on with what is left.  docs/settings.md says how to add a key and when the old one may go.
"""

from __future__ import annotations

import base64
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, models, transaction

from portfolio_site.web.sealed import CannotOpen, SealedField, SealedInside, key_number, newest_key, seal, sealed_elsewhere, sealed_inside, unseal

_PASSES = 10  # a value may be rewritten by a process that still seals with the old key; it is then met in the next pass


def sealed_columns() -> Iterator[tuple[type[models.Model], SealedField]]:
    """Every sealed column of every table."""
    for model in apps.get_models():
        if model._meta.managed and not model._meta.proxy:
            yield from ((model, field) for field in model._meta.local_concrete_fields if isinstance(field, SealedField))


class Command(BaseCommand):
    help = "Seals every sealed value again under the newest key of FIELD_KEYS. Resumable; safe under traffic."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--verify", action="store_true", help="change nothing; say how many values each key still seals")
        parser.add_argument("--batch", type=int, default=500, help="rows in one transaction (500)")

    def handle(self, *args: Any, verify: bool = False, batch: int = 500, **options: Any) -> None:
        if verify:
            self._report()
            return
        sealed, refused = 0, Counter[str]()
        for model, field in sealed_columns():
            for _ in range(_PASSES):
                done, bad = _rotate(model, field, batch)
                sealed += done
                if bad:
                    refused[f"{model._meta.label}.{field.name}"] = bad
                if not done:
                    break
        for inside in sealed_inside:
            done, bad = _rotate_inside(inside)
            sealed += done
            if bad:
                refused[f"{inside.model}.{inside.field}"] = bad
        for place in sealed_elsewhere:
            sealed += place.rotate()
        self.stdout.write(f"{sealed} values sealed again with key {newest_key()}.")
        if refused:
            for name, count in refused.items():
                self.stderr.write(f"{name}: {count} values do not open. Put their key back into FIELD_KEYS.")
            raise CommandError("Not everything was sealed again; see above. --verify names the keys.")

    def _report(self) -> None:
        """How many values each key seals, and in which columns the old keys still stand."""
        totals: Counter[int] = Counter()
        left: list[str] = []
        for model, field in sealed_columns():
            for number, count in sorted(_by_key(model, field).items()):
                totals[number] += count
                if number != newest_key():
                    left.append(f"  {model._meta.label}.{field.name}: {count} with key {number}")
        others = [(f"{one.model}.{one.field}", Counter(key_number(stored) for _, _, stored in _inside(one))) for one in sealed_inside]
        others += [(place.name, Counter(place.numbers())) for place in sealed_elsewhere]
        for name, counts in others:
            for number, count in sorted(counts.items()):
                totals[number] += count
                if number != newest_key():
                    left.append(f"  {name}: {count} with key {number}")
        for number, count in sorted(totals.items()):
            self.stdout.write(f"key {number}: {count} values")
        self.stdout.write("\n".join(left) if left else f"Everything is sealed with key {newest_key()}; older keys may go.")


def _names(model: type[models.Model], field: SealedField) -> tuple[str, str, str]:
    quote = connection.ops.quote_name
    key = model._meta.pk
    if key is None or key.column is None or field.column is None:
        raise CommandError(f"{model._meta.label}.{field.name} has no column.")
    return quote(model._meta.db_table), quote(key.column), quote(field.column)


def _by_key(model: type[models.Model], field: SealedField) -> dict[int, int]:
    """Values per key number."""
    table, _, column = _names(model, field)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT substr({column}, 1, 2), count(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1")  # noqa: S608  (names of our own tables)  # nosec B608
        return {key_number(bytes(prefix)): count for prefix, count in cursor.fetchall()}


def _rotate(model: type[models.Model], field: SealedField, batch: int) -> tuple[int, int]:
    """One pass over a column, in batches by primary key.  Returns how many values were sealed again and how many do not open."""
    table, key, column = _names(model, field)
    current = connection.Database.Binary(newest_key().to_bytes(2, "big"))  # type: ignore[attr-defined]
    done = bad = 0
    last: Any = None
    while True:
        after, params = (f"AND {key} > %s", [current, last, batch]) if last is not None else ("", [current, batch])
        query = f"SELECT {key}, {column} FROM {table} WHERE substr({column}, 1, 2) <> %s {after} ORDER BY {key} LIMIT %s"  # noqa: S608  # nosec B608
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(query, params)
            rows = cursor.fetchall()
            for pk, value in rows:
                old = bytes(value)
                try:
                    new = seal(unseal(old, field.label), field.label)
                except CannotOpen:
                    bad += 1
                    continue
                binary = connection.Database.Binary  # type: ignore[attr-defined]
                cursor.execute(f"UPDATE {table} SET {column} = %s WHERE {key} = %s AND {column} = %s", [binary(new), pk, binary(old)])  # noqa: S608  # nosec B608
                done += cursor.rowcount
        if not rows:
            return done, bad
        last = rows[-1][0]


def _inside(one: SealedInside, lock: bool = False, **of: Any) -> Iterator[tuple[Any, str, bytes]]:
    """(row, key, stored value) of what is sealed inside a JSON column."""
    rows = apps.get_model(one.model)._default_manager.filter(**of)
    for row in (rows.select_for_update() if lock else rows).order_by("pk"):
        data = getattr(row, one.field)
        yield from ((row, key, base64.b64decode(data[key])) for key in one.keys if isinstance(data, dict) and isinstance(data.get(key), str))


def _rotate_inside(one: SealedInside) -> tuple[int, int]:
    """Each row under its lock.  Returns how many values were sealed again and how many do not open."""
    done = bad = 0
    for pk in sorted({row.pk for row, _, stored in _inside(one) if key_number(stored) != newest_key()}):
        with transaction.atomic():
            for row, key, stored in _inside(one, lock=True, pk=pk):
                try:
                    again = seal(unseal(stored, one.label), one.label)
                except CannotOpen:
                    bad += 1
                    continue
                setattr(row, one.field, {**getattr(row, one.field), key: base64.b64encode(again).decode()})
                row.save(update_fields=[one.field])
                done += 1
    return done, bad
