"""A worker whose acknowledgement did not get through goes on taking messages, and one whose broker is full goes on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import MagicMock

import pytest
from kombu import Connection
from kombu.transport import redis
from kombu.transport.virtual import base
from redis.exceptions import OutOfMemoryError
from redis.exceptions import TimeoutError as TimedOut

from portfolio_site.broker import QoS
from portfolio_site.celery import app


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """One message, of one that may be held; Redis does not answer."""
    made = redis.Channel.QoS(MagicMock(), prefetch_count=1)
    made._on_collect.cancel()  # nothing is given back when the test ends
    base.QoS.append(made, MagicMock(), "tag")

    def silent(*_: Any, **__: Any) -> None:
        raise TimedOut("Timeout reading from socket")

    for name in ("_remove_from_indices", "restore_by_tag"):
        monkeypatch.setattr(made, name, silent)
    yield made


def test_every_connection_of_this_application_takes_messages_so() -> None:
    assert app.main and redis.Channel.QoS is QoS


def test_a_broker_without_memory_is_a_connection_that_broke_and_no_reason_to_end() -> None:
    assert OutOfMemoryError in Connection("redis://127.0.0.1:1/0").connection_errors


@pytest.mark.parametrize(("does", "how"), [("ack", {}), ("reject", {}), ("reject", {"requeue": True})])
def test_a_message_whose_acknowledgement_did_not_get_through_takes_no_place(held: Any, does: str, how: dict[str, bool]) -> None:
    assert not held.can_consume()
    with pytest.raises(TimedOut):
        getattr(held, does)("tag", **how)
    assert held.can_consume()
