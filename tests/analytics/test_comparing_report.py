"""The comparison: page, files and API say the same, refuse by field, and stand every portfolio."""

from __future__ import annotations

import html
import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics import memory
from analytics.api.comparing_examples import BENCHMARK_EXAMPLE, COMPARE_EXAMPLE
from analytics.selectors.comparing.asked import other_of
from analytics.selectors.comparing.portfolios import SideBySide
from analytics.selectors.comparing.report import CompareReport
from analytics.selectors.explaining.comparing import comparison_explanations, sides_explanations
from analytics.selectors.scope import Scope
from market.models import Benchmark, BlendPart
from market.selectors import benchmark_of_instrument
from tests.analytics.hard import HARD
from tests.analytics.wandering import market_index, one, pair, two, wander
from tests.factories import make_instrument, make_person, make_portfolio, record

__all__ = ["market_index", "one", "pair", "two"]  # fixtures

pytestmark = pytest.mark.django_db


def read(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:2000]
    return html.unescape(answer.content.decode())


def whys(page: str) -> set[str]:
    return {part.split('"')[0] for part in page.split('data-why="')[1:]}


@pytest.fixture
def second(person: Any, two: Any) -> Any:
    portfolio = make_portfolio(person, name="Young", tracks_cash=False)
    record(portfolio, "buy", two.rows[150][0], two, quantity="5", price=two.rows[150][1])
    return portfolio


# ── the API ─────────────────────────────────────────────────────────────────


def test_the_api_tells_the_figures_of_the_selector(api: Any, pair: Any, one: Any, market_index: Any) -> None:
    record(pair, "sell", one.rows[200][0], one, quantity="10", price=one.rows[200][1])
    body = api.get(f"/api/v1/portfolios/{pair.pk}/benchmark", {"benchmark": ["MKT", str(one.pk)], "interval": "month"}).json()
    found = CompareReport(Scope([pair]), [other_of(benchmark_of_instrument(thing)) for thing in (market_index, one)]).result()
    assert [row["symbol"] for row in body["benchmarks"]] == ["MKT", "ONE"]
    for told, line in zip(body["benchmarks"], found.lines, strict=True):
        assert float(told["beta"]) == line.against.beta.value and float(told["tracking_error"]) == line.against.tracking_error.value
        assert float(told["excess"]) == line.result.excess.value and float(told["volatility"]) == line.alone.volatility.value
        assert float(told["lead"]) == pytest.approx(line.result.lead.value)
        assert told["alpha"] is None and [row["figure"] for row in told["undefined"]] == ["alpha"]
    assert float(body["untraded"]["difference"]) == pytest.approx(found.untraded.difference.value) and body["untraded"]["trades"] == 1
    last = body["series"][-1]
    assert last["date"] == body["end"] and float(last["twr"]) == pytest.approx(float(body["twr"]), abs=1e-11)
    assert float(last["benchmarks"][1]) == pytest.approx(float(body["benchmarks"][1]["twr"]), abs=1e-11)
    assert float(last["untraded"]) == pytest.approx(float(body["untraded"]["twr"]), abs=1e-11)
    assert body["series"][0]["benchmarks"] == [None, None] and body["series"][1]["benchmarks"][0] is not None  # there was no money before


def test_without_a_choice_the_portfolios_own_benchmark_stands_beside_it(api: Any, pair: Any) -> None:
    assert [row["symbol"] for row in api.get("/api/v1/portfolios/all/benchmark").json()["benchmarks"]] == ["MKT"]


def test_a_blend_of_ones_own_stands_beside_it(api: Any, person: Any, pair: Any, one: Any, two: Any) -> None:
    blend = Benchmark.objects.create(name="Half and half", currency="EUR", owner=person)
    for thing in (one, two):
        BlendPart.objects.create(blend=blend, instrument=thing, weight=Decimal("0.5"))
    body = api.get(f"/api/v1/portfolios/{pair.pk}/benchmark", {"blend": blend.pk, "benchmark": "MKT"}).json()
    assert [(row["name"], row["blend"]) for row in body["benchmarks"]] == [("MKT Corporation", None), ("Half and half", blend.pk)]
    assert body["benchmarks"][1]["beta"] is not None


def test_the_examples_in_the_schema_have_the_names_of_an_answer(api: Any, pair: Any) -> None:
    def same(example: Any, told: Any, where: str) -> None:
        if isinstance(example, dict):
            assert set(example) == set(told), where
            for name, inside in example.items():
                same(inside, told[name], f"{where}.{name}")
        elif isinstance(example, list) and example and told:
            same(example[0], told[0], where)

    same(BENCHMARK_EXAMPLE, api.get(f"/api/v1/portfolios/{pair.pk}/benchmark").json(), "benchmark")
    same(COMPARE_EXAMPLE, api.get("/api/v1/portfolios/compare").json(), "compare")


