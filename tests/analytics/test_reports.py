"""The frame of reports: what the address asks for, what it refuses, and the report as a file."""

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
from analytics.selectors import Scope, performance, returns_of
from market.models import Benchmark
from portfolio_site.web.numbers import pct
from portfolio_site.web.writing import speaking
from tests.factories import make_person, make_portfolio

pytestmark = pytest.mark.django_db


def read(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_the_page_shows_the_past_year_where_nothing_else_is_asked(signed_in: Any, euro_portfolio: Any, today: date) -> None:
    year = performance([euro_portfolio], start=today.replace(year=today.year - 1) + timedelta(days=1))
    page = read(signed_in.get("/performance/"))
    with speaking("en-GB"):
        assert pct(year.twr) in page and year.benchmark is not None and pct(year.benchmark.twr) in page
    assert 'aria-current="true">1Y</a>' in page


@pytest.mark.parametrize("address", ["period=MTD", "period=2026-10+:+ytd", "start=2026-10-01", "period=max", "period=1D"])
def test_any_period_can_be_asked_for(signed_in: Any, euro_portfolio: Any, address: str) -> None:
    assert "What the report is about" in read(signed_in.get(f"/performance/?{address}"))


def test_a_period_that_cannot_be_read_is_said_and_the_past_year_stands_in(signed_in: Any, euro_portfolio: Any) -> None:
    page = read(signed_in.get("/performance/?period=soon"))
    assert "“soon” is no period." in page and "The past year is shown in its place." in page


def test_page_and_api_read_the_same_period(signed_in: Any, api: Any, euro_portfolio: Any, began: date) -> None:
    text = f"{(began + timedelta(days=40)).isoformat()} : {(began + timedelta(days=90)).isoformat()}"
    page = json.loads(signed_in.get("/performance/", {"period": text, "export": "json"}).content)
    answer = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/performance", {"period": text}).json()
    told = {row["figure"]: row["value"] for row in page["figures"]}
    assert (page["start"], page["end"]) == (answer["start"], answer["end"])
    assert float(told["twr"]) == pytest.approx(float(answer["twr"])) and float(told["gain"]) == pytest.approx(float(answer["gain"]))


@pytest.mark.parametrize(("query", "field"), [("period=soon", "period"), ("period=1Y&start=2026-01-01", "start"), ("period=2199", "period")])
def test_the_api_refuses_a_period_by_its_field(api: Any, euro_portfolio: Any, query: str, field: str) -> None:
    answer = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/performance?{query}")
    assert answer.status_code == 400 and [one["field"] for one in answer.json()["errors"]] == [field]


def test_another_benchmark_can_be_chosen_and_only_ones_own(signed_in: Any, euro_portfolio: Any, share: Any) -> None:
    listed = Benchmark.objects.create(name="Share index", currency="EUR", instrument=share)
    theirs = Benchmark.objects.create(name="Their blend", currency="EUR", owner=make_person("stranger"))
    assert "Share index" in read(signed_in.get(f"/performance/?benchmark={listed.pk}"))
    assert signed_in.get(f"/performance/?benchmark={theirs.pk}").status_code == 404
    assert signed_in.get("/performance/?benchmark=none").status_code == 404


def test_files_hold_the_figures_of_the_page_and_no_amount_while_these_are_hidden(
    signed_in: Any, person: Any, euro_portfolio: Any, today: date
) -> None:
    answer = signed_in.get("/performance/?period=MAX&export=csv&table=figures")
    value = str(performance([euro_portfolio]).end_value.value).rstrip("0")
    assert answer["Content-Disposition"].endswith(f'-{today.isoformat()}-figures.csv"') and value in answer.content.decode()
    person.preferences.hide_amounts = True
    person.preferences.save()
    hidden = signed_in.get("/performance/?period=MAX&export=csv&table=figures").content.decode()
    assert value not in hidden and "end_value,Hidden,EUR" in hidden and "twr,0." in hidden
    assert signed_in.get("/performance/?export=pdf").status_code == 404


@pytest.mark.parametrize("name", ["twr", "mwr", "gain", "lead", "excess", "maximum_drawdown"])
def test_a_figure_of_the_period_is_explained_with_the_value_it_has_there(signed_in: Any, euro_portfolio: Any, name: str) -> None:
    report = returns_of(Scope([euro_portfolio]))
    found = report.explanations[name]
    at = {"twr": report.performance.twr, "mwr": report.performance.mwr, "gain": report.performance.gain, "maximum_drawdown": report.worst_fall}
    bench = report.performance.benchmark
    assert bench is not None and found.figure == {**at, "lead": bench.lead, "excess": bench.excess}[name]
    assert found.title in read(signed_in.get(f"/performance/?period=MAX&why={name}"))


def test_explanations_can_be_made_again_from_their_numbers(euro_portfolio: Any) -> None:
    known = returns_of(Scope([euro_portfolio])).explanations
    for name, found in known.items():
        if not found.figure.known:
            continue
        numbers = [float(term.figure.value) for term in found.terms if term.figure.value is not None]
        result = numbers[0]
        for term, number in zip(found.terms[1:-1], numbers[1:-1], strict=True):
            result = result - number if term.operator == "−" else result / number if term.operator == "÷" else result + number
        if name != "mwr":  # a root: tests/analytics/test_explain.py checks that its rows balance
            assert result == pytest.approx(numbers[-1], abs=1e-9), name
    parts = [1 + float(line.cells[-1].value) for line in known["twr"].lines]  # type: ignore[union-attr,arg-type]
    whole = 1.0
    for part in parts:
        whole *= part
    assert whole - 1 == pytest.approx(float(known["twr"].figure.value or 0))
    same = sum(float(line.cells[-1].value) for line in known["lead"].lines)  # type: ignore[union-attr,arg-type]
    assert same == pytest.approx(float(known["lead"].terms[1].figure.value or 0))


def test_falls_and_years_are_told_with_their_days(euro_portfolio: Any, today: date) -> None:
    report = returns_of(Scope([euro_portfolio]))
    assert [fall.depth.value for fall in report.falls] == sorted(fall.depth.value for fall in report.falls)  # type: ignore[type-var]
    for fall in report.falls:
        assert fall.high < fall.low and (fall.recovered is None or fall.low < fall.recovered)
        assert fall.days == ((fall.recovered or report.performance.end) - fall.high).days
    assert report.worst_fall.value == report.falls[0].depth.value
    assert report.years[0].year == today.year and not report.years[0].is_whole
    growth = 1.0
    for year in report.years:
        growth *= 1 + float(year.twr.value or 0)
    assert growth - 1 == pytest.approx(float(report.performance.twr.value or 0))


def test_a_click_on_a_month_takes_it_as_the_period_and_keeps_the_rest(signed_in: Any, euro_portfolio: Any, today: date) -> None:
    page = read(signed_in.get(f"/performance/?p={euro_portfolio.pk}&start=2020-01-01&why="))
    assert f'href="?p={euro_portfolio.pk}&period={today:%Y-%m}"' in page
    month = performance([euro_portfolio], start=today.replace(day=1))
    with speaking("en-GB"):
        assert pct(month.twr) in read(signed_in.get(f"/performance/?p={euro_portfolio.pk}&period={today:%Y-%m}"))


def test_a_report_costs_as_many_queries_for_a_day_as_for_everything(signed_in: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    costs = {}
    for period in ("1D", "1Y", "MAX"):
        for state in ("cold", "warm"):
            if state == "cold":
                cache.clear()
                memory.series.clear()
            with CaptureQueriesContext(connection) as captured:
                assert signed_in.get(f"/performance/?period={period}").status_code == 200
            costs[period, state] = len(captured)
    assert max(costs.values()) <= 30 and costs["MAX", "warm"] <= 15, costs


def test_somebody_without_entries_is_told_so(signed_in: Any, person: Any) -> None:
    make_portfolio(person)
    for period in ("1D", "1Y", "MAX", "2020"):
        page = read(signed_in.get(f"/performance/?period={period}"))
        assert "Nothing has been recorded up to the end of the period." in page
        assert signed_in.get(f"/performance/?period={period}&export=json").status_code == 200
        assert signed_in.get(f"/performance/?period={period}&why=twr").status_code == 200


def test_a_strangers_portfolio_is_not_found(signed_in: Any) -> None:
    theirs = make_portfolio(make_person("somebody"))
    assert signed_in.get(f"/performance/?p={theirs.pk}").status_code == 404


def test_what_a_report_is_about_follows_to_the_next_one(signed_in: Any, euro_portfolio: Any) -> None:
    asked = f"p={euro_portfolio.pk}&period=3M&class=etf&class=not%3Astock&tag=core"
    page = read(signed_in.get(f"/performance/?{asked}&tab=costs&returns=gross"))
    carried = f"?p={euro_portfolio.pk}&period=3M&class=etf&class=not%3Astock&tag=core"
    for place in ("value", "risk", "diversification", "income", "compare", "projection"):
        assert f'href="/{place}/{carried}"' in page, place
        assert signed_in.get(f"/{place}/{carried}").status_code == 200, place
    for place in ("dashboard", "holdings"):
        assert f'href="/{place}/?p={euro_portfolio.pk}"' in page, place
    assert 'href="/transactions/"' in page and f'"g r": "/risk/{carried}"' in page.replace("\\u0026", "&")
    plain = read(signed_in.get("/risk/"))
    assert 'href="/performance/"' in plain
    home = read(signed_in.get(f"/dashboard/?p={euro_portfolio.pk}&period=3M"))
    assert f'href="/risk/?p={euro_portfolio.pk}"' in home


def test_a_month_without_a_return_says_why(signed_in: Any, api: Any, euro_portfolio: Any, today: date) -> None:
    page = read(signed_in.get("/performance/?period=MAX"))
    begun = performance([euro_portfolio]).start
    assert f"It lies before your first entry, of {begun.day} {begun:%b %Y}." in page
    if today.month < 12:
        assert "It is still to come." in page
    body = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/calendar").json()
    assert all(row["reason"] for row in body["undefined"])
