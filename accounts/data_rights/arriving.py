"""An export of Plumbline as it is read in: a ZIP whose size, names and checksums are looked at before anything is believed."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from accounts.data_rights import registry
from accounts.data_rights.archive import SCHEMA_VERSION
from accounts.errors import BadExport

LARGEST_UPLOAD = 10 * 1024 * 1024  # as statements; what is larger is read in by command
_LARGEST_UNPACKED = 1024 * 1024 * 1024
_MOST_FILES = 5_000
_AGAIN = "Export again, and bring that file as it is."


class Export:
    """An export that was opened.  Raises BadExport where it is none, was changed, or is of another version."""

    def __init__(self, content: bytes) -> None:
        self._places: dict[tuple[str, Any], Any] = {}
        self.notes: list[str] = []
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            self._check_size()
            self._check_manifest()
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zipfile.LargeZipFile):
            raise BadExport(f"This is no export of Plumbline: it does not open as a ZIP file. {_AGAIN}") from None

    def _check_size(self) -> None:
        entries = self._archive.infolist()
        if len(entries) > _MOST_FILES or sum(entry.file_size for entry in entries) > _LARGEST_UNPACKED:
            raise BadExport("The file would unpack to more than an export can be. Bring an export as Plumbline made it.")

    def _check_manifest(self) -> None:
        try:
            manifest = json.loads(self._archive.read("manifest.json"))
            version, files = manifest["schema_version"], {file["path"]: file for file in manifest["files"]}
        except (KeyError, TypeError, ValueError, RecursionError):
            raise BadExport(f"This is no export of Plumbline: it has no manifest that can be read. {_AGAIN}") from None
        if version != SCHEMA_VERSION:
            raise BadExport(f"This export has the layout “{str(version)[:40]}”; this Plumbline reads {SCHEMA_VERSION}.")
        self._paths = set(self._archive.namelist())
        for path, told in files.items():
            if path not in self._paths or self._digest(path) != told.get("sha256"):
                raise BadExport(f"{str(path)[:80]} is missing or was changed since it was exported. {_AGAIN}")
        self._paths &= files.keys()  # what has no checksum is not read

    def _digest(self, path: str) -> str:
        digest = hashlib.sha256()
        with self._archive.open(path) as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        return digest.hexdigest()

    # ── what readers ask ────────────────────────────────────────────────────

    def rows(self, label: str) -> Iterator[dict[str, Any]]:
        """The rows of a model, or of what rows point at ("reference/…")."""
        path = f"{label if label.startswith('reference/') else 'data/' + label}.json"
        for line in self.lines(path):
            text = line.strip().rstrip(",")
            if text in {"", "[", "]", "[]"}:
                continue
            try:
                told = json.loads(text)
            except (ValueError, RecursionError):
                raise BadExport(f"{path} cannot be read. {_AGAIN}") from None
            if not isinstance(told, dict):
                raise BadExport(f"{path} cannot be read. {_AGAIN}")
            yield told

    def lines(self, path: str) -> Iterator[str]:
        if path not in self._paths:
            return
        with self._archive.open(path) as file:
            yield from io.TextIOWrapper(file, encoding="utf-8", errors="replace", newline="\n")

    def place(self, label: str, number: Any, here: Any) -> None:
        self._places[label, number] = here

    def here(self, label: str, number: Any) -> Any:
        return None if number is None else self._places.get((label, number))

    def left(self, what: str) -> None:
        self.notes.append(what)


def read_in(person: Any, export: Export) -> None:
    """Takes everything in that apps know how to; the caller's transaction holds it together."""
    for read in registry.hooks().readers:
        try:
            read(person, export)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            raise BadExport(f"Something in the export is not as Plumbline writes it ({type(problem).__name__}). {_AGAIN}") from None
