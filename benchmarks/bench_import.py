"""A statement of 100 000 rows: read and judged, then recorded; seconds, and memory above the idle process.

python -m benchmarks import           100 000 rows
python -m benchmarks.bench_import M   5 000
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.recorded import KINDS, database, portfolio_with, present, workload


def statement(rows: list[dict[str, str]]) -> bytes:
    """A file such as people make, all in dollars: no rate of a day is asked for."""
    lines = ["Date,Type,Symbol,Quantity,Price,Fees,Currency"]
    lines += [f"{row['date']},{KINDS[row['type']]},{row['symbol']},{row['quantity']},{row['price']},{row['fees']},USD" for row in rows]
    return "\n".join(lines).encode()


def status(name: str) -> float:
    """A line of /proc/self/status, in MB; 0 where there is none."""
    try:
        text = Path("/proc/self/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in text.splitlines() if line.startswith(name)), 0.0)


def timed(name: str, call: Callable[[], Any], rows: int) -> float:
    """Say what a step takes; the most memory that the process held in it, in MB."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5")  # the peak is counted anew
    idle, begin, busy = status("VmRSS"), time.perf_counter(), time.process_time()
    call()
    wall, cpu = time.perf_counter() - begin, time.process_time() - busy
    peak = status("VmHWM")
    print(
        f"   {name:18} {wall:6.1f} s ({cpu:.1f} s of CPU), {rows / wall:8,.0f} rows/s, {peak - idle:4.0f} MB above {idle:.0f} MB",
        flush=True,
    )
    return peak


def main() -> None:
    if not present():
        return
    size = sys.argv[1] if len(sys.argv) > 1 else "L"
    with database() as vendor, tempfile.TemporaryDirectory() as folder:
        from django.conf import settings

        from portfolios.choices import ImportStatus
        from portfolios.imports import reading, recording, services
        from portfolios.models import ImportBatch, Transaction

        settings.CELERY_TASK_ALWAYS_EAGER = False
        services.import_uploaded.receivers = []
        services.import_confirmed.receivers = []
        rows = workload(size, Path(folder))
        portfolio, _ = portfolio_with({row["symbol"]: "USD" for row in rows})
        content, count = statement(rows), len(rows)
        del rows
        batch = services.start_import(portfolio.owner, portfolio, file_name="l.csv", content=content)
        del content
        print(f"{vendor}: a statement of {count} rows")
        idle = status("VmRSS")
        read = timed("read and judged", lambda: reading.read_batch(batch.pk), count)
        batch = ImportBatch.objects.get(pk=batch.pk)
        assert batch.status == ImportStatus.REVIEW, (batch.status, batch.problem, batch.facts)
        services.confirm_import(portfolio.owner, batch)
        recorded = timed("recorded", lambda: recording.commit_batch(batch.pk), count)
        print(f"   one process that did both held {max(read, recorded) - idle:.0f} MB above {idle:.0f} MB at most")
        batch = ImportBatch.objects.get(pk=batch.pk)
        assert batch.status == ImportStatus.COMMITTED, (batch.status, batch.problem)
        assert Transaction.objects.count() == count


if __name__ == "__main__":
    main()
