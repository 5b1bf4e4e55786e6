"""The file of an export: one ZIP with JSON and CSV of every kind of row, described, and with a checksum for each file.

    README.txt                  what is what, in words
    manifest.json               version of the layout, and each file with its checksum, size and number of rows
    schema.json                 each kind of row: what it is, its fields, what was left out and why
    data/<app>.<model>.json     an array, one row a line; data/<app>.<model>.csv the same as a table
    reference/<app>.<model>.json    names of what is everybody's and that rows point at by number
    …                           what apps add: ledgers that read back in

Decimals are text, plain and exact; days and moments ISO 8601; bytes base64.  In CSV a text that a spreadsheet would take for a
formula has an apostrophe in front; lists stand there as JSON.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import tempfile
import zipfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import IO, Any
from uuid import UUID

from django.conf import settings
from django.db import models

from accounts.data_rights import registry
from portfolio_site.kernel.decimals import plain
from portfolio_site.web.downloads import safe_text
from portfolio_site.web.packed import Packed, PackedField
from portfolio_site.web.personal import Rows

SCHEMA_VERSION = "plumbline-export-1"
_CHUNK = 1000
Progress = Callable[[int, int], None]  # kinds of rows done, of how many


def write_archive(person: Any, out: IO[bytes], progress: Progress) -> None:
    """Everything of a person that is exported, as a ZIP into `out`.  Says after each kind of row, and each thousand rows, that it lives."""
    kinds = [(model, said) for model, said in registry.personal_models() if exported_fields(model)]
    pointed: dict[type[models.Model], set[Any]] = defaultdict(set)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        writer = _Writer(archive)
        for done, (model, said) in enumerate(kinds):
            progress(done, len(kinds) + 1)
            _write_rows(writer, model, said, person, pointed, lambda done=done: progress(done, len(kinds) + 1))  # type: ignore[misc]
        for model in sorted(pointed, key=lambda one: one._meta.label):
            _write_reference(writer, model, pointed[model])
        for files in registry.hooks().files:
            for file in files(person):
                writer.write(file.path, file.about, file.lines)
                progress(len(kinds), len(kinds) + 1)
        writer.finish(schema())


class _Writer:
    """Files of one archive, each with its checksum; nothing of them is held in memory."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive, self.files = archive, list[dict[str, Any]]()

    def write(self, path: str, about: str, lines: Iterable[str], rows: int | None = None) -> None:
        digest, size, count = hashlib.sha256(), 0, 0
        with self.archive.open(path, "w", force_zip64=True) as file:
            for line in lines:
                raw = line.encode()
                digest.update(raw)
                size, count = size + len(raw), count + 1
                file.write(raw)
        self.files.append({"path": path, "about": about, "rows": rows, "bytes": size, "sha256": digest.hexdigest()})

    def finish(self, described: dict[str, Any]) -> None:
        self.write("schema.json", "What the rows are, field by field", [_pretty(described)])
        self.write("README.txt", "What is what", [_readme(self.files)])
        manifest = {
            "schema_version": SCHEMA_VERSION,
            "made_by": f"Plumbline {settings.VERSION}",
            "made_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
            "files": self.files,
        }
        self.archive.writestr("manifest.json", _pretty(manifest))


