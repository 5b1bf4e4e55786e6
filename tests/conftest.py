"""People, the world they trade in, and a check of every ledger after each test that touched one."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone
from hypothesis import HealthCheck, settings

from tests import factories
from tests.append_only import audit_triggers_stand_aside_while_tables_are_emptied
from tests.emulator.fixtures import emulator
from tests.prepared import django_db_setup
from tests.strict_templates import strict_templates

__all__ = ["audit_triggers_stand_aside_while_tables_are_emptied", "django_db_setup", "emulator", "strict_templates"]

_DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}


# The same examples each time, and no clock, so that a run says something of the change and not of luck or of a busy machine; the long drills
# look for new ones.
settings.register_profile("repeatable", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("searching", deadline=None, print_blob=True)
settings.load_profile("searching" if os.environ.get("DRILLS") == "long" else "repeatable")


# Who may do what, what the code must not do, and what words may not become: thousands of cases that say the same on any database.
_SAID_ONCE = tuple(Path(__file__).parent / folder for folder in ("access", "contracts", "hostile"))
# Nothing in these knows of a database but what asks for one.
_PURE = tuple(Path(__file__).parent / folder for folder in ("engine", "kernel", "ledger", "market/providers"))

_BROWSER = Path(__file__).parent / "browser"
_CASES = 6  # of one test on another database; more say more of the code, and nothing more of the database


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "unbalanced: the test breaks a ledger on purpose; it is not checked afterwards")
    config.addinivalue_line("markers", "own_process: the test starts processes with settings and a database of their own")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another database than the first run's, what would only say the same again is left out; DRILLS=long has all cases."""
    if not os.environ.get("DATABASE_URL"):
        return
    met: Counter[str] = Counter()
    most = len(items) if os.environ.get("DRILLS") == "long" else _CASES
    again = [
        item
        for item in items
        if item.get_closest_marker("own_process") or any(map(item.path.is_relative_to, _SAID_ONCE)) or _is_pure(item) or _is_one_more(item, met, most)
    ]
    config.hook.pytest_deselected(items=again)
    left_out = set(again)
    items[:] = [item for item in items if item not in left_out]


def _is_one_more(item: pytest.Item, met: Counter[str], most: int) -> bool:
    """Whether it is a further case of a test of which there were enough.  Pages in a browser have no run but this one."""
    if item.path.is_relative_to(_BROWSER):
        return False
    name = item.nodeid.partition("[")[0]
    met[name] += 1
    return met[name] > most


def _is_pure(item: pytest.Item) -> bool:
    asked = set(getattr(item, "fixturenames", ()))
    return any(map(item.path.is_relative_to, _PURE)) and item.get_closest_marker("django_db") is None and not asked & _DATABASE_FIXTURES


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Where services are promised (REQUIRE_SERVICES), a test that skips for want of one has failed."""
    report = yield
    if report.skipped and os.environ.get("REQUIRE_SERVICES") and ("needs" in str(report.longrepr) or "pg_dump" in str(report.longrepr)):
        report.outcome = "failed"
        report.longrepr = f"skipped although services are promised: {report.longrepr}"
    return report


def _database_of(request: pytest.FixtureRequest) -> str:
    """The fixture that gives this test its database; "" if it has none."""
    marker = request.node.get_closest_marker("django_db")
    named = _DATABASE_FIXTURES & set(request.fixturenames)
    if (marker is not None and marker.kwargs.get("transaction")) or named - {"db"}:
        return "transactional_db"
    return "db" if marker is not None or named else ""


@pytest.fixture(autouse=True)
def books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test on a database: stored holdings equal a rebuild from zero, and every portfolio's identity holds exactly."""
    database = _database_of(request)
    if not database:
        yield
        return
    request.getfixturevalue(database)
    from market.selectors.quote_cache import near
    from portfolio_site.web.bell import forget_rest

    cache.clear()
    near.clear()
    forget_rest()
    yield
    from portfolios.models import Portfolio
    from portfolios.services import check_integrity

    if request.node.get_closest_marker("unbalanced") is None:
        touched = list(Portfolio.objects.filter(revision__gt=0).values_list("pk", flat=True))
        assert check_integrity(touched) == []


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def person(db: None) -> Any:
    """The one whose things the test is about."""
    return factories.make_person("mia")


@pytest.fixture
def stranger(db: None) -> Any:
    """Somebody else, who may see none of it."""
    return factories.make_person("sam")


@pytest.fixture
def portfolio(person: Any) -> Any:
    """An empty portfolio in EUR."""
    return factories.make_portfolio(person)


@pytest.fixture
def dollar(db: None, today: date) -> None:
    """$1.25 for €1 on each of the last 400 days, and in the first week of June 2020."""
    factories.set_rate_every_day("USD", "1.25", today - timedelta(days=400), today)
    factories.set_rate_every_day("USD", "1.12", date(2020, 6, 1), date(2020, 6, 7))


@pytest.fixture
def a_portfolio(person: Any, dollar: None, today: date) -> Callable[..., Any]:
    """Makes a portfolio of `positions` holdings, half in EUR and half in USD, each bought 30 days ago and quoted now."""

    def make(positions: int = 1, **fields: Any) -> Any:
        portfolio = factories.make_portfolio(person, **fields)
        day = today - timedelta(days=30)
        factories.record(portfolio, "deposit", day, amount="100000")
        for number in range(positions):
            instrument = factories.make_instrument(currency="USD" if number % 2 else "EUR", price="12.5", previous="12")
            factories.record(portfolio, "buy", day, instrument, quantity=str(number + 1), price="10", fees="1")
        return portfolio

    return make


@pytest.fixture
def signed_in(client: Any, person: Any) -> Any:
    """A browser in which the person is signed in."""
    client.force_login(person)
    return client


@pytest.fixture
def api(person: Any) -> Any:
    """The API, called by the person."""
    from rest_framework.test import APIClient

    caller = APIClient()
    caller.force_authenticate(person)
    return caller
