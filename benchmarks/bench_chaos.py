"""The main pages while every source fails in its turn, beside the same pages while all answer: no page is to be slower than 1.1 times.

One embedded process serves, and its own worker asks the emulator all the while, on a trading day that passes twenty times as fast
(trading_day.py), for a person who holds and watches what the emulator lists; FLEET=1: roles, each a process of its own.  First each kind of round once to warm up, uncounted; then
rounds of both kinds in turns, beginning with either as often, so that what else runs on the machine, and what grows, weighs on both.
Before each round of calm what was shut by failures is given time to open again.

Beside p95 on the clock stand p95 of the clock without what its thread stood in the machine's queue for a processor, where other work of the
machine holds it up; p95 of what it took of the processor itself; and what all processes took of it for each request, worker included.  “calm” compares p95 of one half of the calm rounds with
the other: what lies within that is noise of the machine.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import chain, count
from typing import Any
from urllib.parse import urlsplit

from benchmarks.server import ROOT, Client, busy, free_port, served
from benchmarks.trading_day import OPENED, PASSWORD, SPEED, TOOK, USERNAME

ROUNDS = int(os.environ.get("ROUNDS", "6"))  # counted ones, of each kind; even
REQUESTS, SETTLING = 20, 5.0  # of each path in a round; seconds, a minute and a half of the fast day
BEHIND = 120.0  # seconds by which the emulator's day is late: no price is from the future
DATABASE = "plumbline_bench_chaos"
BATCH = "/api/v1/stocks/batch"
PATHS = ("/dashboard/", "/markets/", "/holdings/{instrument}/", "/holdings/", "/instruments/{instrument}/", "/news/", "/health/", BATCH)
FAULTS: tuple[dict[str, Any], ...] = (
    {"down": True},
    {"html": True},
    {"truncated": True},
    {"drip": 0.01},
    {"latency": 3.0},
    {"reset": True},
    {"fault": 500},
    {"limit": 0},
    {"limit": 0, "retry_after": 5.0},
    {"null_holes": True},
    {"empty_window": True},
)
SOURCES = ("yahoo", "finnhub", "tiingo", "twelve_data", "coingecko", "alpha_vantage", "ecb", "frankfurter", "fred", "newsapi")


class Control:
    """The switches of the emulator, turned each second while `failing`: at random, while one source after the other is down.

    Every tenth second all of them are.
    """

    def __init__(self, address: str) -> None:
        self.address, self._chance, self.failing = address, random.Random(20261121), False
        threading.Thread(target=self._turn, daemon=True).start()

    def calls(self) -> int:
        with urllib.request.urlopen(f"{self.address}/_emulator/", timeout=10) as answer:
            return sum(json.load(answer)["calls"].values())

    def begin_day(self) -> None:
        """The emulator's clock beside the server's: as late as that began, and as fast."""
        self._post("clock", {"speed": SPEED, "seconds": OPENED.timestamp() - time.time() - BEHIND})

    def heal(self) -> None:
        self.failing = False
        time.sleep(1.5)
        for source in SOURCES:
            self._post(f"switches/{source}", {})

    def _turn(self) -> None:
        for second in count():
            if self.failing:
                for place, source in enumerate(SOURCES):
                    self._post(f"switches/{source}", {})
                    down = second % 10 == 9 or place == second % len(SOURCES)
                    self._post(f"switches/{source}", {"down": True} if down else self._chance.choice(FAULTS))
            time.sleep(1)

    def _post(self, what: str, sent: Mapping[str, Any]) -> None:
        request = urllib.request.Request(f"{self.address}/_emulator/{what}", data=json.dumps(sent).encode(), method="POST")
        urllib.request.urlopen(request, timeout=10).read()


@contextmanager
def emulator() -> Iterator[Control]:
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "tests.emulator", str(port)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        yield Control(json.loads(process.stdout.readline())["http"])
    finally:
        process.terminate()
        process.wait(10)


def p95(rounds: Iterable[list[float]]) -> float:
    """In milliseconds, of all requests of these rounds."""
    ordered = sorted(chain.from_iterable(rounds))
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000


class Rounds:
    """What was measured, by path and by whether sources failed."""

    def __init__(self, control: Control, client: Client, pid: int) -> None:
        self.control, self.client, self.pid = control, client, pid
        self.taken: dict[tuple[str, bool], list[list[float]]] = defaultdict(list)  # a list for each round
        self.own: dict[tuple[str, bool], list[list[float]]] = defaultdict(list)
        self.here: dict[tuple[str, bool], list[list[float]]] = defaultdict(list)
        self.used: dict[tuple[str, bool], float] = defaultdict(float)
        self.calls: dict[bool, int] = defaultdict(int)
        bearer = self._bearer()
        listed = json.loads(client.get("/api/v1/portfolios/all/value", **bearer))["by_holding"]
        self.symbols = [one["symbol"] for one in listed]
        self.paths = [path.format(instrument=listed[0]["instrument"]) for path in PATHS]

    def _bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.client.token(USERNAME, PASSWORD)}"}

    def run(self, failing: bool, *, counted: bool = True) -> None:
        if not failing:
            self.control.heal()
        self.control.failing = failing
        time.sleep(SETTLING)
        before = self.control.calls()
        for path in self.paths:
            bearer = self._bearer() if path == BATCH else {}  # good for a quarter of an hour of the fast day
            spent, taken, own, here = busy(self.pid), list[float](), list[float](), list[float]()
            for _ in range(REQUESTS):
                begin = time.perf_counter()
                if path == BATCH:
                    self.client.post_json(path, {"symbols": self.symbols}, **bearer)
                else:
                    self.client.get(path)
                taken.append(time.perf_counter() - begin)
                processor, clock, queued = map(float, self.client.headers[TOOK].split())
                own.append(processor)
                here.append(clock - queued)
            if counted:
                self.taken[path, failing].append(taken)
                self.own[path, failing].append(own)
                self.here[path, failing].append(here)
                self.used[path, failing] += busy(self.pid) - spent
        if counted:
            self.calls[failing] += self.control.calls() - before

    def tell(self) -> None:
        print(
            f"load {os.getloadavg()[0]:.1f}; {len(self.symbols)} holdings; {ROUNDS * REQUESTS} requests of each path and kind; "
            f"calls to sources: {self.calls[False]} while all answered, {self.calls[True]} while they failed"
        )
        for path in self.paths:
            print(
                f"{path:24} clock p95 {self._compared(self.taken, path)}   without the queue {self._compared(self.here, path)}   "
                f"own processor p95 {self._compared(self.own, path)}   ",
                end="",
            )
            quiet, busy = (self.used[path, failing] / ROUNDS / REQUESTS * 1000 for failing in (False, True))
            print(f"process {quiet:6.1f} → {busy:6.1f} ms ({busy / quiet:.2f}×)")

    def _compared(self, told: Mapping[tuple[str, bool], list[list[float]]], path: str) -> str:
        calm, chaos = (p95(told[path, failing]) for failing in (False, True))
        noise = p95(told[path, False][1::2]) / p95(told[path, False][::2])
        return f"{calm:7.1f} → {chaos:7.1f} ms ({chaos / calm:.2f}×; calm {noise:.2f}×)"


@contextmanager
def installed(emulator: str) -> Iterator[tuple[str, int]]:
    """The server on its trading day: its address, and its process.  FLEET=1: as roles on PostgreSQL and Redis, in place of one process."""
    settings = {"PROVIDERS": "emulated", "EMULATOR_URL": emulator, "DEMO_MARKET": "0", "QUOTES_EVERY": "60"}
    settings |= {"PYTHONPATH": f"{ROOT}:{ROOT / 'benchmarks' / 'clock'}", "DJANGO_SETTINGS_MODULE": "benchmarks.timed"}
    prepare = ("-m", "benchmarks.trading_day")
    if not os.environ.get("FLEET"):
        with served(prepare=prepare, **settings) as (base, _, pid):
            yield base, pid
        return
    import psycopg

    server = os.environ.get("DATABASE_URL", "postgresql://root@127.0.0.1:5432/postgres")
    settings |= {"DATABASE_URL": urlsplit(server)._replace(path=f"/{DATABASE}").geturl()}
    settings |= {"REDIS_URL": os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9")}
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {DATABASE}")
        try:
            with served(prepare=prepare, serve=("manage.py", "services", "--no-prepare"), **settings) as (base, _, pid):
                yield base, pid
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")


def main() -> None:
    with emulator() as control, installed(control.address) as (base, pid):
        control.begin_day()
        client = Client(base)
        client.sign_in(USERNAME, PASSWORD)
        time.sleep(20)  # histories and rates come in
        rounds = Rounds(control, client, pid)
        for failing in (False, True, False):
            rounds.run(failing, counted=False)
        for turn in range(ROUNDS):
            for failing in (bool(turn % 2), not turn % 2):
                rounds.run(failing)
        rounds.tell()


if __name__ == "__main__":
    main()
