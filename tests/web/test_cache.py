"""When Redis is down, pages go on without their cache."""

from __future__ import annotations

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
