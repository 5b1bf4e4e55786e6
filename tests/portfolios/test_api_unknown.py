"""What a program sends that no endpoint of the ledger knows is refused by name: a slip of the pen must not become an entry without its fee."""

from __future__ import annotations

from typing import Any

import pytest

from portfolios.models import Transaction
from tests.factories import make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db
DEPOSIT = {"type": "deposit", "date": "2024-01-02", "amount": "100"}


def fields(answer: Any) -> set[str]:
    assert answer.status_code == 400, answer.content
    return {error["field"] for error in answer.json()["errors"]}


def test_a_field_that_no_entry_has_is_refused_beside_what_else_is_wrong(api: Any, portfolio: Any) -> None:
    path = f"/api/v1/portfolios/{portfolio.pk}/transactions"
    assert fields(api.post(path, {**DEPOSIT, "feees": "3"}, format="json")) == {"feees"}
    assert fields(api.post(path, {**DEPOSIT, "owner": 1, "recorded_by": 2, "amount": "x"}, format="json")) == {"owner", "recorded_by", "amount"}
    batch = api.post(f"{path}/batch", {"transactions": [DEPOSIT, {**DEPOSIT, "feees": "3"}]}, format="json")
    assert fields(batch) == {"transactions.1.feees"}
    entry = record(portfolio, "deposit", "2024-01-02", amount="5")
    assert fields(api.patch(f"/api/v1/transactions/{entry.entry}", {"replaces": 1}, format="json")) == {"replaces"}
    assert Transaction.objects.count() == 1


def test_an_entry_is_sent_back_as_it_was_read(api: Any, portfolio: Any) -> None:
    entry = record(portfolio, "deposit", "2024-01-02", amount="5")
    path = f"/api/v1/transactions/{entry.entry}"
    read = api.get(path).json()
    answer = api.put(path, {**read, "amount": "6"}, format="json")
    assert answer.status_code == 200 and answer.json()["amount"] == "6", answer.content
    assert api.patch(path, {"id": 10**6, "portfolio": 10**6, "link": None, "notes": "n"}, format="json").json()["id"] == entry.entry


def test_lots_legs_transfers_positions_and_corrections_are_read_as_strictly(api: Any, portfolio: Any, person: Any) -> None:
    share, other = make_instrument("ASML"), make_portfolio(person, name="Other")
    base = f"/api/v1/portfolios/{portfolio.pk}"
    sale = {
        "type": "sell",
        "date": "2024-01-02",
        "instrument": share.pk,
        "quantity": "1",
        "price": "1",
        "lots": [{"transaction": 1, "quantity": "1", "day": "x"}],
    }
    assert any(name.endswith("day") for name in fields(api.post(f"{base}/transactions", sale, format="json")))
    moved = {"target": other.pk, "instrument": share.pk, "quantity": "1", "date": "2024-01-02", "cost": "5"}
    assert fields(api.post(f"{base}/transfers", moved, format="json")) == {"cost"}
    assert fields(api.post(f"{base}/reconcile", {"date": "2024-01-02", "cash": [], "lamp": "agrees"}, format="json")) == {"lamp"}
    assert fields(api.post(f"{base}/lock", {"locked_until": "2024-01-01", "force": True}, format="json")) >= {"force"}
    held = {"symbol": "ASML", "quantity": "1", "average_cost": "1", "date": "2024-01-02", "gain": "5"}
    assert fields(api.post(f"{base}/holdings", held, format="json")) == {"gain"}


@pytest.mark.parametrize("path", ["transfers", "reconcile", "actions"])
def test_lists_refuse_parameters_that_they_do_not_have(api: Any, portfolio: Any, path: str) -> None:
    assert fields(api.get(f"/api/v1/portfolios/{portfolio.pk}/{path}", {"as_off": "2024-01-01"})) == {"as_off"}
    assert api.get(f"/api/v1/portfolios/{portfolio.pk}/{path}", {"page_size": "5", "lang": "en"}).status_code == 200


def test_a_name_that_stands_twice_in_an_object_is_refused(api: Any, portfolio: Any) -> None:
    body = '{"type": "deposit", "date": "2024-01-02", "amount": "1", "amount": "2"}'
    answer = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", body, content_type="application/json")
    assert answer.status_code == 400 and "“amount” stands twice" in answer.json()["detail"] and not Transaction.objects.exists()
