"""Web processes that are killed in the middle of requests, and a rolling restart of everything under load.  Of the journal nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import random
import threading
import time
from typing import Any

import pytest

from tests.drills.fleet import Client, Writers, everything_once, until

LONG = os.environ.get("DRILLS") == "long"
KILLS = 20 if LONG else 3
ROUNDS = 20
BACK_IN = 60  # seconds from a kill to the next acknowledgement, with the start of the process and with keys that were cut off in the work

pytestmark = [pytest.mark.drill, pytest.mark.slow, pytest.mark.own_process]


def test_a_web_process_killed_in_the_middle_of_requests_loses_nothing_and_does_nothing_twice(fleet_of):
    fleet, luck = fleet_of(), random.Random(11)
    known = fleet.ask("tests.drills.program", "book")
    fleet.start("web-1")
    journal = Writers(lambda: Client(known["token"], fleet.ports["web-1"]), known["portfolio"])
    slowest = 0.0
    try:
        for _ in range(KILLS):
            before = len(journal.acknowledged)
            while len(journal.acknowledged) < before + 3:  # requests are under way again
                time.sleep(0.05)
            time.sleep(luck.uniform(0, 0.3))
            fleet.kill("web-1")
            killed, before = time.monotonic(), len(journal.acknowledged)
            fleet.start("web-1")
            while len(journal.acknowledged) == before and time.monotonic() - killed < BACK_IN:
                time.sleep(0.05)
            slowest = max(slowest, time.monotonic() - killed)
    finally:
        journal.stop()
    print(
        {
            "kills": KILLS,
            "entries": len(journal.acknowledged),
            "cut": journal.cut,
            "refused": journal.refused,
            "answers": journal.statuses,
            "slowest back": round(slowest, 1),
        }
    )
    assert slowest < BACK_IN and journal.cut + journal.refused and not journal.odd
    everything_once(fleet, known["portfolio"], journal)


class Listener:
    """A socket that comes back whenever it is closed, after a moment by chance; with which codes it was closed."""

    def __init__(self, port: int, token: str) -> None:
        self.codes: list[int | None] = []
        self.opened = 0
        self._port, self._token, self._stop = port, token, threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()))
        self._thread.start()

    async def _run(self) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import ConnectionClosed, InvalidHandshake

        while not self._stop.is_set():
            try:
                async with connect(f"ws://127.0.0.1:{self._port}/api/v1/ws/live", compression=None) as socket:
                    await socket.send(json.dumps({"type": "auth", "token": self._token}))
                    await socket.send(json.dumps({"type": "ping"}))
                    await socket.recv()
                    self.opened += 1
                    while not self._stop.is_set():
                        try:
                            await asyncio.wait_for(socket.recv(), 0.5)
                        except TimeoutError:
                            continue
            except ConnectionClosed as end:
                self.codes.append(end.rcvd.code if end.rcvd else None)
            except (OSError, InvalidHandshake, TimeoutError):
                await asyncio.sleep(random.uniform(0.1, 1.0))

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)


@pytest.mark.skipif(not LONG, reason="a minute of a whole machine: make drills")
def test_a_rolling_restart_under_load_fails_no_request_and_tells_sockets_to_come_back(fleet_of):
    fleet = fleet_of()
    known = fleet.ask("tests.drills.program", "book")
    fleet.start("web-1", "web-2", "live-1")
    client = lambda: Client(known["token"], fleet.ports["web-1"], fleet.ports["web-2"])  # noqa: E731
    journal, listener = Writers(client, known["portfolio"]), Listener(fleet.ports["live-1"], known["token"])
    codes: list[Any] = []
    try:
        for number in range(ROUNDS):
            name = f"web-{1 + number % 2}"
            until(lambda number=number: listener.opened > number)
            codes.append(fleet.terminate(name))
            fleet.start(name)
            fleet.terminate("live-1")
            fleet.start("live-1")
            until(lambda number=number: len(listener.codes) > number)
        until(lambda: listener.opened > ROUNDS)
    finally:
        journal.stop()
        listener.stop()
    print(
        {
            "restarts": ROUNDS,
            "entries": len(journal.acknowledged),
            "refused": journal.refused,
            "cut": journal.cut,
            "answers": journal.statuses,
            "sockets": listener.codes,
        }
    )
    assert not journal.odd, journal.odd[:5]
    assert set(journal.statuses) <= {201, 503} and listener.codes[:ROUNDS] == [1012] * ROUNDS and listener.opened > ROUNDS
    everything_once(fleet, known["portfolio"], journal)
