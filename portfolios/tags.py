"""Words that people mark entries with: how they are kept, and how entries are found by them although they are sealed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from portfolio_site.web.sealed import fingerprint

MOST_TAGS, LONGEST_TAG = 20, 50
_KEY_DIGITS = 32


def tidy_tags(tags: Iterable[str]) -> tuple[str, ...]:
    """Tags as they are kept: in one form of Unicode, without outer or double spaces, each once whatever its case."""
    found: dict[str, str] = {}
    for tag in tags:
        text = re.sub(r"\s+", " ", unicodedata.normalize("NFC", tag)).strip()
        if text:
            found.setdefault(text.casefold(), text)
    return tuple(found.values())


def tag_key(tag: str) -> str:
    """The keyed hash by which entries with a tag are found, in any case; "" for no tag."""
    return "".join(fingerprint(text.casefold(), "tag")[:_KEY_DIGITS] for text in tidy_tags([tag]))


def tag_keys(tags: Iterable[str]) -> str:
    """The keys of all tags, each between spaces."""
    keys = " ".join(tag_key(tag) for tag in tags)
    return f" {keys} " if keys else ""
