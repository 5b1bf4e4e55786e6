"""Fixtures of the emulator."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator.server import Emulator


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    """A running emulator whose world stands still on a Tuesday afternoon in June 2026.  Unheard calls fail the test."""
    with Emulator() as running:
        yield running
    assert running.unheard == []
