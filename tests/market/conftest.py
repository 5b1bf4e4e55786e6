"""What the tests of the market share: a demo market whose real history is the last months of the real one, so that it loads at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from rest_framework.test import APIClient

from market.models import Instrument
from market.providers.demo import DemoMarket, files, paths
from market.providers.demo.files import Table
from market.services.calls.budgets import forget_own_counts
from tests.emulator import Emulator

FIRST = date(2022, 6, 1)
NOW = datetime(2023, 2, 15, 15, 30, 1, tzinfo=UTC)  # a Wednesday, seven weeks into the simulation of prices


def cut(table: Table, first: date, last: date = date.max) -> Table:
    """The rows of a table from one day to another."""
    kept = [place for place, day in enumerate(table.days) if first <= day <= last]
    return Table(tuple(table.days[place] for place in kept), {name: tuple(column[place] for place in kept) for name, column in table.columns.items()})


@pytest.fixture
def api(person: Any) -> APIClient:
    """The API as `person` uses it."""
    client = APIClient()
    client.force_authenticate(person)
    return client


@pytest.fixture
def short_demo(monkeypatch: pytest.MonkeyPatch) -> Iterator[DemoMarket]:
    """Closes from June 2022, rates from June 2022 to January 2023, invented instruments from June 2022."""
    closes, rates = cut(files.real_closes(), FIRST), cut(files.real_rates(), FIRST, date(2023, 1, 31))
    monkeypatch.setattr(files, "real_closes", lambda: closes)
    monkeypatch.setattr(files, "real_rates", lambda: rates)
    monkeypatch.setattr(paths, "INVENTED_FROM", FIRST)
    market = DemoMarket()
    monkeypatch.setattr("market.services.demo.demo_market", market)
    yield market


@pytest.fixture
def world(emulator: Emulator, settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Iterator[Emulator]:
    """Sources at the emulator, at the time of its world; everything in the database is followed."""
    settings.PROVIDERS, settings.EMULATOR_URL = ["emulated"], emulator.address
    monkeypatch.setattr("market.selectors.interest._asked", [lambda: Instrument.objects.values_list("pk", flat=True)])
    monkeypatch.setattr("market.services.refreshing.openings.patient_gate", lambda *_: lambda cost: None)  # the emulator has no budget to spare
    cache.clear()
    forget_own_counts()
    with time_machine.travel(emulator.world.now(), tick=False):
        yield emulator
    cache.clear()
