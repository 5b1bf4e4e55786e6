"""When Redis is down, pages go on without their cache."""

from __future__ import annotations

import socket
import time

from redis.backoff import NoBackoff
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
