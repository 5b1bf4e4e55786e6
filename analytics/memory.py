"""Results kept under what they rest on: ledger versions, price versions, arguments.  Nothing needs to be told to expire.

In this process the ones used last; and, where processes share a Redis, there too, sealed, because they hold amounts.
"""

from __future__ import annotations

import hashlib
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from copy import copy
from typing import TypeVar

from django.conf import settings
from django.core.cache import cache

from analytics.continuing import Before
from portfolio_site.web.sealed import CannotOpen, seal, unseal

Result = TypeVar("Result")

KEPT_FOR = 3600  # seconds in the shared cache
_LABEL = b"analytics.memory"


class Memory:
    """The results used last, at most `size` of them."""

    def __init__(self, name: str, size: int, *, shared: bool = False) -> None:
        self._name, self._size, self._shared = name, size, shared
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def of(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """The result kept under the key; made, and kept, where there is none.  A `make` that raises leaves nothing behind."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]
        found: Result | None = self._fetch(key)
        if found is None:
            found = make()
            self._store(key, found)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def _place(self, key: Hashable) -> str:
        return f"{self._name}:{hashlib.sha256(repr(key).encode()).hexdigest()}"

    def _fetch(self, key: Hashable) -> Result | None:
        if not (self._shared and settings.REDIS_URL):
            return None
        place = self._place(key)
        stored = cache.get(place)
        if stored is None:
            return None
        # the seal is checked before unpickling: only what this installation wrote is opened
        try:
            return pickle.loads(unseal(stored, _LABEL + place.encode()))  # type: ignore[no-any-return]  # noqa: S301  # nosec B301
        except CannotOpen:  # sealed with a key that is gone since: worked out anew
            return None

    def _store(self, key: Hashable, result: object) -> None:
        if self._shared and settings.REDIS_URL:
            place = self._place(key)
            cache.set(place, seal(pickle.dumps(result, protocol=pickle.HIGHEST_PROTOCOL), _LABEL + place.encode()), KEPT_FOR)


class Latest:
    """By subject, what the next result of that subject goes on from; of the subjects used last."""

    def __init__(self, size: int) -> None:
        self._size, self._lock = size, threading.Lock()
        self._kept: OrderedDict[Hashable, Before] = OrderedDict()

    def of(self, subject: Hashable) -> Before:
        """What was kept under the subject, or an empty one.  A copy: two that go on at once do not see each other halfway."""
        with self._lock:
            return copy(self._kept.get(subject) or Before())

    def keep(self, subject: Hashable, before: Before) -> None:
        with self._lock:
            self._kept[subject] = before
            self._kept.move_to_end(subject)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


latest = Latest(8)
series = Memory("series", 64, shared=True)
points = Memory("points", 16)
risks = Memory("risks", 256, shared=True)
holdings = Memory("holdings", 16)
moves = Memory("moves", 8)
costs = Memory("costs", 16)
mixes = Memory("mixes", 16)
