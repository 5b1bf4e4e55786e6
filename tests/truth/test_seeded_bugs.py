"""That the list of seeded bugs is one of this tree, and that a few of them are found.  All of them: `make seeded-bugs`."""

from __future__ import annotations

import pytest

from tests.truth.seeded_bugs import BUGS, ROOT, hunt
from tests.truth.world import LONG

SMOKE = ["drop-fee", "split-twice", "equal-rows-are-one"]


def test_there_are_twenty_five_and_each_changes_one_line_that_is_there() -> None:
    assert len({bug.name for bug in BUGS}) == len(BUGS) == 25
    gone = [bug.name for bug in BUGS if (ROOT / bug.path).read_text().count(bug.old) != 1 or bug.old == bug.new]
    assert gone == [], "these lines are not what they were: say in seeded_bugs.py where each bug is now"


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.parametrize("bug", BUGS if LONG else [bug for bug in BUGS if bug.name in SMOKE], ids=lambda bug: bug.name)
def test_a_seeded_bug_is_found(bug: object) -> None:
    found, seconds, said = hunt(bug)
    assert found, f"{bug.name} was not found in {seconds:.0f} s: {said}"
