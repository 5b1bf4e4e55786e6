"""The report on risk: page, files and API say the same, refuse by field, and stand every portfolio."""

from __future__ import annotations

import html
import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics import memory
from analytics.api.risk_example import EXAMPLE
from analytics.selectors.explaining.risk import risk_explanations
from analytics.selectors.risk.report import RiskWindow
from analytics.selectors.risk.shapes import RiskAsked
from analytics.selectors.scope import Scope
from tests.analytics.hard import HARD
from tests.analytics.wandering import market_index, one, pair, two, wander
from tests.factories import make_person, make_portfolio, record

__all__ = ["market_index", "one", "pair", "two"]  # fixtures

pytestmark = pytest.mark.django_db


def read(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:2000]
    return html.unescape(answer.content.decode())


# ── the API ─────────────────────────────────────────────────────────────────


def test_the_api_tells_the_figures_of_the_selector(api: Any, pair: Any, one: Any) -> None:
    body = api.get(f"/api/v1/portfolios/{pair.pk}/risk", {"rf": "2", "mar": "1", "shock": ["class:stock:-20", "class:etf:-10"]}).json()
    found = RiskWindow(Scope([pair]), RiskAsked(rate=0.02, least=0.01)).result()
    for name in ("volatility", "downside_deviation", "sharpe", "sortino", "calmar", "maximum_drawdown", "ulcer", "skewness", "excess_kurtosis"):
        assert float(body[name]) == getattr(found, name).value, name
    assert float(body["benchmark"]["beta"]) == found.benchmark.beta.value and body["benchmark"]["name"] == "MKT Corporation"
    assert (body["risk_level"], body["days"], body["days_a_year"]) == (int(found.level.value or 0), found.days, 252)
    assert len(body["tails"]) == 12 and len(body["back_tests"]) == 6
    assert float(body["tails"][0]["value_at_risk"]) == found.tail().value_at_risk.value
    assert sum(float(row["risk_contribution"]) for row in body["holdings"]) == pytest.approx(float(body["holdings_volatility"]))
    assert body["correlation"]["matrix"][0][0] == "1" and body["correlation"]["symbols"] == [row["symbol"] for row in body["holdings"]]
    assert len(body["returns"]) == found.days and min(float(point["value"]) for point in body["drawdown_series"]) == pytest.approx(
        float(body["maximum_drawdown"]), abs=1e-11
    )
    own = body["stress"][-1]
    assert own["key"] == "own" and float(own["change"]) == pytest.approx(sum(float(part["change"]) for part in own["by_holding"]))
    assert body["risk_free"] == {"rate": "0.02", "source": "set for this report", "newest": None, "set_by_person": True}


def test_the_example_in_the_schema_has_the_names_of_an_answer(api: Any, pair: Any) -> None:
    body = api.get(f"/api/v1/portfolios/{pair.pk}/risk", {"shock": "class:stock:-20"}).json()

    def same(example: Any, told: Any, where: str) -> None:
        if isinstance(example, dict):
            assert set(example) == set(told), where
            for name, inside in example.items():
                same(inside, told[name], f"{where}.{name}")
        elif isinstance(example, list) and example and told:
            same(example[0], told[0], where)

    same(EXAMPLE, body, "risk")


