"""Benchmarks over the API and on pages: the list, one's own blends, and what becomes of portfolios that are compared with one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from market.models import Benchmark
from market.services import PartDraft, create_blend
from portfolios.selectors import compared_with, get_portfolio
from tests.factories import D, make_instrument, make_portfolio

URL = "/api/v1/benchmarks"


@pytest.fixture
def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def world(db: None) -> Any:
    return make_instrument("WORLD", asset_class="etf")


@pytest.fixture
def bonds(db: None) -> Any:
    return make_instrument("BONDS", asset_class="etf")


@pytest.fixture
def blend(person: Any, world: Any, bonds: Any) -> Benchmark:
    return create_blend(person, name="60/40", currency="EUR", parts=[PartDraft(world, D("0.6")), PartDraft(bonds, D("0.4"))])


def sent(browser: Client, method: str, path: str, data: Any = None) -> Any:
    return browser.generic(method, path, data=json.dumps(data or {}), content_type="application/json")


def wanted(**more: Any) -> dict[str, Any]:
    parts = [{"symbol": "WORLD", "weight": "0.6"}, {"symbol": "BONDS", "weight": "0.4"}]
    return {"name": "Mix", "currency": "EUR", "rebalancing": "yearly", "parts": parts, **more}


# ── API ─────────────────────────────────────────────────────────────────────


def test_a_blend_is_made_read_changed_deleted_and_brought_back(browser: Client, world: Any, bonds: Any) -> None:
    made = sent(browser, "POST", URL, wanted())
    assert made.status_code == 201, made.content
    pk = made.json()["id"]
    assert [(part["symbol"], part["weight"]) for part in made.json()["parts"]] == [("WORLD", "0.6"), ("BONDS", "0.4")]
    changed = sent(browser, "PUT", f"{URL}/{pk}", wanted(name="All of it", parts=[{"instrument": world.pk, "weight": "1"}]))
    assert changed.json()["name"] == "All of it" and len(changed.json()["parts"]) == 1
    assert sent(browser, "DELETE", f"{URL}/{pk}").json() == {"portfolios": []}
    assert browser.get(f"{URL}/{pk}").status_code == 404
    assert sent(browser, "POST", f"{URL}/{pk}/restore").json()["name"] == "All of it" and browser.get(f"{URL}/{pk}").status_code == 200


def test_faults_are_told_by_part(browser: Client, world: Any, bonds: Any) -> None:
    parts = [{"symbol": "NOSUCH", "weight": "0.5"}, {"symbol": "WORLD", "weight": "2"}]
    answer = sent(browser, "POST", URL, wanted(parts=parts))
    assert answer.status_code == 422 and answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == ["parts.0.instrument", "parts.1.weight"] and not Benchmark.objects.exists()
    assert sent(browser, "POST", URL, wanted(parts=[{"weight": "1"}])).status_code in {400, 422}


def test_a_symbol_of_two_instruments_is_asked_about(browser: Client, world: Any, bonds: Any) -> None:
    make_instrument("WORLD", exchange="XOTH")
    answer = sent(browser, "POST", URL, wanted())
    assert [(error["field"], error["code"]) for error in answer.json()["errors"]] == [("parts.0.symbol", "ambiguous")]


def test_the_list_holds_indices_and_ones_own_blends_in_a_fixed_number_of_queries(
    browser: Client, person: Any, world: Any, blend: Benchmark, django_assert_max_num_queries: Any
) -> None:
    for number in range(5):
        Benchmark.objects.create(name=f"Index {number}", currency="EUR", instrument=make_instrument(asset_class="index"), position=number)
        create_blend(person, name=f"Blend {number}", currency="EUR", parts=[PartDraft(world, D(1))])
    browser.get(URL)
    with django_assert_max_num_queries(4):  # session, person, rows, parts
        rows = browser.get(URL).json()["results"]
    assert [row["type"] for row in rows] == ["index"] * 5 + ["blend"] * 6


def test_an_index_is_nobodys_to_change(browser: Client, db: None) -> None:
    index = Benchmark.objects.create(name="Index", currency="EUR", instrument=make_instrument(asset_class="index"))
    assert browser.get(f"{URL}/{index.pk}").status_code == 200
    assert sent(browser, "PUT", f"{URL}/{index.pk}", wanted()).status_code == 404
    assert sent(browser, "DELETE", f"{URL}/{index.pk}").status_code == 404


# ── a portfolio that is compared with one ───────────────────────────────────


def test_a_portfolio_is_compared_with_a_blend_or_an_index(browser: Client, person: Any, world: Any, blend: Benchmark) -> None:
    path = f"/api/v1/portfolios/{make_portfolio(person, benchmark=world).pk}"
    answer = sent(browser, "PATCH", path, {"blend": blend.pk}).json()
    assert (answer["benchmark"], answer["blend"]) == (None, blend.pk)
    answer = sent(browser, "PATCH", path, {"benchmark": "WORLD"}).json()
    assert (answer["benchmark"], answer["blend"]) == (world.pk, None)
    both = sent(browser, "PATCH", path, {"benchmark": "WORLD", "blend": blend.pk})
    assert both.status_code == 400 and both.json()["errors"][0]["field"] == "blend"


def test_somebody_elses_blend_is_not_there(browser: Client, person: Any, stranger: Any, world: Any) -> None:
    theirs = create_blend(stranger, name="Theirs", currency="EUR", parts=[PartDraft(world, D(1))])
    answer = sent(browser, "PATCH", f"/api/v1/portfolios/{make_portfolio(person).pk}", {"blend": theirs.pk})
    assert answer.status_code == 400 and "blend" in answer.content.decode()


def test_a_deleted_blend_compares_with_nothing_until_it_is_back(browser: Client, person: Any, blend: Benchmark) -> None:
    portfolio = make_portfolio(person, blend=blend)
    assert sent(browser, "DELETE", f"{URL}/{blend.pk}").json() == {"portfolios": [portfolio.pk]}
    assert compared_with([get_portfolio(person, portfolio.pk)]) is None
    sent(browser, "POST", f"{URL}/{blend.pk}/restore")
    found = compared_with([get_portfolio(person, portfolio.pk)])
    assert found is not None and found.name == "60/40"


def test_to_know_what_an_index_counts_costs_no_query(person: Any, world: Any, django_assert_num_queries: Any) -> None:
    Benchmark.objects.create(name="World", currency="EUR", instrument=world, kind="total")
    portfolio = get_portfolio(person, make_portfolio(person, benchmark=world).pk)
    with django_assert_num_queries(0):
        found = compared_with([portfolio])
    assert found is not None and found.parts[0].kind == "total"


# ── pages ───────────────────────────────────────────────────────────────────


def typed(**more: str) -> dict[str, str]:
    parts = {"instrument_0": "WORLD · WORLD Corporation", "weight_0": "60", "instrument_2": "bonds", "weight_2": "40"}
    return {"rows": "4", "name": "60/40", "currency": "EUR", "rebalancing": "monthly", **parts, **more}


def test_a_blend_is_typed_and_listed(browser: Client, world: Any, bonds: Any) -> None:
    answer = browser.post("/benchmarks/add/", typed(), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain and "60 % WORLD, 40 % BONDS" in page and "Every month" in page


def test_a_refused_blend_says_so_at_its_row_and_keeps_what_was_typed(browser: Client, world: Any, bonds: Any) -> None:
    answer = browser.post("/benchmarks/add/", typed(weight_2="30"))
    assert answer.status_code == 422 and "add up to 90 %" in answer.content.decode() and "bonds" in answer.content.decode()
    answer = browser.post("/benchmarks/add/", typed(instrument_2="NOSUCH"))
    assert answer.status_code == 422 and answer.context["form"].errors["instrument_2"]
    answer = browser.post("/benchmarks/add/", typed(weight_2="140"))
    assert answer.context["form"].errors["weight_2"] == ["Give a weight above 0 % and at most 100 %."]


def test_more_rows_keep_what_was_typed(browser: Client, world: Any, bonds: Any) -> None:
    answer = browser.post("/benchmarks/add/", typed(more="1"))
    page = answer.content.decode()
    assert answer.status_code == 200 and "instrument_6" in page and "instrument_7" not in page and "WORLD · WORLD Corporation" in page


def test_a_blend_is_changed_on_its_page(browser: Client, blend: Benchmark) -> None:
    page = browser.get(f"/benchmarks/{blend.pk}/edit/").content.decode()
    assert "WORLD · WORLD Corporation" in page and 'value="60"' in page
    browser.post(f"/benchmarks/{blend.pk}/edit/", typed(weight_0="70", weight_2="30", instrument_2="BONDS"))
    assert [part.weight for part in blend.parts.all()] == [D("0.7"), D("0.3")]


def test_the_toast_of_a_deletion_says_what_is_compared_with_nothing_and_undoes_it(browser: Client, person: Any, blend: Benchmark) -> None:
    make_portfolio(person, name="Pension", blend=blend)
    assert "Pension is compared with this blend" in browser.get(f"/benchmarks/{blend.pk}/edit/").content.decode()
    page = browser.post(f"/benchmarks/{blend.pk}/delete/", follow=True).content.decode()
    assert "Pension is now compared with nothing" in page and f"/benchmarks/{blend.pk}/restore/" in page
    assert "60/40 is back" in browser.post(f"/benchmarks/{blend.pk}/restore/", follow=True).content.decode()


def test_a_portfolio_chooses_a_blend_in_its_settings(browser: Client, person: Any, blend: Benchmark, world: Any) -> None:
    portfolio = make_portfolio(person, name="Pension")
    path = f"/portfolios/{portfolio.pk}/settings/"
    page = browser.get(path).content.decode()
    assert "Your blends" in page and f'value="blend-{blend.pk}"' in page
    base = {"name": "Pension", "base_currency": "EUR", "cost_method": "average", "dividend_treatment": "income"}
    for chosen, stored in ((f"blend-{blend.pk}", (None, blend.pk)), (str(world.pk), (world.pk, None)), ("", (None, None))):
        assert browser.post(path, {**base, "benchmark": chosen}).status_code == 302
        portfolio.refresh_from_db()
        assert (portfolio.benchmark_id, portfolio.blend_id) == stored


def test_pages_cost_a_fixed_number_of_queries(browser: Client, person: Any, world: Any, blend: Benchmark, django_assert_max_num_queries: Any) -> None:
    for number in range(10):
        create_blend(person, name=f"Blend {number}", currency="EUR", parts=[PartDraft(world, D(1))])
    browser.get("/benchmarks/")
    with django_assert_max_num_queries(12):
        assert browser.get("/benchmarks/").status_code == 200
    with django_assert_max_num_queries(14):
        assert browser.get(f"/benchmarks/{blend.pk}/edit/").status_code == 200
