"""Numbers longer than any that is kept are refused by the field they are meant for, whichever endpoint they are sent to."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from portfolios.models import Transaction
from tests.factories import make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db

HUGE = "9" * 5000
LARGE = "9" * 30
WORDS = ("Exceeds", "4300 digits", "sys.", "set_int_max", "Traceback", "Python int")


@pytest.fixture
def world(person: Any) -> dict[str, Any]:
    portfolio, other = make_portfolio(person, tracks_cash=False, cost_method="fifo"), make_portfolio(person, name="Other", tracks_cash=False)
    share = make_instrument("SHARE")
    record(portfolio, "buy", date(2024, 1, 2), share, quantity="10", price="10")
    own = make_instrument("HOUSE", owner=person)
    return {"p": portfolio.pk, "o": other.pk, "i": share.pk, "own": own.pk, "t": Transaction.objects.get().entry}


BODIES = {  # address, body with @ where the number goes, the field that is named
    "quantity": (
        "transactions",
        '{"portfolio": %(p)s, "type": "buy", "instrument": %(i)s, "date": "2024-02-01", "quantity": @, "price": 1}',
        "quantity",
    ),
    "portfolio": ("transactions", '{"portfolio": @, "type": "deposit", "date": "2024-02-01", "amount": 1}', "portfolio"),
    "instrument": (
        "portfolios/%(p)s/transactions",
        '{"type": "buy", "instrument": @, "date": "2024-02-01", "quantity": 1, "price": 1}',
        "instrument",
    ),
    "batch": (
        "portfolios/%(p)s/transactions/batch",
        '{"transactions": [{"type": "deposit", "date": "2024-02-01", "amount": @}]}',
        "transactions.0.amount",
    ),
    "lot": (
        "portfolios/%(p)s/transactions",
        '{"type": "sell", "instrument": %(i)s, "date": "2024-02-01", "quantity": 1, "price": 1, "lots": [{"transaction": @, "quantity": 1}]}',
        "lots",
    ),
    "leg": (
        "portfolios/%(p)s/transactions",
        '{"type": "spin_off", "instrument": %(i)s, "date": "2024-02-01", "legs": [{"instrument": @, "cost_share": "0.1"}]}',
        "legs.0.instrument",
    ),
    "transfer": ("portfolios/%(p)s/transfers", '{"target": @, "instrument": %(i)s, "date": "2024-02-01", "quantity": 1}', "target"),
    "transferred lot": (
        "portfolios/%(p)s/transfers",
        '{"target": %(o)s, "instrument": %(i)s, "date": "2024-02-01", "quantity": 1, "lots": [{"transaction": @, "quantity": 1}]}',
        "lots",
    ),
    "statement": ("portfolios/%(p)s/reconcile", '{"date": "2024-02-01", "positions": [{"instrument": @, "quantity": 1}]}', "positions.0.instrument"),
    "holding": ("portfolios/%(p)s/holdings", '{"instrument": %(i)s, "quantity": @, "average_cost": 1}', "quantity"),
    "prices": ("instruments/%(own)s/prices", '{"prices": [{"date": "2024-02-01", "close": @}]}', "prices.0.close"),
    "rates": ("fx/rates", '{"rates": [{"base": "EUR", "quote": "USD", "date": "2024-02-01", "rate": @}]}', "rates.0.rate"),
    "benchmark": ("portfolios", '{"name": "New", "benchmark": @}', "benchmark"),
    "name": ("portfolios", '{"name": @}', "name"),
    "currency": ("portfolios", '{"name": "New", "base_currency": @}', "base_currency"),
}


@pytest.mark.parametrize(
    "number", [HUGE, LARGE, "-" + HUGE, f"{HUGE}.5", "1e400000"], ids=["5000 digits", "30 digits", "below zero", "with a point", "exponent"]
)
@pytest.mark.parametrize("what", BODIES)
def test_a_number_longer_than_any_that_is_kept_is_refused_by_its_field(api: Any, world: dict[str, Any], what: str, number: str) -> None:
    address, body, field = BODIES[what]
    if what in ("name", "currency") and number == LARGE:
        pytest.skip("thirty digits are a name like any other")
    before = Transaction.objects.count()
    answer = api.post(f"/api/v1/{address % world}", (body % world).replace("@", number), content_type="application/json")
    assert 400 <= answer.status_code < 500, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    told = answer.json()
    assert not any(word in answer.content.decode() for word in WORDS), told
    if answer.status_code == 400:
        assert any(one["field"].startswith(field) for one in told["errors"]), told["errors"]
    assert len(answer.content) < 4000 and Transaction.objects.count() == before


def test_a_whole_body_that_is_a_number_is_refused_with_our_own_words(api: Any, world: dict[str, Any]) -> None:
    answer = api.post("/api/v1/transactions", HUGE, content_type="application/json")
    assert answer.status_code == 400 and not any(word in answer.content.decode() for word in WORDS)


@pytest.mark.parametrize("query", ["instrument={}", "page_size={}", "cursor=o20240101-{}", "cursor={}"])
def test_numbers_in_addresses_are_refused_too(api: Any, world: dict[str, Any], query: str) -> None:
    answer = api.get(f"/api/v1/transactions?{query.format(HUGE)}")
    assert answer.status_code == 400 and not any(word in answer.content.decode() for word in WORDS)
