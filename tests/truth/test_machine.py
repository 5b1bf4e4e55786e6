"""Random programs over the services and over HTTP: L1, L3, L4, L5, L7, L9 and L13 after every step, on whichever database runs them.

The default is a smoke of seconds; `DRILLS=long` is the long form (docs/testing.md).
"""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.truth.machine import OverHttp, OverServices
from tests.truth.pair_machine import PairsOverHttp, PairsOverServices
from tests.truth.world import LONG, PHASES

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.drill]

PROGRAMS = int(os.environ.get("PROGRAMS", "0"))


def profile(programs: int, steps: int) -> settings:
    return settings(
        max_examples=PROGRAMS or programs,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        phases=PHASES,
        print_blob=True,
    )


def test_programs_over_the_services_leave_nothing_unexplained() -> None:
    """L1, L3, L4, L5, L9, L13."""
    run_state_machine_as_test(OverServices, settings=profile(500, 50) if LONG else profile(10, 20))


def test_programs_over_http_leave_nothing_unexplained() -> None:
    """L1, L3, L4, L5, L13, through the API and pages."""
    run_state_machine_as_test(OverHttp, settings=profile(200, 40) if LONG else profile(5, 15))


def test_transfers_there_and_back_over_the_services_lose_nothing() -> None:
    """L7, beside L1, L3, L4, L5 and L13 of both portfolios."""
    run_state_machine_as_test(PairsOverServices, settings=profile(300, 50) if LONG else profile(8, 25))


def test_transfers_there_and_back_over_http_lose_nothing() -> None:
    """L7, beside L1, L3, L4, L5 and L13 of both portfolios, through the API and pages."""
    run_state_machine_as_test(PairsOverHttp, settings=profile(100, 40) if LONG else profile(5, 20))
