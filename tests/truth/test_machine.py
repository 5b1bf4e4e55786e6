"""Random programs over the services and over HTTP: L1, L3, L4, L5, L9 and L13 after every step, on whichever database runs them.

The default is a smoke of seconds; `DRILLS=long` is the long form (docs/testing.md).
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.truth.machine import OverHttp, OverServices
from tests.truth.world import LONG

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.drill]

PROGRAMS = int(os.environ.get("PROGRAMS", "0"))
SHRINKING = [] if os.environ.get("HUNT") else [Phase.shrink]  # a hunt wants to know that something is wrong, not what


def profile(programs: int, steps: int) -> settings:
    return settings(
        max_examples=PROGRAMS or programs,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.explicit, Phase.reuse, Phase.generate, *SHRINKING],
        print_blob=True,
    )


def test_programs_over_the_services_leave_nothing_unexplained() -> None:
    """L1, L3, L4, L5, L9, L13."""
    run_state_machine_as_test(OverServices, settings=profile(500, 50) if LONG else profile(20, 20))


def test_programs_over_http_leave_nothing_unexplained() -> None:
    """L1, L3, L4, L5, L13, through the API and pages."""
    run_state_machine_as_test(OverHttp, settings=profile(200, 40) if LONG else profile(8, 15))
