"""Redis is killed, emptied, frozen, full, or at the end of a link that swallows everything, while people write, read and watch prices.

Nothing that was acknowledged is lost, nobody who reads waits for Redis, sockets go on, and jobs come back by themselves.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from statistics import median, quantiles

import pytest
from websockets.sync.client import connect

from tests.drills.conftest import World
from tests.drills.fleet import Client, Fleet, Writers, everything_once, until
from tests.drills.link import Link

LONG = os.environ.get("DRILLS") == "long"
ROUNDS = 4 if LONG else 1
FAULTS = ("frozen", "full", "killed", "emptied", "silent link") if LONG else ("frozen", "full", "killed")
LASTS = (3.0, 8.0) if LONG else (2.0, 2.0)  # seconds
LONGEST = 60.0  # the first freeze of the long form
NOBODY_WAITS = 10.0  # seconds that the slowest answer may take, on a machine that has other things to do
BACK_IN = 60.0  # seconds from the end of a fault until a job of each queue was done
STILL = 30.0  # seconds that a socket may be without a price, which moves every two

pytestmark = [pytest.mark.drill, pytest.mark.slow, pytest.mark.own_process]


class Readers:
    """People who look at their portfolios again and again; how long each answer took, by what was broken meanwhile."""

    def __init__(self, *clients: Client) -> None:
        self.took: dict[str, list[float]] = {}
        self.odd: list[object] = []
        self.broken = "nothing"
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._run, args=(client,)) for client in clients]
        for thread in self._threads:
            thread.start()

    def _run(self, client: Client) -> None:
        while not self._stop.is_set():
            broken, begin = self.broken, time.monotonic()
            try:
                status, _, _ = client.call("GET", "/portfolios", timeout=60)
            except ConnectionError as problem:
                status = repr(problem)
            self.took.setdefault(broken, []).append(time.monotonic() - begin)
            if status != 200:
                self.odd.append(status)
            time.sleep(0.25)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)


class Watcher:
    """A socket that looks at a price; the longest time in which it showed nothing new."""

    def __init__(self, port: int, token: str) -> None:
        self.longest, self.shown = 0.0, 0
        self._port, self._token, self._stop = port, token, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with connect(f"ws://127.0.0.1:{self._port}/api/v1/ws/live", compression=None) as socket:
            socket.send(json.dumps({"type": "auth", "token": self._token}))
            socket.send(json.dumps({"type": "subscribe", "channels": ["quotes:SHARED"]}))
            last = 0.0
            while not self._stop.is_set():
                try:
                    said = json.loads(socket.recv(timeout=0.5))
                except TimeoutError:
                    continue
                if said["type"] == "quotes":
                    now = time.monotonic()
                    self.longest = max(self.longest, now - last if last else 0.0)
                    last, self.shown = now, self.shown + 1

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(30)


def _breaks(world: World, link: Link) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
    redis = world.redis
    return {
        "frozen": (redis.freeze, redis.thaw),
        "full": (redis.fill, redis.make_room),
        "killed": (redis.kill, redis.start),
        "emptied": (redis.flush, redis.flush),
        "silent link": (link.fall_silent, link.mend),
    }


def _jobs_done_since(port: int, moment: float) -> bool:
    """Whether a job of every queue was finished after that moment, as `/readyz` tells."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=30) as answer:
            told = json.load(answer)
    except urllib.error.HTTPError as not_ready:
        with not_ready:
            told = json.load(not_ready)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
    ages = told["checks"]["jobs"]["seconds_since_last"].values()
    return all(age is not None and age < time.monotonic() - moment for age in ages)


def test_while_redis_is_away_people_write_and_read_and_everything_comes_back(fleet_of: Callable[..., Fleet], world: World) -> None:
    link, luck = Link(world.redis.port), random.Random(6)
    fleet = fleet_of(redis=f"redis://127.0.0.1:{link.port}/0")
    writer, *readers = fleet.ask("tests.drills.program", "books", 3)
    fleet.start("web-1", *(("live-1", "worker-1", "beat") if LONG else ()))
    port = fleet.ports["web-1"]
    ticks = fleet.begin("tests.drills.program", "tick", 7200) if LONG else None
    watcher = Watcher(fleet.ports["live-1"], writer["token"]) if LONG else None
    if LONG:
        until(lambda: _jobs_done_since(port, 0.0))
    journal = Writers(lambda: Client(writer["token"], port), writer["portfolio"], threads=2, pause=0.3)
    reading = Readers(*(Client(one["token"], port) for one in readers))
    faults, back = _breaks(world, link), []
    try:
        until(lambda: len(journal.acknowledged) > 5)  # the first answers of a process are slow by themselves
        reading.took.clear()
        time.sleep(LASTS[1])
        for number, name in enumerate(FAULTS * ROUNDS):
            before = len(journal.acknowledged)
            breaks, mends = faults[name]
            reading.broken = name
            breaks()
            time.sleep(luck.uniform(*LASTS) if number or not LONG else LONGEST)
            reading.broken = "coming back"
            mends()
            mended = time.monotonic()
            assert until(lambda before=before: len(journal.acknowledged) > before) < BACK_IN
            if LONG:
                back.append(until(lambda mended=mended: _jobs_done_since(port, mended)))
            reading.broken = "nothing"
            time.sleep(LASTS[0])
    finally:
        journal.stop()
        reading.stop()
        if watcher is not None and ticks is not None:
            watcher.stop()
            ticks.kill()
            ticks.communicate()
        link.close()
    told = {name: (len(took), *(round(figure, 2) for figure in (median(took), _p95(took), max(took)))) for name, took in reading.took.items()}
    print(
        {"entries": len(journal.acknowledged), "answers": journal.statuses, "cut": journal.cut, "longest wait of a writer": round(journal.waited, 1)}
    )
    print({"reads: number, median, p95, longest": told, "jobs back in": [round(one, 1) for one in back]})
    assert set(journal.statuses) <= {201, 503, 409} and not journal.odd and not reading.odd
    assert journal.waited < NOBODY_WAITS and max(max(took) for took in reading.took.values()) < NOBODY_WAITS
    if watcher is not None:
        print({"prices shown": watcher.shown, "longest without": round(watcher.longest, 1)})
        assert watcher.longest < STILL and max(back) < BACK_IN
        away = [one for name, took in reading.took.items() if name in FAULTS for one in took]
        assert _p95(away) <= 2 * _p95(reading.took["nothing"])
    everything_once(fleet, writer["portfolio"], journal)


def _p95(took: list[float]) -> float:
    return quantiles(took, n=20, method="inclusive")[-1] if len(took) > 1 else took[0]
