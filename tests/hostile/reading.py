"""A page as a browser reads it, and what of the texts in it has become more than text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from lxml import html

from tests.hostile.strings import MARK, TEXTS

_RUNS = ("href", "src", "action", "formaction", "hx-get", "hx-post", "data-href", "poster", "srcdoc", "background", "data")
_MARKED = [" ".join(text.split()) for text in TEXTS if MARK in text]


def told(text: str) -> str:
    """A text as a page shows it: without runs of spaces."""
    return " ".join(text.split())


class _Reader(HTMLParser):
    """Notes what no text of ours may become.  It splits a page into elements and attributes as browsers do."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._runs = ""  # the element whose content a browser would run

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._runs = tag if tag in {"script", "style"} and ("type", "application/json") not in attrs else ""
        if MARK in tag:
            self.found.append(f"<{tag}>")
        self.found += [f"<{tag} {name}={(value or '')[:80]}>" for name, value in attrs if _wrong(name, value or "")]

    def handle_endtag(self, tag: str) -> None:
        self._runs = ""

    def handle_data(self, data: str) -> None:
        if self._runs and data.strip():
            self.found.append(f"<{self._runs}>{data[:60]}")

    def handle_comment(self, data: str) -> None:
        self.found += [f"<!--{data[:60]}"] if MARK in data else []

    def handle_pi(self, data: str) -> None:
        self.found += [f"<?{data[:60]}"] if MARK in data else []

    def unknown_decl(self, data: str) -> None:
        self.found += [f"<![{data[:60]}"] if MARK in data else []


def live(page: str) -> list[str]:
    """What came out of a text: elements, attributes, addresses, scripts."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    return reader.found


def _wrong(name: str, value: str) -> bool:
    """Whether an attribute came out of a text, or runs one.  In an address of ours texts stand percent-encoded."""
    if name.startswith("on") or name == "style" or MARK in name:
        return True
    if MARK not in value:
        return False
    if name in _RUNS:
        return "%" not in value
    return not any(text in told(value) for text in _MARKED)


def words(page: str) -> str:
    """All text of a page, and what its fields and labels hold."""
    tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    return told(" \x1f ".join([*tree.itertext(), *(value for node in tree.iter() if isinstance(node.tag, str) for value in node.attrib.values())]))


def charts(page: str) -> Iterator[Any]:
    """The blocks that charts are drawn from."""
    tree = html.document_fromstring(page.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8"))
    for node in tree.iter("script"):
        if node.get("type") == "application/json":
            yield json.loads(node.text)


def templates(chart: Any) -> Iterator[str]:
    """What a chart takes for its own words: its texts are put into these."""
    if isinstance(chart, dict):
        for name, value in chart.items():
            if name in {"hovertemplate", "texttemplate"}:
                yield str(value)
            yield from templates(value)
    elif isinstance(chart, list):
        for value in chart:
            yield from templates(value)
