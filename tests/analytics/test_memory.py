"""Results are kept under what they rest on, in this process and, sealed, where processes share a cache."""

from __future__ import annotations

from typing import Any

from django.core.cache import cache

from analytics.memory import Memory


def test_a_result_is_made_once_for_a_key() -> None:
    memory, made = Memory("test", 2), []

    def make() -> int:
        made.append(1)
        return len(made)

    assert [memory.of("a", make), memory.of("a", make), memory.of("b", make), memory.of("a", make)] == [1, 1, 2, 1]


def test_only_the_ones_used_last_are_kept() -> None:
    memory = Memory("test", 2)
    for key in "abac":
        memory.of(key, lambda key=key: key.upper())
    assert memory.of("a", lambda: "made again") == "A"
    assert memory.of("b", lambda: "made again") == "made again"


def test_a_failure_leaves_nothing_behind() -> None:
    memory = Memory("test", 2)
    try:
        memory.of("a", lambda: 1 // 0)
    except ZeroDivisionError:
        pass
    assert memory.of("a", lambda: 5) == 5


def test_what_leaves_the_process_is_sealed(settings: Any) -> None:
    cache.clear()
    settings.REDIS_URL = "redis://shared"
    Memory("test", 2, shared=True).of(("portfolio", 7), lambda: {"amount": "123456.78"})
    stored = [value for value in _stored() if isinstance(value, bytes)]
    assert stored and all(b"123456.78" not in value for value in stored)
    assert Memory("test", 2, shared=True).of(("portfolio", 7), lambda: "made again") == {"amount": "123456.78"}


def _stored() -> list[Any]:
    import hashlib

    return [cache.get(f"test:{hashlib.sha256(repr(('portfolio', 7)).encode()).hexdigest()}")]
