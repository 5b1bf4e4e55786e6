"""A Redis that is up and says nothing is waited for once, by one; then nobody asks it, until it speaks."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import TimeoutError as TimedOut

from portfolio_site.web import bell, push, silence


class Mute:
    """Takes connections, and says nothing until it is told to speak; then it answers every question with PONG."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"redis://127.0.0.1:{self._server.getsockname()[1]}/0"
        self._speaks = False
        self._held: list[socket.socket] = []
        threading.Thread(target=self._run, daemon=True).start()

    def speak(self) -> None:
        self._speaks = True

    def _run(self) -> None:
        while True:
            try:
                connection, _ = self._server.accept()
            except OSError:
                return
            self._held.append(connection)
            if self._speaks:
                threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    @staticmethod
    def _answer(connection: socket.socket) -> None:
        while data := connection.recv(1000):
            connection.sendall(b"+PONG\r\n" * data.count(b"*"))

    def close(self) -> None:
        for one in (self._server, *self._held):
            one.close()


@pytest.fixture
def mute(monkeypatch: pytest.MonkeyPatch, settings: object) -> Iterator[Mute]:
    monkeypatch.setattr(silence, "EVERY", 0.1)
    made = Mute()
    settings.CELERY_BROKER_URL = made.address  # type: ignore[attr-defined]
    yield made
    made.close()
    bell.forget_rest()


def _soon(true: Callable[[], bool]) -> bool:
    ends = time.monotonic() + 10
    while not true() and time.monotonic() < ends:
        time.sleep(0.02)
    return true()


def test_who_is_silent_is_so_until_it_speaks(mute: Mute) -> None:
    assert not silence.is_silent(mute.address)
    silence.begin(mute.address)
    silence.begin(mute.address)
    time.sleep(0.5)
    assert silence.is_silent(mute.address) and not silence.is_silent("redis://127.0.0.1:1/0")
    mute.speak()
    assert _soon(lambda: not silence.is_silent(mute.address))


def test_who_refuses_is_not_silent(mute: Mute) -> None:
    silence.begin("redis://127.0.0.1:1/0")
    assert _soon(lambda: not silence.is_silent("redis://127.0.0.1:1/0"))


def test_a_forked_child_listens_for_itself(mute: Mute) -> None:
    silence._silent[mute.address] = 1  # as a child finds what its parent wrote down
    mute.speak()
    assert silence.is_silent(mute.address)
    assert _soon(lambda: not silence.is_silent(mute.address))


def test_a_bell_that_was_not_answered_is_not_rung_until_the_broker_speaks(mute: Mute, monkeypatch: pytest.MonkeyPatch) -> None:
    rung = []

    def waited() -> None:
        rung.append(1)
        raise OperationalError("no answer") from TimedOut("no answer")

    monkeypatch.setattr(bell, "REST", 0.0)
    assert not bell.told("one", waited) and not bell.told("two", waited)
    assert rung == [1]
    mute.speak()
    assert _soon(lambda: not silence.is_silent(mute.address))
    assert bell.told("three", lambda: None)


def test_news_to_sockets_wait_once_and_are_dropped_after_that(mute: Mute, settings: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(push, "PATIENCE", 0.3)
    settings.CHANNEL_LAYERS = {  # type: ignore[attr-defined]
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [mute.address]}}
    }
    begin = time.monotonic()
    push.send("quotes", {"type": "quotes.changed", "ids": [1]})
    assert silence.is_silent(mute.address) and time.monotonic() - begin >= 0.3
    begin = time.monotonic()
    for _ in range(20):
        push.send("quotes", {"type": "quotes.changed", "ids": [1]})
    assert time.monotonic() - begin < 0.2