def _pretty(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


# ── rows ────────────────────────────────────────────────────────────────────


def exported_fields(model: type[models.Model]) -> list[Any]:
    """The fields of a model that are exported."""
    said = registry.rows_of(model)
    return [field for field in registry.fields_of(model) if (fate := said.fate(field.name)) is not None and fate.exported]


def _columns(fields: Iterable[Any]) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Names as exported, and how each is read; what is sealed as one stands apart."""
    for field in fields:
        if isinstance(field, PackedField):
            parts = {name: part for name, part in vars(field.model).items() if isinstance(part, Packed) and part in field.parts}
            yield from ((name, _reader(name)) for name in parts)
        elif field.many_to_many:
            yield field.name, _listing(field.name)
        else:
            yield field.name, _reader(field.attname)


def _listing(name: str) -> Callable[[Any], Any]:
    return lambda row: [str(one) for one in getattr(row, name).all()]


def _reader(name: str) -> Callable[[Any], Any]:
    return lambda row: told(getattr(row, name))


def told(value: Any) -> Any:
    """A value as JSON has it.  Nothing is rounded on the way."""
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode()
    return value


def _line(values: Any) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def _array(lines: Iterable[str]) -> Iterator[str]:
    """A JSON array with one row a line."""
    before = "[\n"
    for line in lines:
        yield before + line
        before = ",\n"
    yield "[]\n" if before == "[\n" else "\n]\n"


def _write_rows(
    writer: _Writer, model: type[models.Model], said: Rows, person: Any, pointed: dict[type[models.Model], set[Any]], alive: Callable[[], None]
) -> None:
    fields = exported_fields(model)
    columns = list(_columns(fields))
    links = [(field.attname, field.related_model) for field in fields if field.is_relation and not field.many_to_many and _is_named(field)]
    count = 0
    with tempfile.TemporaryFile("w+", newline="", encoding="utf-8") as table:
        in_csv = csv.writer(table)
        in_csv.writerow(name for name, _ in columns)

        def lines() -> Iterator[str]:
            nonlocal count
            for row in registry.belonging_to(model, person.pk).order_by("pk").distinct().iterator(chunk_size=_CHUNK):
                values = {name: read(row) for name, read in columns}
                for attname, target in links:
                    if (key := getattr(row, attname)) is not None:
                        pointed[target].add(key)
                in_csv.writerow(_cell(value) for value in values.values())
                count += 1
                if count % _CHUNK == 0:
                    alive()
                yield _line(values)

        name = model._meta.label_lower
        writer.write(f"data/{name}.json", said.what, _array(lines()))
        writer.files[-1]["rows"] = count
        table.seek(0)
        writer.write(f"data/{name}.csv", said.what, iter(lambda: table.read(1 << 16), ""), rows=count)


def _is_named(field: Any) -> bool:
    try:
        return bool(registry.rows_of(field.related_model).known_by)
    except LookupError:
        return False


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool | int):
        return str(value)
    return safe_text(value if isinstance(value, str) else _line(value)) if not _is_number(value) else str(value)


def _is_number(value: Any) -> bool:
    """Decimals stand as text; a negative one is a number to a spreadsheet, and no formula."""
    return isinstance(value, str) and value.replace(".", "", 1).removeprefix("-").isdecimal() and value.isascii()


def _write_reference(writer: _Writer, model: type[models.Model], keys: set[Any]) -> None:
    said = registry.rows_of(model)
    found = {field.name: field for field in model._meta.local_fields}
    names = [str(getattr(model._meta.pk, "name", "id")), *said.known_by]
    columns = [(name, _reader(found[name].attname)) for name in names]

    def lines() -> Iterator[str]:
        wanted = sorted(keys)
        for start in range(0, len(wanted), 500):
            for row in model._default_manager.filter(pk__in=wanted[start : start + 500]).order_by("pk"):
                yield _line({name: read(row) for name, read in columns})

    writer.write(f"reference/{model._meta.label_lower}.json", f"Names that rows point at: {said.what.lower()}", _array(lines()), rows=len(keys))


# ── what it says of itself ──────────────────────────────────────────────────


def schema() -> dict[str, Any]:
    """Each kind of row with its fields: of what type, whether it is in the export, and why not."""
    kinds = {}
    for model, said in registry.personal_models():
        types = {field.name: _type(field) for field in exported_fields(model)}
        fields = {name: {"type": types.get(name, "text, exact decimal as text, or list")} for name, _ in _columns(exported_fields(model))}
        left = {field.name: fate.reason for field in registry.fields_of(model) if (fate := said.fate(field.name)) is not None and not fate.exported}
        kinds[model._meta.label_lower] = {"what": said.what, "fields": fields, "left_out": left}
    return {"schema_version": SCHEMA_VERSION, "kinds": kinds}


def _type(field: Any) -> str:
    if field.many_to_many:
        return "list of names"
    if field.is_relation:
        return f"number of a row of {field.related_model._meta.label_lower}"
    named = {"DateField": "day", "DateTimeField": "moment", "BooleanField": "true or false", "BinaryField": "text, number, list or bytes"}
    internal = field.get_internal_type()
    return named.get(internal, "whole number" if "Integer" in internal or "Auto" in internal else "text or exact decimal as text")


def _readme(files: Iterable[dict[str, Any]]) -> str:
    listed = "\n".join(f"  {file['path']:<48} {file['about']}" for file in files)
    return (
        "Everything that this installation of Plumbline keeps about you\n"
        "==============================================================\n\n"
        f"{(__doc__ or '').strip()}\n\n"
        "Secrets (passwords, keys, second factors) are not in it: they would be no safer in a file.  schema.json says of each\n"
        "field that was left out why.  manifest.json has a SHA-256 checksum of every file but itself.\n"
        "Plumbline reads this file back in: Settings > Your data > Bring an export.\n\n"
        f"Files\n-----\n{listed}\n"
    )
