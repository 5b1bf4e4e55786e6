"""Recorded answers of the sources, where they are on this machine (tests/shared.py): which there are, and which belongs to a call."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

from tests.emulator.formats import Answer, Ask
from tests.shared import SHARED

FOLDER = SHARED / "providers"
SECRETS = frozenset({"apikey", "api_key", "token", "crumb", "x_cg_demo_api_key"})  # of a query: two calls that differ in these are the same


@dataclass(frozen=True, slots=True)
class Recording:
    """file: its path under FOLDER; its first folder is the source."""

    file: str
    method: str
    url: str
    status: int
    content_type: str

    @property
    def source(self) -> str:
        return self.file.partition("/")[0]

    @property
    def name(self) -> str:
        return self.file.partition("/")[2]

    @property
    def body(self) -> bytes:
        return (FOLDER / self.file).read_bytes()


@lru_cache(maxsize=1)
def recordings() -> tuple[Recording, ...]:
    """All that the manifest lists; none where it is not on this machine."""
    path = FOLDER / "manifest.json"
    if not path.exists():
        return ()
    listed = json.loads(path.read_text("utf-8"))
    return tuple(Recording(each["file"], each["method"], each["url"], each["status"], each["content_type"]) for each in listed)


def recording(file: str) -> Recording:
    """By its path under FOLDER.  Raises KeyError."""
    for each in recordings():
        if each.file == file:
            return each
    raise KeyError(file)


def answer(source: str, ask: Ask) -> Answer | None:
    """The recording of this call: same method, a path that ends as the recorded one does, same query apart from keys."""
    asked = {name: value for name, value in ask.query.items() if name.lower() not in SECRETS}
    for each in recordings():
        if each.source != source or each.method != ask.method or ask.path == "/":
            continue
        address = urlsplit(each.url)
        query = {name: value for name, value in parse_qsl(address.query, keep_blank_values=True) if name.lower() not in SECRETS}
        if address.path.endswith(ask.path) and query == asked:
            return Answer(each.body, each.status, each.content_type)
    return None
