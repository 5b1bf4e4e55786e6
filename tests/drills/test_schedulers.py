"""Two schedulers at once, killed in turn, and a schedule that is edited meanwhile: each period of each job once.  A day that nobody rang is made up for, once."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.drills.fleet import Fleet

LONG = os.environ.get("DRILLS") == "long"
KILLS = 20 if LONG else 2
EVERY = 15.0 if LONG else 4.0  # seconds from one kill to the next
MADE_UP_IN = 60

pytestmark = [pytest.mark.drill, pytest.mark.slow, pytest.mark.own_process]


def test_each_period_is_done_once_by_two_schedulers_that_are_killed_in_turn_and_what_was_missed_is_made_up_for_once(
    fleet_of: Callable[..., Fleet], tmp_path: Path
) -> None:
    witness = tmp_path / "witness"
    witness.touch()
    fleet = fleet_of(WITNESS=str(witness))
    daily = set(fleet.ask("tests.drills.program", "away"))
    fleet.start("witness-1")
    begin = time.monotonic()
    fleet.start("beat-1", "beat-2")
    edits = fleet.begin("tests.drills.program", "edit", KILLS * EVERY + 10)

    def done() -> Counter[str]:
        return Counter(witness.read_text().splitlines())

    while not daily <= {line.split("\t")[0] for line in done()}:
        assert time.monotonic() - begin < 3 * MADE_UP_IN, f"nobody made up for {daily - {line.split(chr(9))[0] for line in done()}}"
        time.sleep(0.5)
    took = time.monotonic() - begin
    for number in range(KILLS):
        name = f"beat-{1 + number % 2}"
        fleet.kill(name)
        fleet.start(name)
        time.sleep(EVERY)
    edits.communicate(timeout=300)
    found = done()
    print({"kills": KILLS, "periods": len(found), "made up for": len(daily), "in": round(took, 1)})
    assert [line for line, times in found.items() if times > 1] == []
    of_days = Counter(line.split("\t")[0] for line in found if line.split("\t")[0] in daily)
    assert all(times == 1 for times in of_days.values()) and set(of_days) == daily
    if LONG:
        minutes = sorted({line.split("\t")[1] for line in found if line.startswith("alerts held back by quiet hours\t")})
        whole = int(KILLS * EVERY // 60)
        assert len(minutes) >= whole, f"{len(minutes)} of {whole} minutes"
