"""The Redis cache for page data: when Redis is down a read finds nothing and a write is dropped, and pages go on.

Limits go on too: while Redis is down, or takes nothing more, each process counts for itself, so that guessing never becomes free.  What it
counted stands until Redis takes a newer count.  A Redis that is up and does not answer is not asked (`silence`): a page asks it many things, and
would wait for each.
"""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import cache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from django.utils.connection import ConnectionProxy
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as TimedOut

from portfolio_site.web import silence

LIMITS = ("allauth", "throttle_")  # how the keys begin of what is counted, and of codes that were used
READS = frozenset({"get", "has_key"})
log = logging.getLogger(__name__)


def forget(start: str) -> int:
    """Takes away everything whose key begins so; answers how much.  What other processes hold in their own memory stays until its time is over."""
    if isinstance(cache, ConnectionProxy) and isinstance(cache._connections[cache._alias], FailOpenRedisCache):
        backend = cache._connections[cache._alias]
        try:
            client = backend._cache.get_client(None, write=True)
            keys = list(client.scan_iter(match=f"{backend.make_key(start)}*", count=1000))
            return int(client.delete(*keys)) if keys else 0
        except RedisError as problem:
            log.warning("cache.unavailable", extra={"operation": "forget", "problem": str(problem)})
            return 0
    inside = getattr(cache, "_cache", {})
    keys = [key for key in list(inside) if str(key).startswith(cache.make_key(start))]
    for key in keys:
        cache.delete(key.partition(":")[2].partition(":")[2])
    return len(keys)


class FailOpenRedisCache(RedisCache):
    """Never use it for locks."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own_count = LocMemCache(f"limits {server}", {"OPTIONS": {"MAX_ENTRIES": 20_000}})
        self._server = server

    def _try(self, operation: str, fallback: Any, *args: Any, **kwargs: Any) -> Any:
        counted = str(args[0]).startswith(LIMITS)
        if counted and operation in READS and self._own_count.has_key(args[0]):  # Redis did not take it: what it has is older
            return getattr(self._own_count, operation)(*args, **kwargs)
        if not silence.is_silent(self._server):
            try:
                answer = getattr(super(), operation)(*args, **kwargs)
            except RedisError as problem:
                log.warning("cache.unavailable", extra={"operation": operation, "problem": str(problem)})
                if isinstance(problem, TimedOut):
                    silence.begin(self._server)
            else:
                if counted and operation not in READS:
                    self._own_count.delete(args[0])
                return answer
        return getattr(self._own_count, operation)(*args, **kwargs) if counted else fallback

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._try("get", default, key, default=default, version=version)

    def set(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> None:
        self._try("set", None, key, value, timeout=timeout, version=version)

    def add(self, key: Any, value: Any, timeout: Any = 300, version: int | None = None) -> bool:
        """True when the cache is down: what asks “am I the first?” goes on."""
        return bool(self._try("add", True, key, value, timeout=timeout, version=version))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._try("incr", delta, key, delta=delta, version=version))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._try("has_key", False, key, version=version))

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return dict(self._try("get_many", {}, keys, version=version))

    def set_many(self, data: Any, timeout: Any = 300, version: int | None = None) -> list[Any]:
        return list(self._try("set_many", [], data, timeout=timeout, version=version))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._try("delete", False, key, version=version))

    def touch(self, key: Any, timeout: Any = 300, version: int | None = None) -> bool:
        return bool(self._try("touch", False, key, timeout=timeout, version=version))
