"""The fan of futures of a portfolio: what it starts from, what it is made of, and what it says of a goal."""

from __future__ import annotations

import html
import json
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.api.projection import EXAMPLE
from analytics.engine.projection import needed_contribution
from analytics.selectors.performance import Stretch
from analytics.selectors.projection import BLOCK, ProjectionAsked, projection_of
from analytics.selectors.scope import Scope
from tests.analytics.wandering import market_index, one, pair, two, wander
from tests.factories import make_instrument, make_portfolio, record

__all__ = ["market_index", "one", "pair", "two"]
pytestmark = pytest.mark.django_db


def path(portfolio: Any) -> str:
    return f"/api/v1/portfolios/{portfolio.pk}/projection"


def test_every_future_starts_at_the_value_of_now_and_is_made_of_the_whole_past(pair: Any, today: date) -> None:
    scope = Scope([pair])
    found = projection_of(scope, ProjectionAsked(years=5, contribution=100.0, goal=20_000.0))
    past = Stretch(scope).returns()
    assert found.fan is not None and found.fan.worth[:, 0] == pytest.approx([float(scope.table.value.value)] * 5)
    assert (found.past_days, found.block_days, len(found.days)) == (len(past.values), 21 * BLOCK, 61)
    assert found.days[0] == today and found.days[-1].year == today.year + 5
    assert found.paid.value == pytest.approx(float(scope.table.value.value) + 6000)
    assert found.low.value < found.middle.value < found.high.value


def test_the_needed_contribution_is_the_least_that_is_enough(pair: Any) -> None:
    scope, asked = Scope([pair]), ProjectionAsked(years=8, goal=60_000.0, chance=0.75)
    needed = float(projection_of(scope, asked).needed.value)
    assert needed > 0
    with_it, with_less = (
        projection_of(scope, ProjectionAsked(years=8, goal=60_000.0, contribution=needed + change)).reached.value for change in (1e-6, -0.01)
    )
    assert with_it >= 0.75 > with_less


def test_a_goal_that_is_reached_anyway_needs_nothing() -> None:
    growth = np.full((10, 12), 1.01)
    assert needed_contribution(growth, start=100.0, goal=100.0, chance=1.0).amount == 0.0
    assert needed_contribution(np.ones((10, 12)), start=0.0, goal=120.0, chance=0.5).amount == pytest.approx(10.0)


def test_the_same_seed_answers_the_same_and_another_does_not(api: Any, pair: Any) -> None:
    once, again, other = (api.get(path(pair), {"seed": seed, "goal": "20000"}).json() for seed in (7, 7, 8))
    assert once == again and once["seed"] == 7 and once["fan"] != other["fan"]


def test_the_answer_has_the_names_of_its_example(api: Any, pair: Any) -> None:
    body = api.get(path(pair), {"contribution": "200", "goal": "60000"}).json()
    assert body.keys() == EXAMPLE.keys() and body["fan"][0].keys() == EXAMPLE["fan"][0].keys()
    assert (body["contribution"], body["goal"], body["chance"]) == ("200", "60000", "0.75")
    assert body["undefined"] == [] and len(body["fan"]) == 121 and len(body["assumptions"]) == 5


def test_without_a_goal_its_figures_say_so(api: Any, pair: Any) -> None:
    body = api.get(path(pair)).json()
    assert {one["figure"]: one["reason"] for one in body["undefined"]} == dict.fromkeys(("reached", "needed_contribution"), "No goal is set.")
    assert body["fan"][5]["reached"] is None


def test_under_a_year_of_past_there_is_no_fan_and_it_says_why(api: Any, person: Any, today: date) -> None:
    young = wander("YOUNG", 5, today, days=200)
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", young.rows[0][0], young, quantity="10", price=young.rows[0][1])
    body = api.get(path(portfolio), {"goal": "1000"}).json()
    assert body["fan"] == [] and body["middle"] is None and body["value"] is not None
    (reason,) = {one["reason"] for one in body["undefined"]}
    assert "a projection needs a year of them, 252" in reason


