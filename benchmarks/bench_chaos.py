"""The main pages while every source fails in its turn, beside the same pages while all answer: no page is to be slower than 1.1 times.

One embedded process serves, and its own worker asks the emulator all the while.  Rounds of both kinds take turns, so that what else runs
on the machine weighs on both.  Beside the time on the clock stands the processor time of the whole process, worker included, for each
request: on a busy machine that is the figure to read.  BENCH_DATA names a data folder that is prepared already.
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
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from benchmarks.server import ROOT, Client, free_port, served

ROUNDS, REQUESTS = 3, 8  # of each kind; of each path in a round
BATCH = "/api/v1/stocks/batch"
PATHS = ("/dashboard/", "/markets/", "/holdings/{instrument}/", "/holdings/", "/news/", "/health/", BATCH)
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
SOURCES = ("yahoo", "finnhub", "tiingo", "twelve_data", "coingecko", "alpha_vantage", "ecb", "frankfurter")


class Control:
    """The switches of the emulator, turned each second while `failing`: at random, while one source after the other is down.

    Every tenth second all of them are.
    """

    def __init__(self, address: str) -> None:
        self._address, self._chance, self.failing = address, random.Random(20261121), False
        threading.Thread(target=self._turn, daemon=True).start()

    def calls(self) -> int:
        with urllib.request.urlopen(f"{self._address}/_emulator/", timeout=10) as answer:
            return sum(json.load(answer)["calls"].values())

    def heal(self) -> None:
        self.failing = False
        time.sleep(1.5)
        for source in SOURCES:
            self._switch(source, {})

    def _turn(self) -> None:
        for second in count():
            if self.failing:
                for place, source in enumerate(SOURCES):
                    self._switch(source, {})
                    down = second % 10 == 9 or place == second % len(SOURCES)
                    self._switch(source, {"down": True} if down else self._chance.choice(FAULTS))
            time.sleep(1)

    def _switch(self, source: str, to: dict[str, Any]) -> None:
        request = urllib.request.Request(f"{self._address}/_emulator/switches/{source}", data=json.dumps(to).encode(), method="POST")
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


def processor_seconds(pid: int) -> float:
    """What the process used so far."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def p95(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000


def main() -> None:
    with emulator() as control:
        settings = {"PROVIDERS": "emulated", "EMULATOR_URL": control._address, "QUOTES_EVERY": "15"}
        with served(os.environ.get("BENCH_DATA"), **settings) as (base, _, pid):
            client = Client(base)
            client.sign_in()
            bearer = {"Authorization": f"Bearer {client.token()}"}
            listed = json.loads(client.get("/api/v1/portfolios/all/value", **bearer))["by_holding"]
            symbols = [one["symbol"] for one in listed]
            paths = [path.format(instrument=listed[0]["instrument"]) for path in PATHS]

            def ask(path: str) -> None:
                client.post_json(path, {"symbols": symbols}, **bearer) if path == BATCH else client.get(path)

            for path in paths:
                ask(path)
            taken: dict[tuple[str, bool], list[float]] = defaultdict(list)
            used: dict[tuple[str, bool], float] = defaultdict(float)
            calls = {False: 0, True: 0}
            for turn in range(2 * ROUNDS):
                failing = bool(turn % 2)
                if not failing:
                    control.heal()
                control.failing = failing
                before = control.calls()
                for path in paths:
                    spent = processor_seconds(pid)
                    for _ in range(REQUESTS):
                        begin = time.perf_counter()
                        ask(path)
                        taken[path, failing].append(time.perf_counter() - begin)
                    used[path, failing] += processor_seconds(pid) - spent
                calls[failing] += control.calls() - before
            print(f"load {os.getloadavg()[0]:.1f}; calls to sources: {calls[False]} while all answered, {calls[True]} while they failed")
            for path in paths:
                calm, chaos = (p95(taken[path, failing]) for failing in (False, True))
                quiet, busy = (used[path, failing] / ROUNDS / REQUESTS * 1000 for failing in (False, True))
                shown = path.partition("?")[0]
                print(
                    f"{shown:26} p95 {calm:7.1f} → {chaos:7.1f} ms ({chaos / calm:.2f}×)   processor {quiet:6.1f} → {busy:6.1f} ms ({busy / quiet:.2f}×)"
                )


if __name__ == "__main__":
    main()
