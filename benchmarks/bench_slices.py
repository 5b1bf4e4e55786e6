"""What a page waits for the interpreter while a job is at work in the same process, by how long a slice of it is (embedded.SLICE).

The page asks a database eighteen times, as large ones of ours do, and works a millisecond between two questions; the job never rests.
Lengths take turns, so that what else runs on the machine weighs on all of them; what the page stood in the machine's queue for a
processor is taken off its clock.
"""

from __future__ import annotations

import os
import sqlite3
import sys
import tempfile
import threading
import time
from pathlib import Path

from benchmarks.trading_day import queued
from portfolio_site.embedded import SLICE

QUERIES, ROWS = 18, 20_000
PAGES, TURNS = int(os.environ.get("PAGES", "8")), int(os.environ.get("TURNS", "4"))
LENGTHS = (0.005, 0.001, SLICE, 0.0002)  # the first is Python's own


def page(connection: sqlite3.Connection) -> None:
    for place in range(QUERIES):
        connection.execute("SELECT * FROM rows WHERE pk BETWEEN ? AND ?", (place * 50, place * 50 + 20)).fetchall()
        sum(range(30_000))


def measured(connection: sqlite3.Connection, pages: int) -> tuple[list[float], list[float]]:
    """Of each page: the clock without the queue, and what it took of the processor."""
    waited, used = [], []
    for _ in range(pages):
        stood, begin, before = queued(), time.perf_counter(), time.thread_time()
        page(connection)
        waited.append(time.perf_counter() - begin - (queued() - stood))
        used.append(time.thread_time() - before)
    return waited, used


def told(name: str, seconds: tuple[list[float], list[float]]) -> None:
    waited, used = (sorted(one) for one in seconds)
    middle, late = len(waited) // 2, min(len(waited) - 1, int(len(waited) * 0.95))
    print(
        f"{name:22} clock without the queue: median {waited[middle] * 1000:6.1f} ms, p95 {waited[late] * 1000:6.1f} ms"
        f"   processor: median {used[middle] * 1000:6.1f} ms"
    )


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "rows.sqlite3")
        connection.execute("CREATE TABLE rows (pk INTEGER PRIMARY KEY, text TEXT)")
        connection.executemany("INSERT INTO rows VALUES (?, ?)", [(n, "x" * 50) for n in range(ROWS)])
        connection.commit()
        told("no job", measured(connection, PAGES * TURNS))
        ended, found = threading.Event(), {length: (list[float](), list[float]()) for length in LENGTHS}

        def job() -> None:
            while not ended.is_set():
                for number in range(1000):
                    number * number

        threading.Thread(target=job, daemon=True).start()
        for _ in range(TURNS):
            for length, (waited, used) in found.items():
                sys.setswitchinterval(length)
                for sums, new in zip((waited, used), measured(connection, PAGES), strict=True):
                    sums += new
        ended.set()
        for length, seconds in found.items():
            told(f"a job, slices of {length * 1000:.1f} ms", seconds)


if __name__ == "__main__":
    main()
