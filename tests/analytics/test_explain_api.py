"""The API tells why a figure is what it is: the same as the page."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient

from analytics.api.gains import GainsSerializer
from analytics.selectors import Scope, explanations_of, period_explanations
from analytics.selectors.explaining import names as explain_names
from portfolio_site.web.serializers import ExactField
from portfolios.api.holdings import HoldingSerializer
from portfolios.api.lots import LotSerializer
from portfolios.api.portfolios import PortfolioDetailSerializer
from portfolios.models import Transaction
from tests.factories import make_person, make_portfolio, record

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


@pytest.mark.parametrize("name", ["total_value", "total_gain", "unrealized_gain", "realized_gain", "income", "total_cost", "cash_value", "net_flows"])
def test_a_program_can_make_the_figure_again_from_its_explanation(api: APIClient, euro_portfolio: Any, name: str) -> None:
    body = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/explain?figure={name}").json()
    assert body["figure"] == name and body["title"] and body["words"].endswith(".")
    assert result(body["terms"]) == Decimal(body["value"]) == Decimal(body["terms"][-1]["value"])
    assert sum(Decimal(line["cells"][-1]["value"]) for line in body["lines"]) == Decimal(body["value"])


def test_the_figures_of_one_holding_are_explained(api: APIClient, euro_portfolio: Any, share: Any) -> None:
    address = f"/api/v1/portfolios/{euro_portfolio.pk}/explain?instrument={share.pk}&figure="
    held = next(row for row in api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/holdings").json()["results"] if row["symbol"] == "SHARE")
    assert api.get(address + "market_value").json()["value"] == held["market_value"]
    assert api.get(address + "unrealized_gain").json()["value"] == held["unrealized_gain"]


def test_an_unknown_figure_answers_which_there_are(api: APIClient, euro_portfolio: Any) -> None:
    refused = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/explain?figure=happiness")
    assert refused.status_code == 400 and "total_value" in refused.json()["errors"][0]["detail"]


def test_all_portfolios_are_explained_together_and_strangers_learn_nothing(api: APIClient, euro_portfolio: Any) -> None:
    assert api.get("/api/v1/portfolios/all/explain?figure=total_value").json()["portfolios"] == [euro_portfolio.pk]
    stranger = APIClient()
    stranger.force_authenticate(make_person("stranger"))
    assert stranger.get(f"/api/v1/portfolios/{euro_portfolio.pk}/explain?figure=total_value").status_code == 404


# ── by the names of the fields ──────────────────────────────────────────────


def _figures(serializer: Any) -> set[str]:
    """The fields that tell a number."""
    return {name for name, field in serializer().fields.items() if isinstance(field, ExactField)}


def test_what_can_be_explained_are_the_fields_of_the_answers(euro_portfolio: Any, share: Any) -> None:
    """One table: what an answer tells as a number can be asked for under its name, and nothing else can."""
    assert set(explain_names.SUMMARY) == _figures(PortfolioDetailSerializer)
    assert set(explain_names.HOLDING) == _figures(HoldingSerializer)
    assert set(explain_names.LOT) == _figures(LotSerializer) | {"days_held"}
    assert set(explain_names.GAINS) == _figures(GainsSerializer)
    scope = Scope([euro_portfolio])
    assert set(explanations_of(scope)) == {*explain_names.WHOLE, *explain_names.GAINS}
    assert tuple(explanations_of(scope, share)) == explain_names.HOLDING
    assert tuple(period_explanations(scope, None, None)) == explain_names.GAINS


def _asked(api: APIClient, portfolio: Any, name: str, **query: Any) -> Any:
    answer = api.get(f"/api/v1/portfolios/{portfolio.pk}/explain", {"figure": name, **query})
    assert answer.status_code == 200, answer.json()
    assert answer.json()["figure"] == name
    return answer.json()["value"]


def _text(value: Any) -> Any:
    return None if value is None else str(value)


@pytest.fixture(params=["euro_portfolio", "dollar_portfolio"])
def some(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_each_field_of_the_answers_is_explained_with_the_value_that_it_has(api: APIClient, some: Any) -> None:
    base = f"/api/v1/portfolios/{some.pk}"
    summary, gains = api.get(base).json(), api.get(f"{base}/gains").json()
    assert {name: _asked(api, some, name) for name in explain_names.SUMMARY} == {name: summary[name] for name in explain_names.SUMMARY}
    assert {name: _asked(api, some, name) for name in explain_names.GAINS} == {name: gains[name] for name in explain_names.GAINS}
    performance = api.get(f"{base}/performance").json()
    assert {name: _asked(api, some, name) for name in explain_names.RETURNS} == {name: _text(performance[name]) for name in explain_names.RETURNS}
    for row in api.get(f"{base}/holdings").json()["results"]:
        told = {name: _asked(api, some, name, instrument=row["instrument"]) for name in explain_names.HOLDING}
        assert told == {name: row[name] for name in explain_names.HOLDING}


def test_gains_of_a_period_are_explained_with_the_values_that_they_have(api: APIClient, some: Any, began: date) -> None:
    period = {"start": (began + timedelta(days=3)).isoformat(), "end": (began + timedelta(days=40)).isoformat()}
    gains = api.get(f"/api/v1/portfolios/{some.pk}/gains", period).json()
    assert {name: _asked(api, some, name, **period) for name in explain_names.GAINS} == {name: gains[name] for name in explain_names.GAINS}


@pytest.mark.parametrize("method", ["fifo", "average"])
def test_each_field_of_a_lot_is_explained_with_the_value_that_it_has(
    api: APIClient, person: Any, began: date, share: Any, fund: Any, method: str, dollars: Any
) -> None:
    portfolio = make_portfolio(person, cost_method=method, tracks_cash=False)
    for held in (share, fund):
        record(portfolio, "buy", began, held, quantity="10", price="10", fees="1")
        record(portfolio, "buy", began + timedelta(days=2), held, quantity="7", price="11")
        record(portfolio, "sell", began + timedelta(days=4), held, quantity="12", price="12", fees="1")
        record(portfolio, "split", began + timedelta(days=5), held, ratio_new="3", ratio_old="2")
    lots = api.get(f"/api/v1/portfolios/{portfolio.pk}/lots").json()
    every = [*lots["open"], *lots["closed_lots"]]
    assert len(every) == (4 if method == "fifo" else 2)
    for lot in every:
        query = {"instrument": lot["instrument"], "lot": lot["transaction"], "opened_on": lot["opened_on"]}
        assert {name: _asked(api, portfolio, name, **query) for name in explain_names.LOT} == {name: _text(lot[name]) for name in explain_names.LOT}


def test_the_names_that_there_are_are_listed_as_they_are_asked_for(api: APIClient, euro_portfolio: Any, share: Any) -> None:
    base = f"/api/v1/portfolios/{euro_portfolio.pk}/explain"
    lot = Transaction.objects.filter(portfolio=euro_portfolio, instrument=share, kind="buy")[0]
    for query, names in (
        ({}, {*explain_names.WHOLE, *explain_names.GAINS}),
        ({"instrument": share.pk}, set(explain_names.HOLDING)),
        ({"instrument": share.pk, "lot": lot.entry}, set(explain_names.LOT)),
        ({"start": "2020-01-01"}, set(explain_names.GAINS)),
    ):
        refused = api.get(base, {"figure": "happiness", **query}).json()["errors"]
        assert [one["field"] for one in refused] == ["figure"]
        listed = refused[0]["detail"].removeprefix("Use one of: ").removesuffix(".").split(", ")
        assert set(listed) == names and "…" not in refused[0]["detail"]


def test_a_lot_of_another_instrument_person_or_portfolio_is_not_found(
    api: APIClient, euro_portfolio: Any, share: Any, fund: Any, began: date
) -> None:
    theirs = make_portfolio(make_person("sam"), cost_method="fifo", tracks_cash=False)
    foreign = record(theirs, "buy", began, share, quantity="10", price="10")
    own = Transaction.objects.filter(portfolio=euro_portfolio, instrument=share, kind="buy")[0]
    base = f"/api/v1/portfolios/{euro_portfolio.pk}/explain?figure=cost"
    assert api.get(f"{base}&instrument={share.pk}&lot={foreign.entry}").status_code == 404
    assert api.get(f"{base}&instrument={fund.pk}&lot={own.entry}").status_code == 404
    assert api.get(f"{base}&instrument={share.pk}&lot={own.entry}&opened_on=1999-01-01").status_code == 404
    assert api.get(f"{base}&lot={own.entry}").json()["errors"][0]["field"] == "instrument"
    assert api.get(f"{base}&instrument={share.pk}&lot=x").json()["errors"][0]["field"] == "lot"


def test_one_of_something_is_said_in_the_singular(api: APIClient, person: Any, share: Any, began: date) -> None:
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", began, share, quantity="10", price="10")
    record(portfolio, "dividend", began + timedelta(days=1), share, amount="10")
    for name in (*explain_names.WHOLE, *explain_names.GAINS):
        text = api.get(f"/api/v1/portfolios/{portfolio.pk}/explain?figure={name}").content.decode()
        assert not re.search(r"\b1 (entries|payments|sales|holdings|days|units|costs|lots)\b", text), (name, text)


def test_an_earlier_day_is_explained_with_the_values_of_that_day(api: APIClient, some: Any, began: date) -> None:
    day = {"as_of": (began + timedelta(days=40)).isoformat()}
    base = f"/api/v1/portfolios/{some.pk}"
    rows = api.get(f"{base}/holdings", day).json()["results"]
    assert rows
    for row in rows:
        told = {name: _asked(api, some, name, instrument=row["instrument"], **day) for name in explain_names.HOLDING}
        assert told == {name: row[name] for name in explain_names.HOLDING}


@pytest.mark.parametrize("method", ["average", "lifo", "hifo"])
def test_another_method_on_an_earlier_day_is_explained_as_lots_tell_it(api: APIClient, person: Any, began: date, share: Any, method: str) -> None:
    portfolio = make_portfolio(person, cost_method="fifo", tracks_cash=False)
    for number, price in enumerate(("10", "12", "11")):
        record(portfolio, "buy", began + timedelta(days=number), share, quantity="10", price=price)
    record(portfolio, "sell", began + timedelta(days=5), share, quantity="12", price="14")
    record(portfolio, "sell", began + timedelta(days=9), share, quantity="5", price="15")
    asked = {"as_of": (began + timedelta(days=6)).isoformat(), "method": method}
    lots = api.get(f"/api/v1/portfolios/{portfolio.pk}/lots", asked).json()
    every = [lot for lot in (*lots["open"], *lots["closed_lots"]) if lot["transaction"]]
    assert sum(Decimal(lot["quantity"]) for lot in every) == 18
    for lot in every:
        query = {"instrument": share.pk, "lot": lot["transaction"], "opened_on": lot["opened_on"], "nth": lot["nth"], **asked}
        told = {name: _asked(api, portfolio, name, **query) for name in ("quantity", "cost", "unit_cost", "realized_gain", "days_held")}
        assert told == {name: _text(lot[name]) for name in told}


def test_what_was_known_on_a_day_is_explained_and_what_cannot_be_is_said(api: APIClient, euro_portfolio: Any, share: Any, began: date) -> None:
    base = f"/api/v1/portfolios/{euro_portfolio.pk}/explain"
    before = (began - timedelta(days=1)).isoformat()
    assert api.get(base, {"figure": "quantity", "instrument": share.pk, "known_at": before}).status_code == 400  # nothing was known of it
    for query, field in (
        ({"method": "guess"}, "method"),
        ({"as_of": "never"}, "as_of"),
        ({"asof": began.isoformat()}, "asof"),
        ({"known_at": "never"}, "known_at"),
        ({"as_of": began.isoformat(), "end": (began + timedelta(days=3)).isoformat()}, "end"),
    ):
        refused = api.get(base, {"figure": "total_gain", **query})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, field)
