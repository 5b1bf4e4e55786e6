"""Versions of things in HTTP: `ETag` out, `If-Match` in."""

from __future__ import annotations

import hashlib
from typing import Any

from django.utils.http import parse_etags

from portfolio_site.kernel.errors import Conflict


class PreconditionFailed(Conflict):
    """The thing is not in the version that the caller saw.  HTTP 412."""

    code, title = "precondition_failed", "It was changed in the meantime."


def etag_of(*parts: object) -> str:
    """A strong ETag, quotes included, that changes when any of the parts does: `etag_of("portfolio", pk, revision)`."""
    text = "\x1f".join(str(part) for part in parts)
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def check_if_match(request: Any, etag: str) -> None:
    """Honours `If-Match` where the caller sent one.  Raises PreconditionFailed unless it names this version, or is `*`.

    Weak tags never match: they do not promise that nothing was changed (RFC 9110, 13.1.1).
    """
    header = request.headers.get("If-Match", "").strip()
    if not header:
        return
    accepted = parse_etags(header)
    if "*" in accepted or etag in accepted:
        return
    raise PreconditionFailed("It was changed since you read it. Read it again, then send your change with its new ETag.")
