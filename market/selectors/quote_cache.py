"""Newest prices of everybody's instruments by symbol, kept twice: in the shared cache, and before it in the process.

A price that this process stores replaces both at once.  What another process stores is seen here after NEAR seconds: so long does a price
stay in the process.  It spares the way to the shared cache and the unpacking, which for a batch of 500 is most of the work.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from django.core.cache import cache

if TYPE_CHECKING:
    from market.selectors.quotes import QuoteView

CACHED_FOR = 60  # seconds that a written quote stays in the shared cache; each new quote replaces it
FILLED_FOR = 2  # seconds for what a reader put there: it may have been read just before a newer quote was committed
NEAR = 1.0  # seconds that a quote stays in the process
MOST = 10_000  # quotes in the process, about 10 MB


class Near:
    """The level in the process: bounded, each quote for a short time, never an older one over a newer one of the same instrument."""

    def __init__(self, most: int = MOST, seconds: float = NEAR) -> None:
        self._most, self._seconds = most, seconds
        self._kept: OrderedDict[str, tuple[float, QuoteView]] = OrderedDict()  # the one that ends first stands first
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get_many(self, symbols: Iterable[str]) -> dict[str, QuoteView]:
        now, found = time.monotonic(), {}
        with self._lock:
            for symbol in symbols:
                if (one := self._kept.get(symbol)) is not None and one[0] > now:
                    found[symbol] = one[1]
        return found

    def put(self, views: Mapping[str, QuoteView]) -> None:
        now = time.monotonic()
        with self._lock:
            for symbol, view in views.items():
                known = self._kept.get(symbol)
                if known is not None and known[0] > now and known[1].instrument_id == view.instrument_id and known[1].sequence > view.sequence:
                    continue
                self._kept[symbol] = (now + self._seconds, view)
                self._kept.move_to_end(symbol)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)

    def drop(self, symbols: Iterable[str]) -> None:
        with self._lock:
            for symbol in symbols:
                self._kept.pop(symbol, None)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


near = Near()


def cache_key(symbol: str) -> str:
    """Where the quote of everybody's instrument of this symbol is kept."""
    return f"stock:{symbol}"


def cached_quotes(symbols: Iterable[str]) -> dict[str, QuoteView]:
    """Those that are cached, by symbol.  No query."""
    asked = list(symbols)
    found = near.get_many(asked)
    if missing := [symbol for symbol in asked if symbol not in found]:
        shared = {key.removeprefix("stock:"): view for key, view in cache.get_many([cache_key(symbol) for symbol in missing]).items()}
        near.put(shared)
        found |= shared
    return found


def quotes_read(views: Mapping[str, QuoteView]) -> None:
    """After a reader asked the database for what was not cached."""
    cache.set_many({cache_key(symbol): view for symbol, view in views.items()}, timeout=FILLED_FOR)
    near.put(views)


def quotes_stored(views: Mapping[str, QuoteView]) -> None:
    """After newer quotes were committed."""
    cache.set_many({cache_key(symbol): view for symbol, view in views.items()}, timeout=CACHED_FOR)
    near.put(views)


def forget_quotes(symbols: Iterable[str]) -> None:
    """After an instrument was renamed, merged or removed.  Other processes tell the former price for NEAR seconds more."""
    gone = list(symbols)
    cache.delete_many([cache_key(symbol) for symbol in gone])
    near.drop(gone)
