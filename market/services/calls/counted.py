"""Where calls are counted, and the pauses of sources kept: the shared cache, or one that outlives a restart where that does not.

A source counts a day or a month whoever restarts meanwhile.  What counts for less is soon forgotten there too, and stays with the rest.
"""

from __future__ import annotations

from typing import Any

from django.core.cache import cache, caches
from django.utils.connection import ConnectionProxy

from market.providers.limits import DAY

lasting: Any = ConnectionProxy(caches, "calls")


def counted(seconds: float) -> Any:
    """The cache for a window of so many seconds."""
    return lasting if seconds >= DAY else cache
