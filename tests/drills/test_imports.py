"""A worker is killed in the middle of imports: its parent, one child, its whole group, or told to end.  Each file is in the ledger whole and once, soon."""

from __future__ import annotations

import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.drills.fleet import Client, Fleet, until
from tests.portfolios.imports.drill import statement

LONG = os.environ.get("DRILLS") == "long"
KILLS = 20 if LONG else 2
ROWS = 3000 if LONG else 1000
DONE_IN = 60.0  # seconds from the last kill until every import is done
WAYS = ("group", "child", "told to end", "parent")
ENDS = ("committed", "failed")

pytestmark = [pytest.mark.drill, pytest.mark.slow, pytest.mark.own_process]


class Importing:
    """Somebody who uploads statements, and confirms each when it was read: the journal of what was acknowledged."""

    def __init__(self, client: Client) -> None:
        self.portfolio_of: dict[int, int] = {}
        self.seen: dict[int, str] = {}
        self.done_at: dict[int, float] = {}
        self.backwards: list[str] = []
        self._progress: dict[tuple[int, str], int] = {}
        self._client, self._stop = client, threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def upload(self, portfolio: int, content: bytes) -> int:
        status, _, told = self._client.call("POST", f"/portfolios/{portfolio}/imports", content)
        assert status == 202, told
        self.portfolio_of[told["id"]] = portfolio
        return int(told["id"])

    def _run(self) -> None:
        while not self._stop.is_set():
            for pk in [one for one in list(self.portfolio_of) if one not in self.done_at]:
                self._look(pk)
            time.sleep(0.2)

    def _look(self, pk: int) -> None:
        status, _, told = self._client.call("GET", f"/imports/{pk}?page_size=1")
        if status != 200:
            return
        state, done = told["status"], told["rows_done"]
        if done < self._progress.get((pk, state), 0):
            self.backwards.append(f"{pk} {state}: {done}")
        self._progress[pk, state], self.seen[pk] = done, state
        if state == "review":
            status, _, told = self._client.call("POST", f"/imports/{pk}/commit")
            assert status in (202, 409), told
        elif state in ENDS:
            self.done_at[pk] = time.monotonic()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(60)


def _end(fleet: Fleet, way: str) -> None:
    if way == "child":
        fleet.kill_child("worker-1")
        return
    if way == "told to end":
        fleet.terminate("worker-1", patience=20)
    elif way == "parent":
        fleet.kill_parent("worker-1")
    else:
        fleet.kill("worker-1")
    fleet.start("worker-1")


def test_an_import_whose_worker_is_killed_is_whole_and_once_within_a_minute(fleet_of: Callable[..., Fleet]) -> None:
    fleet, luck = fleet_of(), random.Random(2)
    known: dict[str, Any] = fleet.ask("tests.drills.program", "importer", KILLS)
    fleet.start("web-1", "worker-1", "beat")
    importing, content = Importing(Client(known["token"], fleet.ports["web-1"])), statement(ROWS)
    hit: Counter[str] = Counter()
    killed = 0.0
    try:
        for portfolio, way, phase in zip(
            known["portfolios"], itertools.cycle(WAYS), itertools.cycle(("reading", "reading", "committing")), strict=False
        ):
            pk = importing.upload(portfolio, content)
            until(lambda pk=pk, phase=phase: importing.seen.get(pk) in (phase, "committed"))
            time.sleep(luck.uniform(0, 1))
            hit[importing.seen[pk]] += 1
            _end(fleet, way)
            killed = time.monotonic()
        until(lambda: len(importing.done_at) == KILLS, patience=600)
    finally:
        importing.stop()
    took = max(importing.done_at.values()) - killed
    print(
        {
            "kills": KILLS,
            "met while": dict(hit),
            "rows of each": ROWS,
            "all done after the last": round(took, 1),
            "ends": dict(Counter(importing.seen.values())),
        }
    )
    assert importing.backwards == [] and set(importing.seen.values()) == {"committed"}
    stored = fleet.ask("tests.drills.program", "imported", *importing.portfolio_of.values())
    assert stored == [{"entries": ROWS, "rows": ROWS, "findings": 0}] * KILLS
    assert took < DONE_IN and hit["committed"] < KILLS / 2
