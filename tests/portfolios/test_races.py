"""Two people, or one with two windows, sell the same units at the same moment, over real HTTP.

The holding never goes below zero.  The same trials with the lock taken out do go wrong, on whichever database runs them:
so the test can see what it is there to see.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from portfolio_site.web.json import dumps
from portfolios.models import Holding, Portfolio, Transaction
from portfolios.services import locking, projections, recording
from tests.factories import make_instrument, make_person, make_portfolio, record
from tests.threads import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.drill, pytest.mark.slow]

TRIALS = 50
PAUSE = 0.05  # seconds inside the critical section, in which the other sale arrives


@pytest.fixture
def seller(transactional_db: None) -> dict[str, Any]:
    """Somebody with one instrument, and the headers of a signed-in browser."""
    person = make_person("racer")
    browser = Client()
    browser.force_login(person)
    token = "a" * 32
    headers = {
        "Cookie": f"sessionid={browser.cookies['sessionid'].value}; csrftoken={token}",
        "X-CSRFToken": token,
        "Content-Type": "application/json",
    }
    return {"person": person, "instrument": make_instrument("RACE"), "headers": headers}


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Judging an entry takes so long that whoever does not wait overtakes."""
    judge = recording.judge

    def slow_judge(*args: Any, **kwargs: Any) -> Any:
        book = judge(*args, **kwargs)
        time.sleep(PAUSE)
        return book

    monkeypatch.setattr(recording, "judge", slow_judge)


def _post(url: str, headers: dict[str, str], body: dict[str, Any]) -> int:
    """The status of the answer."""
    request = urllib.request.Request(url, data=dumps(body), headers=headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return int(response.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _trial(server: Any, seller: dict[str, Any]) -> tuple[Decimal, list[int]]:
    """10 units, two sales of 8 at once.  What the entries leave held, and the two answers."""
    portfolio = make_portfolio(seller["person"], name="Race")
    record(portfolio, "buy", "2024-01-02", seller["instrument"], quantity="10", price="1")
    url = f"{server.url}/api/v1/portfolios/{portfolio.pk}/transactions"
    body = {"type": "sell", "instrument": seller["instrument"].pk, "date": "2024-02-01", "quantity": "8", "price": "1"}
    answers = at_once(*[partial(_post, url, seller["headers"], body)] * 2)
    rows = Transaction.objects.live().filter(portfolio=portfolio)
    held = sum((row.quantity if row.kind == "buy" else -row.quantity for row in rows), Decimal(0))
    return held, sorted(answers)


def test_two_sales_at_once_never_sell_more_than_is_held(live_server: Any, seller: dict[str, Any]) -> None:
    outcomes = [_trial(live_server, seller) for _ in range(TRIALS)]
    assert outcomes == [(Decimal(2), [201, 422])] * TRIALS
    assert set(Holding.objects.values_list("is_open", flat=True)) == {True} and {row.quantity for row in Holding.objects.all()} == {Decimal(2)}


@contextmanager
def _nobody_waits(portfolio: Portfolio, by: Any = None) -> Iterator[Portfolio]:
    """The writer's section without its lock: read outside of any transaction, as a careless service would."""
    yield Portfolio.objects.select_related("owner").get(pk=portfolio.pk)


@pytest.mark.unbalanced
def test_without_the_lock_the_same_trials_go_wrong(live_server: Any, seller: dict[str, Any], slow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "only_writer", _nobody_waits)
    monkeypatch.setattr(recording, "write_holdings", lambda *args, **kwargs: None)
    monkeypatch.setattr(recording, "move_cash", lambda *args, **kwargs: None)
    oversold = sum(held < 0 for held, _ in (_trial(live_server, seller) for _ in range(TRIALS)))
    assert oversold >= TRIALS // 2, f"only {oversold} of {TRIALS} unguarded trials oversold: the test would not notice a missing lock"


def test_with_the_lock_the_pause_changes_nothing(live_server: Any, seller: dict[str, Any], slow: None) -> None:
    assert [_trial(live_server, seller)[0] for _ in range(5)] == [Decimal(2)] * 5


def test_the_lock_is_on_the_portfolios_row(django_assert_num_queries: Any) -> None:
    portfolio = make_portfolio(make_person())
    with django_assert_num_queries(3) as queries, locking.only_writer(portfolio, by=None):
        assert transaction.get_connection().in_atomic_block
    statements = [query["sql"] for query in queries]
    assert connection.vendor == "sqlite" or any("FOR UPDATE" in sql for sql in statements)
    assert connection.vendor != "sqlite" or any("IMMEDIATE" in sql for sql in statements)


def test_writers_of_different_portfolios_all_get_through(live_server: Any, seller: dict[str, Any]) -> None:
    portfolios = [make_portfolio(seller["person"], name=str(number)) for number in range(4)]
    body = {"type": "deposit", "date": date(2024, 1, 2).isoformat(), "amount": "5"}
    urls = [f"{live_server.url}/api/v1/portfolios/{one.pk}/transactions" for one in portfolios]
    answers = at_once(*[partial(_post, url, seller["headers"], body) for url in urls])
    assert answers == [201] * 4 and projections.check_integrity() == []
