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
READING = ["2", "4", "9", "15"] if LONG else ["9"]
RECORDING = ["1", "2", "5", "8", "12", "16", "20", "24", "28", "32", "36", "40", "44", "end"] if LONG else ["3", "18", "end"]


class Server:
    """Processes over one database file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(self, *action: str, kill_at: str = "") -> tuple[int, dict[str, object]]:
        env = {**os.environ, "DATA_DIR": str(self.folder), "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.test", "KILL_AT": kill_at}
        env.pop("DATABASE_URL", None)
        env.pop("REDIS_URL", None)
        done = subprocess.run(
            [sys.executable, "-m", "tests.portfolios.imports.drill", *action],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        if done.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(done.stderr[-3000:])
        return done.returncode, json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else {}

    def look(self) -> dict[str, object]:
        return self.run("look")[1]


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.own_process
def test_a_killed_import_is_whole_or_absent_and_a_retry_makes_it_whole(tmp_path):
    server = Server(tmp_path)
    server.run("prepare", str(ROWS))

    for point in READING:
        code, _ = server.run("read", kill_at=point)
        assert code == -signal.SIGKILL, f"the reading ended before its statement {point}"
        found = server.look()
        assert found["status"] in ("uploaded", "reading") and found["entries"] == 0
    assert server.run("read")[0] == 0
    assert server.look() == {"status": "review", "rows": ROWS, "entries": 0, "keys": 0, "units": "0", "findings": 0}

    server.run("confirm")
    whole = {"status": "committed", "rows": ROWS, "entries": ROWS, "keys": ROWS, "units": UNITS, "findings": 0}
    killed = 0
    for point in RECORDING:
        code, _ = server.run("record", kill_at=point)
        found = server.look()
        killed += code == -signal.SIGKILL
        if point == "end" or code == 0:
            assert found == whole
            break
        # absent: the ledger as it was, the import waiting
        assert found == {"status": "committing", "rows": ROWS, "entries": 0, "keys": 0, "units": "0", "findings": 0}, point
    assert killed >= 3 and server.look() == whole
    # the sweep finds nothing left to do
    assert server.run("record") == (0, {})
    assert server.look() == whole
