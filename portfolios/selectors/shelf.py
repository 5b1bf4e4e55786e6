"""Replayed ledgers: the ones used last, in this process; and, sealed, in the cache that processes share.

A book stands under the version of its ledger, so that nothing has to be told when an entry is recorded.  Of the ledgers of now this
process also knows which book it had last: the next version goes on from it (portfolios/ledger/resuming.py) where the row of the
portfolio says from which day on something was written.
"""

from __future__ import annotations

import pickle
import threading
from collections import OrderedDict
from typing import Any, NamedTuple

from django.conf import settings
from django.core.cache import cache

from portfolio_site.kernel.sources import REPLAYING, digest_of_code
from portfolio_site.web.sealed import CannotOpen, seal, unseal
from portfolios.ledger.book import Book
from portfolios.ledger.run import Rules
from portfolios.writes import Write

BOOKS_KEPT = 64
_HOUR = 3600
_LABEL = b"portfolios.book"


def _place(key: str) -> str:
    """In the cache that processes share, and that a new release finds: it replays for itself."""
    return f"book:{digest_of_code(REPLAYING)[:16]}:{key}"


class Last(NamedTuple):
    """The book of a ledger that was of now when it was put here.

    after  the write after which it was
    """

    book: Book
    rules: Rules
    after: Write


class Shelf:
    """The books used last."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        self._books: OrderedDict[str, Book] = OrderedDict()
        self._last: OrderedDict[Any, Last] = OrderedDict()

    def get(self, key: str) -> Book | None:
        with self._lock:
            book = self._books.get(key)
            if book is not None:
                self._books.move_to_end(key)
                return book
        if not settings.REDIS_URL:
            return None
        stored = cache.get(_place(key))
        if stored is None:
            return None
        # the seal is checked before unpickling: only what this installation wrote is opened
        try:
            found: Book = pickle.loads(unseal(stored, _LABEL + key.encode()))  # noqa: S301  # nosec B301
        except CannotOpen:  # sealed with a key that is gone since: replayed anew
            return None
        self._keep(key, found)
        return found

    def put(self, key: str, book: Book) -> None:
        self._keep(key, book)
        if settings.REDIS_URL:
            cache.set(_place(key), seal(pickle.dumps(book, protocol=pickle.HIGHEST_PROTOCOL), _LABEL + key.encode()), _HOUR)

    def last(self, portfolio: int) -> Last | None:
        """What the book of now may go on from."""
        with self._lock:
            return self._last.get(portfolio)

    def is_last(self, portfolio: int, last: Last) -> None:
        with self._lock:
            self._last[portfolio] = last
            self._last.move_to_end(portfolio)
            while len(self._last) > self._size:
                self._last.popitem(last=False)

    def _keep(self, key: str, book: Book) -> None:
        with self._lock:
            self._books[key] = book
            while len(self._books) > self._size:
                self._books.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._books.clear()
            self._last.clear()


shelf = Shelf(BOOKS_KEPT)
