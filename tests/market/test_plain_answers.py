"""What the API of the market says where a request is wrong, and what it finds where a name is written in another way."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from market import tasks
from market.models import Instrument, Price, Quote, SourceSymbol
from market.services import classify
from portfolio_site.kernel.words import unwritable
from tests.emulator import Emulator
from tests.factories import D, make_instrument, make_person

pytestmark = pytest.mark.django_db


def refusals(answer: Any) -> dict[str, str]:
    return {one["field"]: one["detail"] for one in answer.json()["errors"]}


def test_each_wrong_field_is_refused_in_a_sentence_that_says_what_to_write(api: APIClient) -> None:
    one = make_instrument("ACME", currency="USD")
    assert refusals(api.get("/api/v1/news?sort=x")) == {"sort": "“x” is none of the choices. Use one of: best, newest."}
    assert refusals(api.get(f"/api/v1/instruments/{one.pk}/prices?start=foo")) == {"start": "Write the date like 2026-03-31."}
    assert refusals(api.post("/api/v1/stocks/batch", [], format="json")) == {"": "Give an object of the fields that are documented: {…}."}
    assert refusals(api.post("/api/v1/watchlists", {}, format="json")) == {"name": "Give this field."}
    assert refusals(api.get("/api/v1/news?instrument=x")) == {"instrument": "Write a whole number."}
    assert "Use one of: stock, etf" in refusals(api.get("/api/v1/instruments?asset_class=house"))["asset_class"]


def test_a_blend_with_a_field_that_nobody_knows_is_not_made(api: APIClient) -> None:
    body = {"name": "60/40", "currency": "EUR", "rebalancng": "never", "parts": [{"instrument": make_instrument().pk, "weight": "1"}]}
    assert refusals(api.post("/api/v1/benchmarks", body, format="json")) == {
        "rebalancng": "There is no field of this name. See the documentation for the names."
    }


@pytest.mark.parametrize("name", ["Ch\u202eips", "Chips\u0007", "Chi\u2066ps", "Chi\u200bps", "Chips\u2028more"])
def test_a_name_with_a_sign_that_cannot_be_seen_is_refused_wherever_it_is_one(api: APIClient, name: str) -> None:
    wanted = {"symbol": "A", "name": name, "currency": "EUR"}
    for address, body in (
        ("watchlists", {"name": name}),
        ("portfolios", {"name": name, "base_currency": "EUR"}),
        ("instruments", wanted),
        ("benchmarks", {"name": name, "currency": "EUR", "parts": [{"instrument": make_instrument().pk, "weight": "1"}]}),
    ):
        answer = api.post(f"/api/v1/{address}", body, format="json")
        if not (address == "watchlists" and "\u2028" in name):  # a watchlist's name is brought into one line first
            assert answer.status_code in {400, 422} and "name" in refusals(answer), address


def test_names_that_people_write_are_writable() -> None:
    assert not any(map(unwritable, ("Børse & Söhne", "می‌خواهم", "👩‍🌾 Farm", "日本株", "a’b — c")))
    assert unwritable("a\u202eb") == "It holds a sign that cannot be seen (U+202E). Write it without."


def test_the_list_of_instruments_tells_the_callers_own_words_and_nobody_elses(api: APIClient, person: Any) -> None:
    one, stranger = make_instrument("ACME", sector="Technology", country="US"), make_person()
    classify(stranger, one, sector="Energy", asset_class="fund")

    def row(client: APIClient, query: str = "") -> Any:
        return [(each["sector"], each["asset_class"]) for each in client.get(f"/api/v1/instruments?search=ACME{query}").json()["results"]]

    assert row(api) == [("Technology", "stock")] and row(api, "&asset_class=fund") == []
    classify(person, one, sector="Health care", asset_class="etf")
    assert row(api) == [("Health care", "etf")] == row(api, "&asset_class=etf") and row(api, "&asset_class=stock") == []


def test_a_page_says_what_is_wrong_with_its_address(client: Client, person: Any) -> None:
    client.force_login(person)
    answer = client.get("/news/?instrument=x")
    assert answer.status_code == 404 and "“x” is no number of an instrument" in answer.content.decode()
    assert client.get("/instruments/list/?q=vod")["Location"] == "/instruments/find/?q=vod"
    for address in ("/news/?publisher=%00", "/markets/?q=a%00", "/api/v1/stocks/%00"):
        answer = client.get(address)
        assert answer.status_code == 400 and "could not be read" in answer.content.decode(), address
    answer = client.get("/news/mute/")
    assert answer.status_code == 405 and answer["Allow"] == "POST" and "Go back to the page with the form" in answer.content.decode()


def test_stocks_are_found_by_isin_and_by_any_spelling_of_a_share_class(api: APIClient, django_assert_max_num_queries: Any) -> None:
    make_instrument("BRK.B", currency="USD", isin="US0846707026", price="400")
    make_instrument("BF-B", currency="USD", price="50")
    for written in ("BRK.B", "brk-b", "BRK/B", "US0846707026", "BRK B"):
        assert api.get(f"/api/v1/stocks/{written}").json()["symbol"] == "BRK.B", written
    with django_assert_max_num_queries(2):
        told = api.post(
            "/api/v1/stocks/batch", {"symbols": ["US0846707026", "BF.B", "BRK-B", "BRK-C", "US0846707027", "A\u202e"]}, format="json"
        ).json()
    assert [one["symbol"] for one in told["results"]] == ["BRK.B", "BF-B", "BRK.B"]
    assert [(one["symbol"], one["code"]) for one in told["errors"]] == [
        ("BRK-C", "unknown_instrument"),
        ("US0846707027", "unknown_instrument"),
        ("A\u202e".upper(), "unknown_instrument"),
    ]


def test_the_price_of_a_coin_tells_its_change_since_the_close_of_the_day_before(world: Emulator, api: APIClient) -> None:
    coin = Instrument.objects.create(symbol="BTC", name="Bitcoin", currency="USD", asset_class="crypto")
    SourceSymbol.objects.create(instrument=coin, source="coingecko", symbol="bitcoin", currency="USD")
    today: date = world.world.now().date()
    for back, close in ((1, "90000"), (2, "80000")):
        Price.objects.create(instrument=coin, day=today - timedelta(days=back), close=D(close), source="test")
    with time_machine.travel(world.world.now(), tick=False):
        tasks.refresh_quotes_of([coin.pk])
        told = api.get("/api/v1/stocks/BTC").json()
    assert Quote.objects.get().source == "coingecko" and told["previous_close"] == "90000"
    assert D(told["change"]) == D(told["price"]) - 90000
