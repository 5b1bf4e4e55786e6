"""kill -9 in the middle of an import, of 10,000 rows in the long form: after a restart it is whole or absent, and a retry makes it whole."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
LONG = os.environ.get("DRILLS") == "long"
ROWS = 10_000 if LONG else 2_500
UNITS = "10040" if LONG else "2540"  # of forty rows in sixty two units are bought, of twenty one is sold (drill.statement)
# statements of the job before which it dies; of 10,000 rows there are some forty, half of them the inserts of 500 entries each
READING = ["2", "4", "6", "9", "12", "15"] if LONG else ["9"]
RECORDING = ["1", "2", "5", "8", "12", "16", "20", "24", "28", "32", "36", "40", "44", "end"] if LONG else ["3", "18", "end"]


class Server:
    """Processes over one database file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, action: str, *more: str, kill_at: str = "") -> tuple[int, list[dict[str, object]]]:
        """The actions in a new process; how it ended, and what each look saw."""
        env = {**os.environ, "DATA_DIR": str(self.folder), "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.test", "KILL_AT": kill_at}
        env.pop("DATABASE_URL", None)
        env.pop("REDIS_URL", None)
        command = [sys.executable, "-m", "tests.portfolios.imports.drill", action, *more]
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(done.stderr[-3000:])
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.own_process
def test_a_killed_import_is_whole_or_absent_and_a_retry_makes_it_whole(tmp_path):
    server = Server(tmp_path)
    server.run("prepare", str(ROWS))
    untouched = {"status": "review", "rows": ROWS, "entries": 0, "keys": 0, "units": "0", "findings": 0}
    whole = {"status": "committed", "rows": ROWS, "entries": ROWS, "keys": ROWS, "units": UNITS, "findings": 0}

    for point in READING:
        code, _ = server.run("read", kill_at=point)
        assert code == -signal.SIGKILL, f"the reading ended before its statement {point}"
    code, (found, again) = server.run("look,read,look")
    assert code == 0 and found["status"] in ("uploaded", "reading") and found["entries"] == 0
    assert again == untouched

    server.run("confirm")
    killed = 0
    for point in RECORDING:
        code, seen = server.run("look,record", kill_at=point)
        # absent: the ledger as it was, the import waiting
        assert seen == [untouched | {"status": "committing"}], point
        killed += code == -signal.SIGKILL
        if code == 0:
            break
    assert killed >= len(RECORDING) // 2
    # whole, after the last of them died with its work done; and the sweep finds nothing left to do
    assert server.run("look,record,look") == (0, [whole, whole])
