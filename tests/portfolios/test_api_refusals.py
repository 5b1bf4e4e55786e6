"""What the API says of what it cannot use: by the field that the caller sent, with what to send instead, and nothing left out in silence."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pytest

from portfolios.api.entries_in import TransactionSerializer
from portfolios.models import Portfolio, Transaction
from portfolios.services import lock_portfolio
from tests.factories import make_instrument

pytestmark = pytest.mark.django_db


def said(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    return {error["field"]: error["detail"] for error in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("where", "query", "words"),
    [
        ("transactions", "kind=buy", "no parameter of this name here. Use type"),
        ("transactions", "start=2024-02-30", "There is no day 2024-02-30"),
        ("transactions", "end=30.2.2024", "Write the date like 2026-03-31."),
        ("transactions", "voided=perhaps", "true or false"),
        ("lots", "status=open", "no parameter of this name"),
        ("lots", "as_of=2999-01-01", "a day to come"),
        ("lots/methods", "method=fifo", "no parameter of this name"),
        ("holdings", "ordering=symbol", "no parameter of this name"),
    ],
)
def test_a_condition_that_is_not_known_is_refused_by_its_name(api: Any, portfolio: Portfolio, where: str, query: str, words: str) -> None:
    found = said(api.get(f"/api/v1/portfolios/{portfolio.pk}/{where}?{query}"))
    assert words in found[query.partition("=")[0]]


def test_an_unknown_word_is_told_the_words_that_there_are(api: Any, portfolio: Portfolio) -> None:
    found = said(
        api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", {"type": "bought", "date": "2024-02-30", "method": "best"}, format="json")
    )
    assert "“bought” is none of the choices. Use one of: buy, sell," in found["type"]
    assert "fifo" in found["method"] and found["date"] == "There is no day 2024-02-30 in the calendar. Check the day and the month."
    found = said(api.post("/api/v1/portfolios", {"name": "A", "cost_method": "best"}, format="json"))
    assert "average, fifo" in found["cost_method"]


def test_a_lock_is_not_taken_off_by_changing_the_portfolio(api: Any, person: Any, portfolio: Portfolio, today: Any) -> None:
    lock_portfolio(person, portfolio, today)
    where = f"/api/v1/portfolios/{portfolio.pk}"
    assert "DELETE" in said(api.patch(where, {"locked_until": None}, format="json"))["locked_until"]
    assert "no field" in said(api.patch(where, {"nmae": "B"}, format="json"))["nmae"]
    read = api.get(where).json()
    assert api.put(where, read, format="json").status_code == 200, "what was read can be sent back"
    portfolio.refresh_from_db()
    assert portfolio.locked_until == today
    refused = api.get(where + "/lock")
    assert refused.status_code == 405 and "DELETE" in refused["Allow"] and refused["Content-Type"] == "application/problem+json"


def test_a_statement_of_a_day_to_come_is_refused_under_the_name_that_was_sent(api: Any, portfolio: Portfolio) -> None:
    make_instrument("AAA")
    found = said(api.post(f"/api/v1/portfolios/{portfolio.pk}/reconcile", {"date": "2999-01-01", "positions": []}, format="json"))
    assert "day to come" in found["date"]


def test_a_batch_is_told_all_that_is_wrong_at_once_by_row_and_field(api: Any, portfolio: Portfolio, django_assert_max_num_queries: Any) -> None:
    make_instrument("AAA")
    rows = [
        {"type": "bought", "date": "2999-01-01", "symbol": "AAA", "quantity": "1", "price": "1"},
        {"type": "buy", "date": "2024-02-30", "symbol": "AAA", "quantity": "-5", "price": "5", "currency": "XXQ"},
        {"type": "buy", "date": "2024-01-02", "symbol": "NOPE", "quantity": "-5", "price": "x"},
        {"type": "buy", "date": "2999-01-01", "symbol": "AAA", "quantity": "0", "price": "5"},
        {"type": "deposit", "date": "2024-01-02", "amount": "5"},
        {"type": "merger", "date": "2024-01-02", "symbol": "AAA", "legs": [{"symbol": "NOPE", "ratio_new": "x"}], "settles_on": "2023-01-01"},
        "nothing",
    ]
    with django_assert_max_num_queries(8):
        found = said(api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions/batch", {"transactions": rows}, format="json"))
    assert set(found) == {
        "transactions.0.type", "transactions.0.date",
        "transactions.1.date", "transactions.1.currency", "transactions.1.quantity",
        "transactions.2.symbol", "transactions.2.quantity", "transactions.2.price",
        "transactions.3.date", "transactions.3.quantity",
        "transactions.5.legs.0.ratio_new", "transactions.5.settles_on",
        "transactions.6",
    }  # fmt: skip
    assert not portfolio.transactions.exists()


def test_reading_around_what_is_wrong_makes_the_fields_of_a_row_once_and_not_for_each(api: Any, portfolio: Portfolio) -> None:
    """They take longer to make than a row to read: of ten thousand rows, a minute for one that is wrong."""
    make_instrument("AAA")
    row = {"type": "buy", "date": "2024-01-02", "symbol": "AAA", "quantity": "1", "price": "1"}
    rows = [*([row] * 40), {**row, "date": "2024-02-30"}]
    with mock.patch.object(TransactionSerializer, "get_fields", autospec=True, side_effect=TransactionSerializer.get_fields) as made:
        found = said(api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions/batch", {"transactions": rows}, format="json"))
    assert set(found) == {"transactions.40.date"} and made.call_count == 2  # for the batch, and for what is right around a mistake


def test_a_batch_of_too_many_is_told_how_many_it_may_be_and_sentences_stand_apart(api: Any, portfolio: Portfolio) -> None:
    told = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions/batch", {"transactions": [{}] * 10_001}, format="json").json()
    assert told["detail"] == "transactions: Give at most 10000."
    told = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", {"type": "buy", "quantity": "NaN", "price": "1e400"}, format="json").json()
    assert "1234.56. price: " in told["detail"]


def test_a_refusal_names_the_field_that_was_sent(api: Any, portfolio: Any) -> None:
    make_instrument("NOK")
    buy = {"type": "buy", "symbol": "NOK", "time": "2999-01-01T10:00:00Z", "quantity": "1", "price": "1"}
    told = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions", buy, format="json").json()
    assert {one["field"] for one in told["errors"]} == {"time"}
    rows = [{"type": "deposit", "symbol": "NOK", "date": "2024-01-02", "amount": "1"}, {**buy, "time": "2024-01-02T10:00:00Z"}]
    told = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions/batch", {"transactions": rows}, format="json").json()
    assert [one["field"] for one in told["errors"]] == ["transactions.0.symbol"]
    made = api.post(f"/api/v1/portfolios/{portfolio.pk}/transactions/batch", {"transactions": rows[1:]}, format="json")
    assert made.status_code == 201 and Transaction.objects.get().traded_on.isoformat() == "2024-01-02"
    explained = api.get(f"/api/v1/portfolios/{portfolio.pk}/explain?figure=realised_gain").json()
    assert explained["figure"] == "realized_gain" and explained["value"] == "0"