@pytest.mark.parametrize("kind", ["empty", "cash", "today", "sold", "lost", "unpriced"])
def test_portfolios_at_the_edge_are_answered_with_reasons(api: Any, person: Any, share: Any, began: date, today: date, kind: str) -> None:
    portfolio = make_portfolio(person, tracks_cash=kind == "cash")
    if kind == "cash":
        record(portfolio, "deposit", began, amount="100")
    elif kind == "today":
        record(portfolio, "buy", today, share, quantity="1", price="100")
    elif kind == "unpriced":
        record(portfolio, "buy", began, make_instrument("NONE"), quantity="1", price="100")
    elif kind != "empty":
        record(portfolio, "buy", began, share, quantity="1", price="100")
        record(portfolio, "sell", began + timedelta(days=300), share, quantity="1", price="0" if kind == "lost" else "110")
    for address in (path(portfolio), "/api/v1/portfolios/all/projection"):
        answer = api.get(address, {"goal": "1000", "contribution": "-5"})
        assert answer.status_code == 200
        assert all(one["reason"].endswith(".") for one in answer.json()["undefined"])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("years=0", "years"),
        ("years=51", "years"),
        ("years=ten", "years"),
        ("contribution=much", "contribution"),
        ("contribution=nan", "contribution"),
        ("goal=-1", "goal"),
        ("chance=100", "chance"),
        ("seed=-1", "seed"),
        ("futures=99", "futures"),
        ("years=50&futures=2000", "futures"),
        ("month=1", "month"),
        ("currency=EURO", "currency"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(api: Any, pair: Any, query: str, field: str) -> None:
    answer = api.get(f"{path(pair)}?{query}")
    assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == field


def test_it_costs_the_queries_of_the_series_alone(api: Any, pair: Any, person: Any, one: Any, two: Any) -> None:
    def queries() -> int:
        api.get(path(pair))
        with CaptureQueriesContext(connection) as seen:
            api.get(path(pair), {"years": "30", "goal": "100000"})
        return len(seen)

    few = queries()
    for _ in range(3):
        record(pair, "buy", one.rows[5][0], make_instrument(price="10"), quantity="1", price="10")
    assert queries() == few <= 6


# ── the page ────────────────────────────────────────────────────────────────


def test_the_page_shows_the_fan_its_seed_and_every_assumption(signed_in: Any, pair: Any) -> None:
    answer = signed_in.get("/projection/", {"goal": "60000", "years": "12", "seed": "9", "contribution": "150,50"})
    page = html.unescape(answer.content.decode())
    found = projection_of(Scope([pair]), ProjectionAsked(years=12, goal=60_000.0, seed=9, contribution=150.5))
    assert answer.status_code == 200 and 'data-chart="fan"' in page and "Seed 9" in page
    assert all(said in page for said in found.assumptions)
    assert 'name="contribution" value="150,50"' in page and 'name="goal" value="60000"' in page
    assert page.count('<tr><th scope="row">') == 13


def test_each_figure_of_the_page_explains_itself(signed_in: Any, pair: Any) -> None:
    asked = {"goal": "60000", "contribution": "100"}
    for why in ("projection", "projection_low", "projection_high", "paid", "reached", "needed_contribution"):
        answer = signed_in.get("/projection/", {**asked, "why": why})
        assert answer.status_code == 200 and "The same seed" in answer.content.decode().replace("the same seed", "The same seed")
    assert signed_in.get("/projection/", {"why": "nothing"}).status_code == 404


def test_what_cannot_be_read_is_said_and_left_out(signed_in: Any, pair: Any) -> None:
    page = html.unescape(signed_in.get("/projection/", {"years": "500", "goal": "a lot"}).content.decode())
    assert "“500” cannot be used for years." in page and "“a lot” cannot be used for goal." in page
    assert "10 years from" in page


def test_page_files_and_api_say_the_same(signed_in: Any, api: Any, pair: Any) -> None:
    asked = {"goal": "60000", "contribution": "100", "seed": "3"}
    told = json.loads(signed_in.get("/projection/", {**asked, "export": "json"}).content)
    body = api.get(path(pair), asked).json()
    figures = {row["figure"]: row["value"] for row in told["figures"]}
    for name in ("middle", "low", "reached", "needed_contribution"):
        assert float(figures[name]) == pytest.approx(float(body[name]), rel=1e-6)
    for form in ("csv", "xlsx"):
        assert signed_in.get("/projection/", {**asked, "export": form, "table": "fan"}).status_code == 200


@pytest.mark.parametrize("kind", ["empty", "cash", "today"])
def test_the_page_of_a_portfolio_at_the_edge_says_why_there_is_no_fan(
    signed_in: Any, person: Any, share: Any, began: date, today: date, kind: str
) -> None:
    portfolio = make_portfolio(person, tracks_cash=kind == "cash")
    if kind == "cash":
        record(portfolio, "deposit", began, amount="100")
    elif kind == "today":
        record(portfolio, "buy", today, share, quantity="1", price="100")
    answer = signed_in.get("/projection/", {"goal": "1000"})
    assert answer.status_code == 200
    for why in ("projection", "reached", "needed_contribution", "paid"):
        assert signed_in.get("/projection/", {"goal": "1000", "why": why}).status_code == 200
    assert signed_in.get("/projection/", {"export": "xlsx"}).status_code == 200


def test_the_page_costs_as_many_queries_however_much_is_held(signed_in: Any, pair: Any, one: Any) -> None:
    def queries() -> int:
        signed_in.get("/projection/")
        with CaptureQueriesContext(connection) as seen:
            assert signed_in.get("/projection/", {"goal": "50000"}).status_code == 200
        return len(seen)

    few = queries()
    for _ in range(3):
        record(pair, "buy", one.rows[5][0], make_instrument(price="10"), quantity="1", price="10")
    assert queries() == few <= 16
