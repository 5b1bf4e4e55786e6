"""Finding an instrument: the page, the forms that lead to it, and the API."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from rest_framework.test import APIClient

from market import tasks
from market.models import Instrument, SourceSymbol
from tests.emulator import Emulator
from tests.factories import make_instrument, make_portfolio

pytestmark = pytest.mark.django_db
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture
def browser(client: Client, person: Any) -> Client:
    client.force_login(person)
    return client


def test_a_search_shows_what_is_here_and_asks_the_sources_when_told_to(world: Emulator, browser: Client) -> None:
    make_instrument("VOO", name="A fund", exchange="ARCX", currency="USD")
    page = browser.get("/instruments/find/?q=vo").content.decode()
    assert "A fund" in page and "Ask the sources" in page and not world.calls()
    told = browser.post("/instruments/find/", {"q": "vodafone"})
    assert told["Location"] == "/instruments/find/?q=vodafone"
    page = browser.get(told["Location"]).content.decode()
    assert "Vodafone Group Public Limited Company" in page and "Finnhub, Twelve Data, Yahoo Finance" in page and "Ask the sources" not in page


def test_what_is_found_so_far_is_shown_while_others_are_asked(world: Emulator, browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.search_sources, "delay", lambda text: None)
    part = browser.post("/instruments/find/", {"q": "vodafone"}, **HTMX).content.decode()
    assert "Asking Yahoo Finance, CoinGecko" in part and 'hx-trigger="every 1s"' in part and "<html" not in part
    tasks.search_sources("vodafone")
    part = browser.get("/instruments/find/?q=vodafone", **HTMX).content.decode()
    assert "every 1s" not in part and "Vodafone Group" in part


def test_what_is_chosen_is_listed_and_brought_to_where_it_is_wanted(world: Emulator, browser: Client) -> None:
    browser.post("/instruments/find/", {"q": "vodafone", "next": "/transactions/new/?kind=sell&p=3"})
    view = browser.get("/instruments/find/?q=vodafone").context["search"]
    told = browser.post("/instruments/list/", {"q": "vodafone", "key": view.listings[0].key, "next": "/transactions/new/?kind=sell&p=3"})
    there = browser.get(told["Location"])
    one = Instrument.objects.get()
    assert there["Location"] == f"/transactions/new/?kind=sell&p=3&instrument={one.pk}"
    page = browser.get("/instruments/find/?q=vodafone&next=/transactions/new/").content.decode()
    assert f'href="/transactions/new/?instrument={one.pk}"' in page and "Use it" in page


def test_without_a_place_to_go_on_to_it_is_the_instruments_own_page(world: Emulator, browser: Client) -> None:
    for next_page in ("", "https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"):
        browser.post("/instruments/find/", {"q": "vodafone"})
        view = browser.get("/instruments/find/?q=vodafone").context["search"]
        key = view.listings[0].key if view.listings else ""
        if key:
            told = browser.post("/instruments/list/", {"q": "vodafone", "key": key, "next": next_page})
            there = browser.get(told["Location"])["Location"]
            assert there == f"/instruments/{Instrument.objects.get().pk}/", there
        Instrument.objects.all().delete()
    page = browser.get("/instruments/find/?q=vodafone&next=https://elsewhere.example/").content.decode()
    assert "elsewhere" not in page


def test_a_refusal_says_why_and_leads_back(world: Emulator, browser: Client) -> None:
    browser.post("/instruments/find/", {"q": "vodafone"})
    key = browser.get("/instruments/find/?q=vodafone").context["search"].listings[0].key
    for source in ("yahoo", "twelve_data", "alpha_vantage"):
        world.switches[source].turn(unknown={"VOD.L"})
    told = browser.post("/instruments/list/", {"q": "vodafone", "key": key})
    page = browser.get(told["Location"]).content.decode()
    assert "No source tells a price of Vodafone" in page and "Back to the search" in page and "every 1s" not in page
    assert browser.get("/instruments/listing/000000000000000000000000/").status_code == 404


def test_a_hit_that_nobody_found_is_refused_by_a_sentence(world: Emulator, browser: Client) -> None:
    told = browser.post("/instruments/list/", {"q": "vodafone", "key": "0123456789abcdef", "name": "Junk", "currency": "USD"}, follow=True)
    assert "The search is over." in told.content.decode() and not Instrument.objects.exists()


def test_without_a_source_the_page_says_so(browser: Client) -> None:
    page = browser.get("/instruments/find/?q=vodafone").content.decode()
    assert "No source of prices is set up" in page and "Ask the sources" not in page
    assert browser.get("/instruments/find/").status_code == 200


def test_texts_from_outside_do_nothing_on_the_page(world: Emulator, browser: Client) -> None:
    page = browser.get("/instruments/find/", {"q": "<script>alert(1)</script>\"'", "next": "/x/?a=<b>"}).content.decode()
    assert "<script>alert" not in page and "<b>" not in page


def test_a_page_costs_the_same_for_one_hit_and_for_many(world: Emulator, browser: Client, django_assert_num_queries: Any) -> None:
    costs = []
    for text in ("vodafone", "iShares"):
        browser.post("/instruments/find/", {"q": text})
        with django_assert_num_queries(5, exact=False) as counted:
            browser.get(f"/instruments/find/?q={text}")
        costs.append(len(counted.captured_queries))
    assert costs[0] == costs[1]


# ── where unknown instruments are met ───────────────────────────────────────


def test_the_form_of_an_entry_leads_to_the_sources_where_nothing_is_known(world: Emulator, browser: Client, person: Any) -> None:
    portfolio = make_portfolio(person)
    asked = {"instrument": "vodafone", "kind": "buy", "portfolio": portfolio.pk}
    part = browser.get("/transactions/instruments/", asked).content.decode()
    (address,) = [each.split('"')[0] for each in part.split('href="')[1:]]
    query = parse_qs(urlsplit(address.replace("&amp;", "&")).query)
    assert query == {"q": ["vodafone"], "next": [f"/transactions/new/?kind=buy&p={portfolio.pk}"]}
    make_instrument("VOD", name="Vodafone")
    assert "Search the sources" not in browser.get("/transactions/instruments/", asked | {"instrument": "VOD"}).content.decode()
    sent = {"kind": "buy", "portfolio": portfolio.pk, "instrument": "nothing at all", "traded_on": "2024-01-02", "quantity": "1", "price": "1"}
    refused = browser.post("/transactions/new/", sent)
    assert refused.status_code == 422 and "/instruments/find/?q=nothing+at+all" in refused.content.decode()


def test_without_a_source_the_form_of_an_entry_offers_none(browser: Client, person: Any) -> None:
    portfolio = make_portfolio(person)
    part = browser.get("/transactions/instruments/", {"instrument": "vodafone", "kind": "buy", "portfolio": portfolio.pk}).content.decode()
    assert "Search the sources" not in part


# ── the API ─────────────────────────────────────────────────────────────────


def test_a_program_searches_and_lists(world: Emulator, api: APIClient) -> None:
    begun = api.post("/api/v1/instruments/search", {"text": "vodafone"}, format="json")
    assert begun.status_code == 202
    told = api.get(begun["Location"]).json()
    assert (told["id"], told["status"], told["instruments"], told["failed"]) == (begun.json()["id"], "done", [], [])
    (one,) = told["listings"]
    assert (one["symbol"], one["exchange"], one["currency"]) == ("VOD", "London", "GBP")
    taken = api.post("/api/v1/instruments/list", {"search": told["id"], "key": one["key"]}, format="json")
    assert taken.status_code == 202
    done = api.get(taken["Location"]).json()
    assert (done["status"], done["instrument"]) == ("done", Instrument.objects.get().pk)
    again = api.get(begun["Location"]).json()
    assert not again["listings"] and again["instruments"][0]["instrument"] == done["instrument"]


def test_a_search_of_somebody_else_is_not_there(world: Emulator, api: APIClient, stranger: Any) -> None:
    begun = api.post("/api/v1/instruments/search", {"text": "vodafone"}, format="json").json()
    api.force_authenticate(stranger)
    assert api.get(f"/api/v1/instruments/search/{begun['id']}").status_code == 404
    assert api.post("/api/v1/instruments/list", {"search": begun["id"], "key": begun["listings"][0]["key"]}, format="json").status_code == 404
    assert api.get("/api/v1/instruments/list/000000000000000000000000").status_code == 404


@pytest.mark.parametrize("body", [{}, {"text": "  "}, {"text": "x" * 81}, {"text": ["a"]}])
def test_a_search_for_nothing_is_refused_by_its_field(world: Emulator, api: APIClient, body: dict[str, Any]) -> None:
    refused = api.post("/api/v1/instruments/search", body, format="json")
    assert refused.status_code == 400 and refused.json()["errors"][0]["field"].startswith("text")


def test_who_searches_too_often_is_told_when_to_come_again(world: Emulator, api: APIClient) -> None:
    for number in range(20):
        assert api.post("/api/v1/instruments/search", {"text": f"text {number}"}, format="json").status_code == 202
    refused = api.post("/api/v1/instruments/search", {"text": "one more"}, format="json")
    assert refused.status_code == 429 and int(refused["Retry-After"]) > 0 and refused.json()["code"] == "asked_too_often"


def test_the_plain_search_of_the_api_stays_one_of_the_database(world: Emulator, api: APIClient) -> None:
    assert api.get("/api/v1/instruments?search=vodafone").json()["results"] == [] and not world.calls()
    assert not SourceSymbol.objects.exists()
