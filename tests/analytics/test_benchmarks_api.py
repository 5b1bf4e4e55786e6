"""Series of benchmarks over the API, and portfolios compared with a blend: one rule for both."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from market.models import Benchmark
from market.services import ActionRow, PartDraft, create_blend, ingest_actions
from tests.factories import D, make_portfolio, record


@pytest.fixture
def browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def half(person: Any, share: Any, fund: Any, dollars: None) -> Benchmark:
    return create_blend(person, name="Half", currency="EUR", parts=[PartDraft(share, D("0.5")), PartDraft(fund, D("0.5"))], rebalancing="never")


def got(browser: Client, pk: int, **asked: Any) -> Any:
    answer = browser.get(f"/api/v1/benchmarks/{pk}/series", asked)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_a_blend_in_two_currencies_is_told_in_one(browser: Client, half: Benchmark, began: date) -> None:
    body = got(browser, half.pk, start=began, end=began + timedelta(days=100))
    assert len(body["series"]) == 101 and body["series"][0] == {"date": began.isoformat(), "level": "100"}
    # shares 100 → 101; funds $50 → $50.5 at 1.25 → 1.24
    assert float(body["series"][-1]["level"]) == pytest.approx(50 * 1.01 + 50 * (50.5 / 1.24) / (50 / 1.25))
    assert not body["total_return"] and len(body["notes"]) == 2 and body["unknown"] == []


def test_a_dividend_that_becomes_known_counts_at_once(browser: Client, half: Benchmark, share: Any, began: date) -> None:
    span = {"start": began, "end": began + timedelta(days=10)}
    before = float(got(browser, half.pk, **span)["series"][-1]["level"])
    ingest_actions({share.pk: [ActionRow("dividend", began + timedelta(days=5), amount=D("10.005"))]}, "test")
    assert float(got(browser, half.pk, **span)["series"][-1]["level"]) > before + 4


def test_days_that_are_not_known_are_named(browser: Client, half: Benchmark, began: date) -> None:
    body = got(browser, half.pk, start=began - timedelta(days=2), end=began)
    assert [row["date"] for row in body["series"]] == [began.isoformat()]
    assert body["unknown"][0]["end"] == (began - timedelta(days=1)).isoformat() and "No price of SHARE in EUR" in body["unknown"][0]["reason"]


@pytest.mark.parametrize(
    ("asked", "field"), [({"currency": "XXQ"}, "currency"), ({"start": "2026-02-30"}, "start"), ({"start": "2024-02-01", "end": "2024-01-01"}, "end")]
)
def test_what_cannot_be_asked_is_refused_at_its_field(browser: Client, half: Benchmark, asked: dict[str, str], field: str) -> None:
    answer = browser.get(f"/api/v1/benchmarks/{half.pk}/series", asked)
    assert answer.status_code == 400 and [error["field"] for error in answer.json()["errors"]] == [field]


def test_somebody_elses_blend_has_no_series(half: Benchmark, stranger: Any) -> None:
    client = Client()
    client.force_login(stranger)
    assert client.get(f"/api/v1/benchmarks/{half.pk}/series").status_code == 404


def test_a_series_costs_eight_queries_however_many_parts(browser: Client, half: Benchmark, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(8):  # session, person, benchmark, parts, prices, rates, own rates, actions
        got(browser, half.pk)


def test_a_portfolio_is_compared_by_the_same_rule(browser: Client, person: Any, half: Benchmark, share: Any, began: date) -> None:
    portfolio = make_portfolio(person, blend=half)
    record(portfolio, "deposit", began, amount="1000")
    body = browser.get(f"/api/v1/portfolios/{portfolio.pk}/performance", {"end": began + timedelta(days=100)}).json()
    series = got(browser, half.pk, start=began, end=began + timedelta(days=100))
    told = body["benchmark"]
    assert (told["name"], told["blend"], told["instrument"], told["symbol"], told["total_return"]) == ("Half", half.pk, None, None, False)
    assert float(told["twr"]) == pytest.approx(float(series["series"][-1]["level"]) / 100 - 1)


def test_a_blend_can_be_asked_for_in_place_of_the_portfolios_own(browser: Client, euro_portfolio: Any, half: Benchmark) -> None:
    path = f"/api/v1/portfolios/{euro_portfolio.pk}/performance"
    assert browser.get(path, {"blend": half.pk}).json()["benchmark"]["name"] == "Half"
    assert browser.get(path, {"blend": half.pk, "benchmark": "SHARE"}).status_code == 400
    assert browser.get(path, {"blend": "nonsense"}).status_code == 404


def test_the_dashboard_names_the_blend(browser: Client, person: Any, half: Benchmark, began: date) -> None:
    portfolio = make_portfolio(person, blend=half)
    record(portfolio, "deposit", began, amount="1000")
    assert "Same money in Half" in browser.get(f"/dashboard/?p={portfolio.pk}").content.decode()
