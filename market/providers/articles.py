"""News in one form: plain text without marks or pictures, each address once."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from market.providers.base import ArticleRow

TITLE, SUMMARY = 300, 1_000  # characters
_UNSEEN = re.compile(r"<(script|style)\b.*?(</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_MARK = re.compile(r"<!--.*?(-->|\Z)|</?[a-zA-Z][^<>]*(>|\Z)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_CUT = re.compile(r"\s*…?\s*\[\+\d+ chars\]\s*\Z")  # NewsAPI tells how much it left out


def text(value: Any, most: int = SUMMARY) -> str:
    """Plain text of what may hold HTML, on one line, cut between words; empty for what is no text."""
    if not isinstance(value, str):
        return ""
    unmarked = html.unescape(_MARK.sub(" ", _UNSEEN.sub(" ", value[: most * 20])))
    unmarked = _MARK.sub(" ", _UNSEEN.sub(" ", unmarked))  # marks that were written as &lt;b&gt;
    shown: str = " ".join(_CONTROL.sub(" ", _CUT.sub("", unmarked)).split())
    if len(shown) <= most:
        return shown
    return shown[: most - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def link(value: Any, most: int = 2_000) -> str:
    """The address where it is one of the web; empty for all others: `javascript:`, one that names a user (`https://bank.example@evil.example`),
    one without a host, one with signs that are not seen."""
    address = value.strip() if isinstance(value, str) else ""
    if (
        not address.lower().startswith(("https://", "http://"))
        or len(address) > most
        or re.search(r"[\s\"<>\\]", address)
        or not address.isprintable()
    ):
        return ""
    try:
        parts = urlsplit(address)
        return address if parts.hostname and parts.username is None and parts.port != 0 else ""
    except ValueError:  # brackets that hold no address, a port that is none
        return ""


def merged(articles: Iterable[ArticleRow]) -> list[ArticleRow]:
    """Each address once, with the symbols of all that had it; newest first."""
    found: dict[str, ArticleRow] = {}
    for each in articles:
        if known := found.get(each.url):
            each = replace(known, symbols=tuple(dict.fromkeys([*known.symbols, *each.symbols])))
        found[each.url] = each
    return sorted(found.values(), key=lambda each: (each.published_at, each.url), reverse=True)
