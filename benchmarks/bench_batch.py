"""The nightly batch through Celery: two worker processes, Redis as the doorbell, 10 000 portfolios of size S on one market.

PORTFOLIOS takes fewer; with more than a thousand, a thousand are measured first, so that it shows whether the time grows with them.
Three nights: nothing is kept yet; a day of new prices, ledgers as they were; and nothing has changed.  DATABASE_URL chooses PostgreSQL.

    python -m benchmarks batch
    PORTFOLIOS=1000 python -m benchmarks batch
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.priced import filled_many
from benchmarks.recorded import database, present
from benchmarks.server import busy, free_port

ROOT = Path(__file__).resolve().parent.parent
MANY = int(os.environ.get("PORTFOLIOS", "10000"))
FIRST = 1000
WORKERS = 2


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A Redis of its own, in memory."""
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        time.sleep(0.5)
        try:
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            server.terminate()


@contextlib.contextmanager
def workers(address: str) -> Iterator[int]:
    """Two worker processes of the analytics queue; the number of the process above them."""
    command = [sys.executable, "-m", "celery", "-A", "portfolio_site", "worker", "-Q", "analytics", "-c", str(WORKERS), "-l", "ERROR"]
    command += ["--prefetch-multiplier", "1", "--without-gossip", "--without-mingle"]
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | {"REDIS_URL": address}, stdout=subprocess.DEVNULL) as worker:
        try:
            yield worker.pid
        finally:
            worker.terminate()


def night(parent: int, ring: Any) -> tuple[int, float, float]:
    """How many, by the clock, and of processor time."""
    from analytics.models import Snapshot
    from analytics.snapshots import taking

    begin, before = time.perf_counter(), busy(parent)
    ring()
    while Snapshot.objects.filter(due_at__isnull=False).exists():
        time.sleep(0.2)
        if time.perf_counter() - begin > 60 + MANY / 20:
            raise TimeoutError(f"{len(taking.waiting(_far()))} were not taken")
    return Snapshot.objects.count(), time.perf_counter() - begin, busy(parent) - before


def _far() -> Any:
    from datetime import timedelta

    from django.utils import timezone

    return timezone.now() + timedelta(days=1)


def nights(parent: int, name: str) -> None:
    from django.db.models import F, Max

    from analytics import tasks
    from market.models import Instrument, PriceColumn

    def new_prices() -> None:
        newest = Instrument.objects.aggregate(newest=Max("prices_version"))["newest"]
        Instrument.objects.update(prices_version=F("prices_version") + newest)
        PriceColumn.objects.update(version=F("version") + newest)

    for what, change in (("nothing kept yet", lambda: None), ("new prices, same ledgers", new_prices), ("nothing has changed", lambda: None)):
        change()
        many, wall, cpu = night(parent, tasks.plan_snapshots)
        print(f"{name}: {many:6} portfolios, {what:24} {wall:6.1f} s, {many / wall:6.0f}/s by the clock; {cpu:6.1f} s of CPU, "
              f"{many / cpu * WORKERS:6.0f}/s on {WORKERS} cores of one's own", flush=True)  # fmt: skip


def main() -> None:
    if not present():
        return
    if shutil.which("redis-server") is None:
        print("redis-server is not on this machine; the batch is not measured.")
        return
    with redis() as address, database() as vendor:
        from django.conf import settings

        from portfolio_site.celery import app

        # only the doorbell: this process computes nothing
        app.conf.broker_url = address
        app.conf.broker_transport_options = {"visibility_timeout": 3600}
        settings.CELERY_BROKER_URL = address
        first = min(FIRST, MANY)
        filled_many(first, owners=max(first // 2, 1))
        with workers(address) as parent:
            time.sleep(6)
            nights(parent, vendor)
            if first < MANY:
                from analytics.models import Snapshot

                Snapshot.objects.all().delete()
                filled_many(MANY - first, owners=(MANY - first) // 2, again=True)
                nights(parent, vendor)


if __name__ == "__main__":
    main()
