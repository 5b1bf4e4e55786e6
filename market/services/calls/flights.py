"""One call for many who want the same: while it is on its way, the others do without."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from django.core.cache import cache

_LONGEST = 120  # seconds: a worker that died must not keep the others out for longer


@contextmanager
def flight(provider: str, what: str, symbols: Iterable[str]) -> Iterator[bool]:
    """Whether the caller is the one who asks; false where the same question to the same source is on its way."""
    name = hashlib.blake2b("\n".join(sorted(symbols)).encode(), digest_size=12).hexdigest()
    key, mine = f"flight:{provider}:{what}:{name}", secrets.token_hex(8)
    first = cache.add(key, mine, timeout=_LONGEST)
    try:
        yield first
    finally:
        if first and cache.get(key) == mine:
            cache.delete(key)
