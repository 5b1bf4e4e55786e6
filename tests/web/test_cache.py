"""When Redis is down, pages go on without their cache."""

from __future__ import annotations

import socket
import time
from typing import Any

import pytest
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import OutOfMemoryError
from redis.retry import Retry

from portfolio_site.web.cache import FailOpenRedisCache

NOWHERE = FailOpenRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})


def test_a_read_finds_nothing_and_a_write_is_dropped() -> None:
    NOWHERE.set("a", 1)
    assert NOWHERE.get("a", "default") == "default"
    assert NOWHERE.get_many(["a", "b"]) == {}
    assert NOWHERE.set_many({"a": 1}) == []
    assert NOWHERE.delete("a") is False
    assert "a" not in NOWHERE


def test_what_counts_or_asks_to_be_first_goes_on() -> None:
    assert NOWHERE.add("first", 1) is True
    assert NOWHERE.incr("count") == 1


def test_a_redis_that_is_up_and_says_nothing_is_waited_for_once_and_then_left_alone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        frozen = FailOpenRedisCache(
            f"redis://127.0.0.1:{silent.getsockname()[1]}/0", {"OPTIONS": {"socket_timeout": 0.2, "retry": Retry(NoBackoff(), 0)}}
        )
        begin = time.monotonic()
        for number in range(20):
            assert frozen.get(f"page {number}", "fallback") == "fallback"
        assert frozen.add("throttle_x", 1) and not frozen.add("throttle_x", 1)
        assert time.monotonic() - begin < 2


def test_limits_and_used_codes_are_counted_by_the_process_meanwhile() -> None:
    # every thread has an instance of its own, and they share the count
    again = FailOpenRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})
    for key in ("throttle_sign_in_192.0.2.1", "allauth:rl:x"):
        NOWHERE.set(key, [1.0], 60)
        assert again.get(key) == [1.0]
        assert NOWHERE.add(key, 1) is False
        again.delete(key)
        assert NOWHERE.get(key) is None


def test_limits_are_counted_by_the_process_while_redis_takes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    full = FailOpenRedisCache("redis://127.0.0.1:1/full", {})
    kept: dict[str, Any] = {"throttle_x": [1.0], "page": "old"}  # from before it was full
    takes = False

    def put(self: RedisCache, key: str, value: Any, **_: Any) -> None:
        if not takes:
            raise OutOfMemoryError("command not allowed when used memory > 'maxmemory'.")
        kept[key] = value

    monkeypatch.setattr(RedisCache, "get", lambda self, key, default=None, version=None: kept.get(key, default))
    monkeypatch.setattr(RedisCache, "set", put)
    for count in range(2, 6):  # as a throttle does
        full.set("throttle_x", [*full.get("throttle_x"), float(count)])
    full.set("page", "new")
    assert full.get("throttle_x") == [1.0, 2.0, 3.0, 4.0, 5.0] and full.get("page") == "old"
    takes = True
    full.set("throttle_x", [*full.get("throttle_x"), 6.0])
    assert kept["throttle_x"] == full.get("throttle_x") == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    kept["throttle_x"] = [7.0]  # counted by another process since
    assert full.get("throttle_x") == [7.0]
