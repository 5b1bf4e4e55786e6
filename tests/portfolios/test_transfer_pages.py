"""Transfers on pages and over the API."""

from __future__ import annotations

from typing import Any

import pytest

from portfolios.models import Portfolio, Transaction
from tests.factories import D, make_instrument, make_portfolio, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def asml(db: None) -> Any:
    return make_instrument("ASML")


@pytest.fixture
def two(person: Any, asml: Any) -> tuple[Portfolio, Portfolio]:
    source = make_portfolio(person, name="Core", cost_method="fifo", tracks_cash=False)
    record(source, "buy", "2024-01-02", asml, quantity="10", price="100")
    record(source, "buy", "2024-03-01", asml, quantity="5", price="130")
    return source, make_portfolio(person, name="Savings", tracks_cash=False)


def typed(two: tuple[Portfolio, Portfolio], **more: Any) -> dict[str, Any]:
    source, target = two
    return {"source": source.pk, "target": target.pk, "instrument": "ASML", "quantity": "12", "day": "2024-05-06", "form_id": "one", **more}


# ── pages ───────────────────────────────────────────────────────────────────


def test_the_form_moves_units_once_however_often_it_is_sent(signed_in: Any, two: Any) -> None:
    assert signed_in.get("/transfers/new/").status_code == 200
    for _ in range(2):
        answer = signed_in.post("/transfers/new/", typed(two, fees="5"))
        assert (answer.status_code, answer["Location"]) == (302, "/transactions/")
    leaving, arriving = Transaction.objects.filter(link__isnull=False).order_by("pk")
    assert (leaving.portfolio, leaving.fees, arriving.portfolio) == (two[0], D(5), two[1])


def test_both_sides_stand_in_the_list_as_a_pair(signed_in: Any, two: Any) -> None:
    signed_in.post("/transfers/new/", typed(two))
    page = signed_in.get("/transactions/").content.decode()
    assert "To Savings" in page and "From Core" in page


def test_the_preview_says_what_would_move(signed_in: Any, two: Any) -> None:
    page = signed_in.post("/transfers/preview/", typed(two)).content.decode()
    assert "Cost that goes along" in page and "Units in Savings" in page
    refused = signed_in.post("/transfers/preview/", typed(two, quantity="16")).content.decode()
    assert "you held 15 ASML" in refused
    assert signed_in.post("/transfers/preview/", typed(two, quantity="")).status_code == 200
    assert not Transaction.objects.filter(link__isnull=False).exists()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"quantity": "16"}, "you held 15 ASML"),
        ({"day": "2999-01-01"}, "is in the future"),
        ({"instrument": "NOPE"}, "No single instrument is meant"),
    ],
)
def test_what_is_refused_is_said_at_the_form(signed_in: Any, two: Any, changes: dict[str, Any], sentence: str) -> None:
    answer = signed_in.post("/transfers/new/", typed(two, **changes))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_a_portfolio_cannot_be_its_own_target(signed_in: Any, two: Any) -> None:
    answer = signed_in.post("/transfers/new/", typed(two, target=two[0].pk))
    assert answer.status_code == 422
    assert "Choose another portfolio" in answer.content.decode()


def test_with_one_portfolio_there_is_nowhere_to_go(signed_in: Any, portfolio: Any) -> None:
    assert signed_in.get("/transfers/new/")["Location"] == "/portfolios/new/"


def test_a_stranger_moves_nothing_of_mine(client: Any, two: Any, stranger: Any) -> None:
    client.force_login(stranger)
    make_portfolio(stranger, name="A")
    make_portfolio(stranger, name="B")
    assert client.post("/transfers/new/", typed(two)).status_code == 422
    assert not Transaction.objects.filter(link__isnull=False).exists()


# ── API ─────────────────────────────────────────────────────────────────────


def test_a_transfer_is_made_and_listed_on_both_sides(api: Any, two: Any, asml: Any, django_assert_max_num_queries: Any) -> None:
    source, target = two
    body = {"target": target.pk, "symbol": "ASML", "quantity": "12", "date": "2024-05-06", "notes": "To the new broker"}
    made = api.post(f"/api/v1/portfolios/{source.pk}/transfers", body, format="json")
    assert made.status_code == 201, made.content
    told = made.json()
    assert (told["source"], told["target"], told["quantity"], told["cost"], told["fx_rate"]) == (source.pk, target.pk, "12", "1260", "1")
    assert told["lots"] == [
        {"acquired_on": "2024-01-02", "quantity": "10", "cost": "1000", "cost_local": "1000"},
        {"acquired_on": "2024-03-01", "quantity": "2", "cost": "260", "cost_local": "260"},
    ]
    for portfolio in two:
        with django_assert_max_num_queries(5):
            listed = api.get(f"/api/v1/portfolios/{portfolio.pk}/transfers").json()
        assert listed == {"results": [told], "next": None, "previous": None}
    assert api.get(f"/api/v1/transactions/{told['arriving']}").json()["portfolio"] == target.pk


def test_the_same_key_makes_one_transfer(api: Any, two: Any) -> None:
    source, target = two
    body = {"target": target.pk, "symbol": "ASML", "quantity": "1", "date": "2024-05-06"}
    answers = [api.post(f"/api/v1/portfolios/{source.pk}/transfers", body, format="json", HTTP_IDEMPOTENCY_KEY="k") for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert Transaction.objects.filter(link__isnull=False).count() == 2


def test_refusals_have_their_codes(api: Any, two: Any, stranger: Any) -> None:
    source, target = two
    url = f"/api/v1/portfolios/{source.pk}/transfers"
    body = {"target": target.pk, "symbol": "ASML", "quantity": "1", "date": "2024-05-06"}
    assert api.post(url, {**body, "target": source.pk}, format="json").json()["code"] == "same_portfolio"
    assert api.post(url, {**body, "target": make_portfolio(stranger).pk}, format="json").status_code == 404
    too_much = api.post(url, {**body, "quantity": "16"}, format="json")
    assert (too_much.status_code, too_much.json()["code"]) == (422, "insufficient_quantity")
    assert api.post(url, {**body, "quantity": "-1"}, format="json").status_code == 400
    assert api.post(url, {"target": target.pk}, format="json").status_code == 400
    assert api.get(url + "?cursor=nonsense").status_code == 400
    assert not Transaction.objects.filter(link__isnull=False).exists()


def test_voiding_one_leg_over_the_api_voids_the_other(api: Any, two: Any) -> None:
    source, target = two
    body = {"target": target.pk, "symbol": "ASML", "quantity": "1", "date": "2024-05-06"}
    told = api.post(f"/api/v1/portfolios/{source.pk}/transfers", body, format="json").json()
    assert api.delete(f"/api/v1/transactions/{told['leaving']}").status_code == 204
    assert api.get(f"/api/v1/transactions/{told['arriving']}").status_code == 404
    changed = api.patch(f"/api/v1/transactions/{told['arriving']}", {"price": "1"}, format="json")
    assert changed.status_code == 404
