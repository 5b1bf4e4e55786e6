"""Watchlists over the API."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from market.models import Watchlist
from market.services import PriceRow, create_watchlist, ingest_prices
from tests.factories import D, make_instrument

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)
ALL = "/api/v1/watchlists"


def problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    body = answer.json()
    assert (answer.status_code, answer["Content-Type"], body["code"]) == (status, "application/problem+json", code), body
    return body  # type: ignore[no-any-return]


def test_a_list_is_made_read_renamed_and_deleted(api: APIClient) -> None:
    two, one = make_instrument("TWO"), make_instrument("ONE", currency="USD", price="102.5", previous="100")
    ingest_prices(one, [PriceRow(MONDAY + timedelta(days=n), D("1.5") * (n + 1)) for n in range(31)], "test")
    made = api.post(ALL, {"name": "Chips", "instruments": [two.pk, one.pk]}, format="json")
    body = made.json()
    assert made.status_code == 201 and made["Location"].endswith(f"{ALL}/{body['id']}")
    assert (body["name"], body["count"], [row["symbol"] for row in body["instruments"]]) == ("Chips", 2, ["TWO", "ONE"])
    address = f"{ALL}/{body['id']}"
    unknown, known = api.get(address).json()["instruments"]
    assert (known["price"], known["day_change"], known["day_change_percent"], known["currency"]) == ("102.5", "2.5", "2.5", "USD")
    assert (known["quote"]["source"], known["quote"]["stale"], known["undefined"]) == ("test", False, [])
    assert known["closes"][:2] == ["3", "4.5"] and len(known["closes"]) == 30
    assert (unknown["price"], unknown["quote"], unknown["closes"]) == (None, None, [])
    assert {one["figure"] for one in unknown["undefined"]} == {"price", "day_change", "day_change_percent"}
    assert api.patch(address, {"name": "Machines"}, format="json").json() == {
        "id": body["id"],
        "name": "Machines",
        "count": 2,
        "created_at": body["created_at"],
    }
    assert [row["name"] for row in api.get(ALL).json()["results"]] == ["Machines"]
    assert api.delete(address).status_code == 204
    problem(api.get(address), 404, "unknown_watchlist")


def test_an_instrument_is_put_on_a_list_by_number_or_symbol_moved_and_taken_off(api: APIClient, person: Any) -> None:
    one, two = make_instrument("ONE", price="5"), make_instrument("TWO")
    at = f"{ALL}/{create_watchlist(person, name='Chips').pk}"
    first = api.post(f"{at}/instruments", {"instrument": one.pk}, format="json")
    assert (first.status_code, first.json()["price"]) == (201, "5")
    assert api.post(f"{at}/instruments", {"symbol": "two"}, format="json").status_code == 201
    assert api.post(f"{at}/instruments", {"symbol": "TWO"}, format="json").status_code == 200
    moved = api.patch(f"{at}/instruments/{two.pk}", {"place": 1}, format="json").json()
    assert [row["instrument"] for row in moved["instruments"]] == [two.pk, one.pk]
    assert api.delete(f"{at}/instruments/{two.pk}").status_code == 204
    problem(api.delete(f"{at}/instruments/{two.pk}"), 404, "not_watched")
    problem(api.patch(f"{at}/instruments/{two.pk}", {"place": 1}, format="json"), 404, "not_watched")


def test_a_post_that_is_sent_again_does_its_work_once(api: APIClient) -> None:
    acme, headers = make_instrument("ACME"), {"Idempotency-Key": "k1"}
    first = api.post(ALL, {"name": "Chips"}, format="json", headers=headers)
    again = api.post(ALL, {"name": "Chips"}, format="json", headers=headers)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())
    assert api.post(ALL, {"name": "Other"}, format="json", headers=headers).status_code == 409
    at = f"{ALL}/{first.json()['id']}/instruments"
    assert [api.post(at, {"instrument": acme.pk}, format="json", headers={"Idempotency-Key": "k2"}).status_code for _ in range(2)] == [201, 201]
    assert (Watchlist.objects.count(), Watchlist.objects.get().items.count()) == (1, 1)


@pytest.mark.parametrize(
    ("sent", "status", "code", "field"),
    [
        ({}, 400, "invalid", "name"),
        ({"name": " "}, 400, "invalid", "name"),
        ({"name": "x" * 61}, 400, "invalid", "name"),
        ({"name": "a\x1bb"}, 422, "invalid_watchlist", "name"),
        ({"name": "New", "instruments": [424242]}, 422, "invalid_watchlist", "instruments.0"),
        ({"name": "New", "instruments": [10**30]}, 400, "invalid", "instruments.0"),
        ({"name": "New", "instruments": list(range(1, 202))}, 400, "invalid", "instruments"),
        ({"name": "chips"}, 409, "watchlist_exists", "name"),
    ],
)
def test_a_list_that_cannot_be_is_told_by_its_field_and_none_is_made(
    api: APIClient, person: Any, sent: dict[str, Any], status: int, code: str, field: str
) -> None:
    create_watchlist(person, name="Chips")
    body = problem(api.post(ALL, sent, format="json"), status, code)
    assert [error["field"] for error in body["errors"]] == [field], body
    assert Watchlist.objects.count() == 1


@pytest.mark.parametrize("sent", [{}, {"instrument": 1, "symbol": "A"}, {"instrument": 0}, {"instrument": "x"}, {"symbol": ""}])
def test_an_instrument_that_is_not_named_once_is_refused(api: APIClient, person: Any, sent: dict[str, Any]) -> None:
    at = f"{ALL}/{create_watchlist(person, name='Chips').pk}/instruments"
    problem(api.post(at, sent, format="json"), 400, "invalid")


def test_an_instrument_that_does_not_exist_or_is_somebody_elses_is_not_put_on_a_list(api: APIClient, person: Any, stranger: Any) -> None:
    house = make_instrument("HOUSE", owner=stranger)
    at = f"{ALL}/{create_watchlist(person, name='Chips').pk}/instruments"
    problem(api.post(at, {"instrument": house.pk}, format="json"), 404, "unknown_instrument")
    problem(api.post(at, {"instrument": 424242}, format="json"), 404, "unknown_instrument")
    problem(api.post(at, {"symbol": "HOUSE"}, format="json"), 422, "invalid_watchlist")
    problem(api.post(ALL, {"name": "New", "instruments": [house.pk]}, format="json"), 422, "invalid_watchlist")


def test_a_strangers_list_is_not_there_whatever_is_sent(api: APIClient, stranger: Any) -> None:
    acme = make_instrument("ACME")
    theirs = create_watchlist(stranger, name="Theirs", instruments=[acme])
    at = f"{ALL}/{theirs.pk}"
    for answer in (
        api.get(at),
        api.patch(at, {"name": "Mine"}, format="json"),
        api.patch(at, {}, format="json"),
        api.delete(at),
        api.post(f"{at}/instruments", {"instrument": acme.pk}, format="json"),
        api.post(f"{at}/instruments", {}, format="json"),
        api.patch(f"{at}/instruments/{acme.pk}", {"place": 1}, format="json"),
        api.delete(f"{at}/instruments/{acme.pk}"),
    ):
        problem(answer, 404, "unknown_watchlist")
    assert api.get(ALL).json()["results"] == []
    theirs.refresh_from_db()
    assert (theirs.name, theirs.items.count()) == ("Theirs", 1)


@pytest.mark.parametrize("path", ["", "/1", "/1/instruments", "/1/instruments/1"])
def test_nobody_comes_near_a_list_without_signing_in(db: None, path: str) -> None:
    for method in ("get", "post", "patch", "delete"):
        assert getattr(APIClient(), method)(ALL + path).status_code in {401, 405}


def test_a_full_person_and_a_full_list_are_told_how_many_there_may_be(api: APIClient, person: Any) -> None:
    several = [make_instrument(f"S{n}") for n in range(201)]
    at = f"{ALL}/{create_watchlist(person, name='Full', instruments=several[:200]).pk}"
    assert problem(api.post(f"{at}/instruments", {"instrument": several[200].pk}, format="json"), 422, "watchlist_full")["most"] == 200
    for n in range(49):
        create_watchlist(person, name=f"List {n}")
    assert problem(api.post(ALL, {"name": "One more"}, format="json"), 422, "too_many_watchlists")["most"] == 50


@pytest.mark.parametrize("count", [1, 200])
def test_a_list_costs_three_queries_however_long(api: APIClient, person: Any, count: int, django_assert_num_queries: Any) -> None:
    chips = create_watchlist(person, name="Chips", instruments=[make_instrument(f"S{n}", price="5") for n in range(count)])
    with django_assert_num_queries(3):
        assert api.get(f"{ALL}/{chips.pk}").json()["count"] == count


def test_lists_come_in_pages_by_name(api: APIClient, person: Any) -> None:
    for n in range(7):
        create_watchlist(person, name=f"List {n}")
    seen, address = [], f"{ALL}?page_size=3"
    while address:
        body = api.get(address).json()
        seen += [one["name"] for one in body["results"]]
        address = body["next"]
    assert seen == [f"List {n}" for n in range(7)]
