"""The API tells why a figure is what it is: the same as the page."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.factories import make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def api(person: Any) -> APIClient:
    client = APIClient()
    client.force_authenticate(person)
    return client


def result(terms: list[dict[str, Any]]) -> Decimal:
    """The terms before the last one, put together by their operators."""
    found = Decimal(0)
    for term in terms[:-1]:
        number = Decimal(term["value"])
        found = found - number if term["operator"] == "−" else found * number if term["operator"] == "×" else found + number
    return found


@pytest.mark.parametrize("name", ["net_worth", "total_gain", "unrealised", "realised", "income"])
def test_a_program_can_make_the_figure_again_from_its_explanation(api: APIClient, euro_portfolio: Any, name: str) -> None:
    body = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/explain?figure={name}").json()
    assert body["figure"] == name and body["title"] and body["words"].endswith(".")
    assert result(body["terms"]) == Decimal(body["value"]) == Decimal(body["terms"][-1]["value"])
    assert sum(Decimal(line["cells"][-1]["value"]) for line in body["lines"]) == Decimal(body["value"])


def test_the_figures_of_one_holding_are_explained(api: APIClient, euro_portfolio: Any, share: Any) -> None:
    address = f"/api/v1/portfolios/{euro_portfolio.pk}/explain?instrument={share.pk}&figure="
    held = next(row for row in api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/holdings").json()["results"] if row["symbol"] == "SHARE")
    assert api.get(address + "value").json()["value"] == held["market_value"]
    assert api.get(address + "unrealised").json()["value"] == held["unrealized_gain"]


def test_an_unknown_figure_answers_which_there_are(api: APIClient, euro_portfolio: Any) -> None:
    refused = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/explain?figure=happiness")
    assert refused.status_code == 400 and "net_worth" in refused.json()["errors"][0]["detail"]


def test_all_portfolios_are_explained_together_and_strangers_learn_nothing(api: APIClient, euro_portfolio: Any) -> None:
    assert api.get("/api/v1/portfolios/all/explain?figure=net_worth").json()["portfolios"] == [euro_portfolio.pk]
    stranger = APIClient()
    stranger.force_authenticate(make_person("stranger"))
    assert stranger.get(f"/api/v1/portfolios/{euro_portfolio.pk}/explain?figure=net_worth").status_code == 404
