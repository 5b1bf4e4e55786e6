"""kill -9 in the middle of a merge, and of taking it back: all of it or none, and the sweep goes on with it after a restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
POINTS = ["3", "12", "30", "60", "end"] if os.environ.get("DRILLS") != "long" else [*map(str, range(2, 90, 3)), "end"]
TWO = [["FB", "META"], [["FB", "6"], ["FB", "6"], ["META", "6"]], 4, 0]
ONE = [["META"], [["META", "12"], ["META", "6"]], 0, 0]


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.own_process
def test_a_killed_merge_is_whole_or_absent_and_is_gone_on_with_and_so_is_its_undoing(tmp_path: Path) -> None:
    env = {**os.environ, "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.test"}
    env.pop("DATABASE_URL", None)
    env.pop("REDIS_URL", None)
    done = subprocess.run(
        [sys.executable, "-m", "tests.portfolios.merge_drill", *POINTS], cwd=ROOT, env=env, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    merging, undoing = json.loads(done.stdout.splitlines()[-1])
    for steps, absent, whole in ((merging, ["waiting", *TWO], ["done", *ONE]), (undoing, ["parting", *ONE], ["parted", *TWO])):
        killed = [point for point, was_killed, _ in steps if was_killed]
        assert len(killed) >= 4, steps
        for point, was_killed, found in steps:
            assert found == (whole if point == "end" or not was_killed else absent), point