@pytest.mark.parametrize(
    ("address", "query", "field"),
    [
        ("all/benchmark", "benchmark=NONE", "benchmark"),
        ("all/benchmark", "benchmark=1&benchmark=2&benchmark=3&benchmark=4&blend=5", "benchmark"),
        ("all/benchmark", "period=soon", "period"),
        ("all/benchmark", "start=2026-05-02&end=2026-05-01", "end"),
        ("all/benchmark", "interval=hour", "interval"),
        ("all/benchmark", "against=1", "against"),
        ("all/benchmark", "currency=XXQ", "currency"),
        ("compare", "ids=one", "ids"),
        ("compare", "ids=" + ",".join(map(str, range(1, 30))), "ids"),
        ("compare", "interval=hour", "interval"),
        ("compare", "benchmark=1", "benchmark"),
    ],
)
def test_the_api_refuses_by_field(api: Any, pair: Any, address: str, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/portfolios/{address}?{query}")
    assert answer.status_code == 400 and [row["field"] for row in answer.json()["errors"]] == [field]


def test_what_is_somebody_elses_is_not_found(api: Any, signed_in: Any, pair: Any) -> None:
    stranger = make_person("stranger")
    theirs, blend = make_portfolio(stranger), Benchmark.objects.create(name="Theirs", currency="EUR", owner=stranger)
    thing = make_instrument("THEIRS", owner=stranger)
    for address in (
        f"/api/v1/portfolios/{theirs.pk}/benchmark",
        f"/api/v1/portfolios/compare?ids={pair.pk},{theirs.pk}",
        f"/api/v1/portfolios/all/benchmark?benchmark={thing.pk}",
        f"/api/v1/portfolios/all/benchmark?blend={blend.pk}",
        "/api/v1/portfolios/all/benchmark?benchmark=999999",
    ):
        assert api.get(address).status_code == 404, address
    for address in (f"?p={theirs.pk}", f"?with=i{thing.pk}", f"?with={blend.pk}", "?with=nothing", f"?tab=portfolios&ids={theirs.pk}"):
        assert signed_in.get(f"/compare/{address}").status_code == 404, address


def test_portfolios_side_by_side_over_the_api(api: Any, pair: Any, second: Any) -> None:
    body = api.get("/api/v1/portfolios/compare", {"ids": f"{second.pk},{pair.pk}", "period": "1Y", "interval": "week"}).json()
    assert [row["id"] for row in body["portfolios"]] == [second.pk, pair.pk] and [row["begins_later"] for row in body["portfolios"]] == [True, False]
    young = body["portfolios"][0]
    alone = api.get(f"/api/v1/portfolios/{second.pk}/performance", {"period": "1Y"}).json()
    assert (young["twr"], young["value"], young["since"]) == (alone["twr"], alone["end_value"], alone["start"])
    assert float(young["series"][-1]["twr"]) == pytest.approx(float(young["twr"]), abs=1e-11)
    assert len(api.get("/api/v1/portfolios/compare").json()["portfolios"]) == 2


def test_some_of_the_holdings_can_be_compared_and_kept_by_themselves(api: Any, signed_in: Any, pair: Any, one: Any, two: Any) -> None:
    record(pair, "sell", two.rows[200][0], two, quantity="10", price=two.rows[200][1])
    body = api.get(f"/api/v1/portfolios/{pair.pk}/benchmark", {"class": "stock", "benchmark": one.pk, "start": one.rows[100][0].isoformat()}).json()
    assert float(body["benchmarks"][0]["beta"]) == pytest.approx(1) and body["untraded"]["trades"] == 0
    assert float(body["untraded"]["difference"]) == pytest.approx(0, abs=1e-6)
    assert [row["symbol"] for row in body["untraded"]["holdings"]] == ["ONE"]
    assert "Class is" in read(signed_in.get("/compare/?class=stock"))
    assert api.get("/api/v1/portfolios/all/benchmark", {"portfolio": pair.pk}).json()["portfolios"] == [pair.pk]


# ── page and files ──────────────────────────────────────────────────────────


def test_the_page_shows_each_line_with_its_figures_and_each_leads_to_its_explanation(signed_in: Any, pair: Any, one: Any, market_index: Any) -> None:
    page = read(signed_in.get(f"/compare/?period=1Y&with=i{market_index.pk}&with=i{one.pk}"))
    for words in ("Growth from zero", "Return and money", "Risk beside each", "Had you never traded", "MKT Corporation", "Tracking error"):
        assert words in page, words
    others = [other_of(benchmark_of_instrument(thing)) for thing in (market_index, one)]
    known = comparison_explanations(CompareReport(Scope([pair]), others))
    assert len(whys(page)) >= 25 and whys(page) <= set(known)
    for name in (f"beta_i{one.pk}", f"same_money_i{market_index.pk}", "untraded_difference", f"benchmark_maximum_drawdown_i{one.pk}"):
        told = read(signed_in.get(f"/compare/?period=1Y&with=i{market_index.pk}&with=i{one.pk}&why={name}"))
        assert known[name].title in told, name
    assert signed_in.get("/compare/?why=luck").status_code == 404


def test_lines_come_and_go_by_addresses_that_keep_the_rest(signed_in: Any, pair: Any, one: Any, two: Any, market_index: Any) -> None:
    page = read(signed_in.get(f"/compare/?period=6M&with=i{market_index.pk}&with=i{one.pk}"))
    assert f'href="?period=6M&with=i{one.pk}"' in page and f'href="?period=6M&with=i{market_index.pk}"' in page
    assert f'href="?period=6M&with=i{market_index.pk}&with=i{one.pk}&with=i{two.pk}"' in page
    alone = read(signed_in.get("/compare/?with="))
    assert "Nothing stands beside the portfolio." in alone and "Remove MKT" not in alone
    assert "Remove MKT Corporation" in read(signed_in.get("/compare/"))


def test_more_than_four_are_said_and_the_first_four_are_shown(signed_in: Any, person: Any, pair: Any, today: date) -> None:
    keys = [f"i{wander(f'M{n}', 50 + n, today, days=60).pk}" for n in range(5)]
    page = read(signed_in.get("/compare/?" + "&".join(f"with={key}" for key in keys)))
    assert "At most 4 can stand beside the portfolio; these are 5." in page and "Remove M3" in page and "Remove M4" not in page
    assert "Index, blend or holding" not in page


def test_portfolios_side_by_side_on_the_page(signed_in: Any, pair: Any, second: Any) -> None:
    page = read(signed_in.get("/compare/?tab=portfolios&period=MAX"))
    known = sides_explanations(SideBySide(Scope([pair, second])))
    assert "Side by side" in page and "Young" in page and "since " in page and len(whys(page)) >= 16 and whys(page) <= set(known)
    assert f'href="?tab=portfolios&period=MAX&ids={second.pk}"' in page
    told = read(signed_in.get(f"/compare/?tab=portfolios&period=MAX&why=mwr_p{second.pk}"))
    assert "Money-weighted return, Young" in told
    one_alone = read(signed_in.get(f"/compare/?tab=portfolios&ids={second.pk}"))
    assert "Remove Young" not in one_alone and f"ids={second.pk}&ids={pair.pk}" in one_alone


def test_files_hold_what_the_page_and_the_api_tell_and_no_amount_while_these_are_hidden(
    signed_in: Any, api: Any, person: Any, pair: Any, second: Any
) -> None:
    told = json.loads(signed_in.get("/compare/?period=6M&export=json").content)
    body = api.get("/api/v1/portfolios/all/benchmark", {"period": "6M"}).json()
    assert float(told["beside"][0]["beta"]) == float(body["benchmarks"][0]["beta"]) and len(told["series"]) == len(body["series"])
    assert {row["figure"]: row["value"] for row in told["figures"]}["twr"] == body["twr"]
    assert signed_in.get("/compare/?export=xlsx").content[:2] == b"PK"
    person.preferences.hide_amounts = True
    person.preferences.save()
    rows = signed_in.get("/compare/?export=csv&table=untraded").content.decode().splitlines()
    assert rows[1].startswith("value,Hidden") and rows[4].startswith("excess,-0.0")
    sides = signed_in.get("/compare/?tab=portfolios&export=csv").content.decode().splitlines()
    assert sides[1].split(",")[2] == "Hidden" and len(sides) == 3


# ── how much it asks ────────────────────────────────────────────────────────


def forget() -> None:
    cache.clear()
    for kept in (memory.series, memory.risks, memory.points, memory.holdings, memory.moves):
        kept.clear()


def asked(client: Any, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_queries_do_not_grow_with_lines_holdings_or_the_period(signed_in: Any, api: Any, pair: Any, one: Any, today: date) -> None:
    record(pair, "sell", one.rows[260][0], one, quantity="1", price=one.rows[260][1])
    things = [wander(f"N{n}", 20 + n, today, days=60) for n in range(4)]
    asked(api, "/api/v1/portfolios/all/value")  # whatever the first call of a person asks for
    costs = {}
    for size, lines, period in (("two", 1, "1Y"), ("six", 1, "1Y"), ("six", 4, "1Y"), ("six", 4, "MAX")):
        if (size, lines) == ("six", 1):
            for thing in things:
                record(pair, "buy", thing.rows[10][0], thing, quantity="3", price="100")
        keys = "&".join(f"with=i{thing.pk}" for thing in things[:lines])
        numbers = "&".join(f"benchmark={thing.pk}" for thing in things[:lines])
        asked(signed_in, f"/compare/?{keys}")  # the ledger is replayed once after an entry
        forget()
        pages = [asked(signed_in, f"/compare/?period={period}&{keys}") for _ in range(2)]
        forget()
        costs[size, lines, period] = (*pages, asked(api, f"/api/v1/portfolios/{pair.pk}/benchmark?period={period}&{numbers}"))
    cold, warm, call = zip(*costs.values(), strict=True)
    assert len(set(cold[:3])) == len(set(warm[:3])) == len(set(call[:3])) == 1, costs
    assert max(cold) <= 34 and max(warm) <= 18 and max(call) <= 30, costs


def test_queries_do_not_grow_with_portfolios_side_by_side(signed_in: Any, api: Any, person: Any, pair: Any, second: Any, one: Any) -> None:
    asked(api, "/api/v1/portfolios/all/value")  # whatever the first call of a person asks for
    costs = {}
    for count in (2, 6):
        for n in range(count - 2):
            more = make_portfolio(person, name=f"More {n}", tracks_cash=False)
            record(more, "buy", one.rows[20 + n][0], one, quantity="2", price=one.rows[20 + n][1])
            record(more, "buy", one.rows[20 + n][0], make_instrument(f"BARE{n}"), quantity="1", price="10")
        if count == 2:
            record(second, "buy", one.rows[200][0], make_instrument("BARE"), quantity="1", price="10")
        forget()
        cold = asked(signed_in, "/compare/?tab=portfolios")
        costs[count] = (cold, asked(signed_in, "/compare/?tab=portfolios"), asked(api, "/api/v1/portfolios/compare"))
    assert costs[2] == costs[6] and costs[6][0] <= 24 and costs[6][1] <= 13, costs


# ── portfolios that are hard on it ──────────────────────────────────────────


@pytest.mark.parametrize("name", HARD)
def test_hard_portfolios_get_reasons_in_place_of_figures(signed_in: Any, api: Any, person: Any, today: date, market_index: Any, name: str) -> None:
    portfolio = make_portfolio(person, tracks_cash=name in {"no rate", "only cash"})
    HARD[name](portfolio, today)
    for period in ("1D", "1Y", "MAX"):
        for tab in ("", "portfolios"):
            page = read(signed_in.get(f"/compare/?period={period}&tab={tab}&with=i{market_index.pk}"))
            assert ">nan<" not in page.lower() and ">None<" not in page and " inf" not in page.lower().replace(" information", "")
        body = api.get(f"/api/v1/portfolios/{portfolio.pk}/benchmark", {"period": period, "benchmark": market_index.pk})
        assert body.status_code == 200, body.content
        told = body.json()
        for part in (told, told["benchmarks"][0], told["untraded"]):
            said = {row["figure"]: row["reason"] for row in part["undefined"]}
            assert all(reason.endswith(".") for reason in said.values())
            for figure in ("twr", "volatility", "maximum_drawdown"):
                assert (part[figure] is None) == (figure in said), figure
        assert api.get("/api/v1/portfolios/compare", {"period": period}).status_code == 200
        known = comparison_explanations(CompareReport(Scope([portfolio]), [other_of(benchmark_of_instrument(market_index))]))
        assert all(known[each].terms or known[each].figure.value is None for each in known)
    assert signed_in.get("/compare/?export=json").status_code == signed_in.get("/compare/?tab=portfolios&export=json").status_code == 200
    why = {row["figure"]: row["reason"] for row in told["untraded"]["undefined"]}
    if name == "empty":
        assert why["difference"] == "Nothing has been recorded up to the end of the period."
    if name == "only cash":
        assert why["difference"] == "Nothing was held in the period that could have been kept."
    if name in {"opened today", "coins", "single day", "no price"}:
        assert Decimal(told["untraded"]["difference"]) == pytest.approx(0, abs=1e-6), told["untraded"]
    if name == "sold":
        assert told["untraded"]["trades"] == 1 and told["untraded"]["holdings"][0]["held"] is False


def test_somebody_without_a_portfolio_is_told_so(signed_in: Any, api: Any) -> None:
    for tab in ("", "portfolios"):
        assert signed_in.get(f"/compare/?tab={tab}").status_code == 200
    assert "There is no portfolio yet." in read(signed_in.get("/compare/?tab=portfolios"))
    assert api.get("/api/v1/portfolios/compare").json()["portfolios"] == [] and api.get("/api/v1/portfolios/all/benchmark").status_code == 200
