"""The services of the drills: started once, with the tables made once; each drill has a database of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.alerts.services_of_our_own import Postgres, Redis
from tests.drills.fleet import Fleet


@dataclass
class World:
    postgres: Postgres
    redis: Redis
    database: str


@pytest.fixture(scope="session")
def _services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Postgres, Path]]:
    folder = tmp_path_factory.mktemp("services")
    postgres = Postgres()
    try:
        database = postgres.make_database("template_of_drills")
        fleet = Fleet(folder, database=database, redis="redis://127.0.0.1:1/0")
        fleet.ask("tests.drills.program", "prepare")
        fleet.close()
        yield postgres, folder
    finally:
        postgres.close()


@pytest.fixture
def world(_services: tuple[Postgres, Path], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    """PostgreSQL, a Redis, and an own database with the tables in it."""
    postgres, _ = _services
    redis = Redis(tmp_path)
    name = f"drill_{abs(hash(request.node.nodeid)) % 10**8}"
    try:
        yield World(postgres, redis, postgres.make_database(name, like="template_of_drills"))
    finally:
        redis.end()


@pytest.fixture
def fleet_of(world: World, tmp_path: Path) -> Iterator[Callable[..., Fleet]]:
    """Makes fleets that end with the test."""
    made: list[Fleet] = []

    def make(**settings: str) -> Fleet:
        told = {"database": world.database, "redis": world.redis.url, **settings}
        made.append(Fleet(tmp_path, **told))
        return made[-1]

    yield make
    for fleet in made:
        fleet.close()