def test_what_is_undefined_is_null_with_its_reason(api: Any, pair: Any) -> None:
    body = api.get("/api/v1/portfolios/all/risk", {"window": "1D"}).json()
    why = {row["figure"]: row["reason"] for row in body["undefined"]}
    for name in ("volatility", "sharpe", "value_at_risk.historical.95.1", "benchmark.beta", "back_test.normal.99.p_value", "risk_level"):
        assert why[name].startswith(("Fewer than 20 trading days lie in the period", "Nothing")), name
    assert body["volatility"] is None and body["risk_level"] is None and body["portfolios"] == [pair.pk]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("window=soon", "window"),
        ("rf=much", "rf"),
        ("mar=900", "mar"),
        ("shock=class:gold:-5", "shock"),
        ("benchmark=NONE", "benchmark"),
        ("end=1", "end"),
    ],
)
def test_the_api_refuses_by_field(api: Any, pair: Any, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/portfolios/{pair.pk}/risk?{query}")
    assert answer.status_code == 400 and [row["field"] for row in answer.json()["errors"]] == [field]


def test_each_figure_is_explained_over_the_api_with_the_value_it_has_there(api: Any, pair: Any) -> None:
    asked = {"report": "risk", "window": "6M", "rf": "2"}
    body = api.get(f"/api/v1/portfolios/{pair.pk}/risk", {"window": "6M", "rf": "2"}).json()
    for name in ("volatility", "sharpe", "maximum_drawdown"):
        told = api.get(f"/api/v1/portfolios/{pair.pk}/explain", {**asked, "figure": name}).json()
        assert told["value"] == body[name] and told["terms"], name
    tail = api.get("/api/v1/portfolios/all/explain", {**asked, "figure": "value_at_risk"}).json()
    assert tail["value"] == body["tails"][0]["value_at_risk"] and tail["lines"]
    refused = api.get(f"/api/v1/portfolios/{pair.pk}/explain", {"figure": "mwr", "rf": "2"})
    assert [row["field"] for row in refused.json()["errors"]] == ["rf"]
    assert api.get(f"/api/v1/portfolios/{pair.pk}/explain", {**asked, "figure": "fear"}).status_code == 400


def test_a_period_stands_for_the_window_where_it_is_asked_for(api: Any, pair: Any) -> None:
    body = api.get(f"/api/v1/portfolios/{pair.pk}/risk", {"window": "6M"}).json()
    asked = {"report": "risk", "figure": "volatility"}
    days = {"start": body["start"], "end": body["end"]}
    for query in ({"period": "6M"}, days, {"window": "6M"}):
        assert api.get(f"/api/v1/portfolios/{pair.pk}/explain", {**asked, **query}).json()["value"] == body["volatility"], query
    both = api.get(f"/api/v1/portfolios/{pair.pk}/explain", {**asked, "period": "6M", "window": "6M"})
    assert both.status_code == 400 and [row["field"] for row in both.json()["errors"]] == ["window"]
    one = api.get(f"/api/v1/portfolios/{pair.pk}/explain", {**asked, "period": "6M", "instrument": "1"})
    assert [row["field"] for row in one.json()["errors"]] == ["instrument"]


# ── page and files ──────────────────────────────────────────────────────────


def test_the_page_shows_the_figures_with_their_tables_and_each_leads_to_its_explanation(signed_in: Any, pair: Any) -> None:
    page = read(signed_in.get("/risk/?period=1Y&rf=2"))
    for words in (
        "Volatility through time",
        "Days by their return",
        "What each holding adds",
        "How holdings move together",
        "What if",
        "lies between",
    ):
        assert words in page, words
    known = risk_explanations(RiskWindow(Scope([pair]), RiskAsked(rate=0.02)))
    asked = {part.split('"')[0] for part in page.split('data-why="')[1:]}
    assert asked and asked <= set(known)
    for name in ("volatility", "value_at_risk_cornish_fisher_99_1", "back_test_normal_95", "holdings_volatility", "alpha", "stress_2008"):
        assert known[name].title in read(signed_in.get(f"/risk/?period=1Y&rf=2&why={name}")), name
    assert signed_in.get("/risk/?why=fear").status_code == 404


def test_the_form_of_shocks_leads_to_an_address_that_holds_them(signed_in: Any, pair: Any) -> None:
    sent = signed_in.get("/risk/?period=6M&shock=class:stock:-5&set:class:stock=-20&set:class:etf=&set:currency:USD=-10")
    assert sent.status_code == 302
    assert sent["Location"] == "/risk/?period=6M&shock=class%3Astock%3A-20&shock=currency%3AUSD%3A-10#stress"
    page = read(signed_in.get(sent["Location"]))
    assert "Your own shocks" in page and 'name="set:class:stock" value="-20"' in page
    assert "Nothing that is held is moved by a shock of the currency USD." in page


def test_what_the_page_cannot_read_is_said_and_left_out(signed_in: Any, pair: Any) -> None:
    page = read(signed_in.get("/risk/?rf=much&shock=class:stock:-200&mar=1"))
    assert "“much” is no number." in page and "-200 % lies outside -100 to 1000 %." in page and "Least acceptable return: 1.00%" in page


def test_files_hold_what_the_page_and_the_api_tell(signed_in: Any, api: Any, pair: Any) -> None:
    told = json.loads(signed_in.get("/risk/?period=6M&export=json").content)
    body = api.get(f"/api/v1/portfolios/{pair.pk}/risk", {"window": "6M"}).json()
    figures = {row["figure"]: row["value"] for row in told["figures"]}
    assert float(figures["volatility"]) == float(body["volatility"])
    assert [float(row["value_at_risk"]) for row in told["value_at_risk"]] == pytest.approx([float(row["value_at_risk"]) for row in body["tails"]])
    assert len(told["returns"]) == body["days"]
    assert "historical,0.95,1," in signed_in.get("/risk/?export=csv&table=value_at_risk").content.decode()
    assert signed_in.get("/risk/?export=xlsx").content[:2] == b"PK"


def test_amounts_stay_out_of_files_while_they_are_hidden(signed_in: Any, person: Any, pair: Any) -> None:
    person.preferences.hide_amounts = True
    person.preferences.save()
    rows = signed_in.get("/risk/?export=csv&table=value_at_risk").content.decode().splitlines()[1:]
    assert rows and all(row.endswith("Hidden,Hidden") for row in rows)


def test_a_strangers_portfolio_is_not_found(signed_in: Any, api: Any) -> None:
    theirs = make_portfolio(make_person("somebody"))
    assert signed_in.get(f"/risk/?p={theirs.pk}").status_code == 404
    assert api.get(f"/api/v1/portfolios/{theirs.pk}/risk").status_code == 404


def test_queries_do_not_grow_with_holdings_or_with_the_window(signed_in: Any, person: Any, pair: Any, today: date) -> None:
    costs = {}
    for size in ("two", "eight"):
        if size == "eight":
            for n in range(6):
                thing = wander(f"N{n}", 20 + n, today, days=60)
                record(pair, "buy", today - timedelta(days=9), thing, quantity="3", price="100")
        for period in ("1Y", "MAX"):
            for state in ("cold", "warm"):
                if state == "cold":
                    cache.clear()
                    memory.series.clear()
                    memory.risks.clear()
                with CaptureQueriesContext(connection) as captured:
                    assert signed_in.get(f"/risk/?period={period}").status_code == 200
                costs[size, period, state] = len(captured)
    assert costs["two", "1Y", "cold"] == costs["eight", "1Y", "cold"] and costs["two", "1Y", "warm"] == costs["eight", "1Y", "warm"], costs
    assert max(costs.values()) <= 32 and costs["eight", "MAX", "warm"] <= 16, costs


# ── portfolios that are hard on it ──────────────────────────────────────────


@pytest.mark.parametrize("name", HARD)
def test_hard_portfolios_get_reasons_in_place_of_figures(signed_in: Any, api: Any, person: Any, today: date, name: str) -> None:
    portfolio = make_portfolio(person, tracks_cash=name in {"no rate", "only cash"})
    HARD[name](portfolio, today)
    for period in ("1Y", "MAX"):
        page = read(signed_in.get(f"/risk/?period={period}&shock=class:stock:-20"))
        assert ">nan<" not in page.lower() and ">None<" not in page and " inf" not in page
        body = api.get(f"/api/v1/portfolios/{portfolio.pk}/risk", {"window": period, "shock": "class:stock:-20"})
        assert body.status_code == 200, body.content
        told = body.json()
        said = {row["figure"]: row["reason"] for row in told["undefined"]}
        for figure in ("volatility", "sharpe", "sortino", "maximum_drawdown", "ulcer", "risk_level", "holdings_volatility", "value"):
            assert (told[figure] is None) == (figure in said), figure
        assert all(reason.endswith(".") for reason in said.values())
        known = risk_explanations(RiskWindow(Scope([portfolio]), RiskAsked(whole=period == "MAX")))
        assert all(known[each].terms for each in known)
    assert signed_in.get("/risk/?export=json").status_code == 200
    if name == "coins":
        assert told["volatility"] is not None and told["days_a_year"] == 365
    if name == "only cash":
        assert (told["volatility"], told["risk_level"]) == ("0", 1)
        assert said["holdings_volatility"] == "Nothing is held now that could vary."
    if name == "no price":
        assert said["volatility"] == "Nothing that was ever held has a price, and what stands at its cost does not vary."
    if name == "lost":
        assert said["volatility"] == "Everything was lost inside the period, and nothing was left to vary."
    if name == "no rate":
        assert said["volatility"].startswith("No rate of CHF to EUR is known")
    if name in {"empty", "opened today", "single day", "no price"}:
        assert told["volatility"] is None
