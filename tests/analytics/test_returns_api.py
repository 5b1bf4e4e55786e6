"""Drivers, contribution, calendar and falls over the API: the figures of the page, which add up, or reasons."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics.selectors import Scope, returns_of
from tests.analytics.test_parts import HARD
from tests.factories import make_person, make_portfolio

pytestmark = pytest.mark.django_db

PARTS = ("drivers", "contribution", "calendar", "drawdowns")


def told(api: Any, path: str, **query: str) -> Any:
    answer = api.get(f"/api/v1/portfolios/{path}", query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_drivers_add_up_in_the_answer_as_it_is_written(api: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    for path in (f"{euro_portfolio.pk}/drivers", "all/drivers"):
        for period in ("MAX", "1Y", "MTD", "1D"):
            one = {name: Decimal(value) for name, value in told(api, path, period=period).items() if isinstance(value, str) and name not in TEXTS}
            assert one["start_value"] + one["net_flows"] + one["price"] + one["currency_part"] + one["income"] - one["costs"] == one["end_value"]
            assert one["change"] == one["end_value"] - one["start_value"]


TEXTS = {"start", "end", "currency"}


def test_contributions_add_up_to_the_return_that_performance_tells(api: Any, euro_portfolio: Any) -> None:
    found = told(api, f"{euro_portfolio.pk}/contribution", period="1Y")
    assert found["twr"] == told(api, f"{euro_portfolio.pk}/performance", period="1Y")["twr"]
    assert sum(float(row["contribution"]) for row in found["by_holding"]) == pytest.approx(float(found["twr"]))
    assert {row["symbol"] for row in found["by_holding"]} == {"SHARE", "FUND", None}


def test_calendar_and_falls_are_those_of_the_page(api: Any, euro_portfolio: Any) -> None:
    report = returns_of(Scope([euro_portfolio]))
    calendar, falls = told(api, f"{euro_portfolio.pk}/calendar"), told(api, f"{euro_portfolio.pk}/drawdowns")
    assert [row["year"] for row in calendar["years"]] == [row.year for row in report.years]
    assert float(calendar["years"][0]["months"][-1]["twr"]) == report.years[0].months[len(calendar["years"][0]["months"]) - 1].twr.value
    assert [row["high"] for row in falls["falls"]] == [fall.high.isoformat() for fall in report.falls]
    assert float(falls["maximum_drawdown"]) == report.worst_fall.value
    assert {"figure": "rolling.5.latest", "reason": report.rolling[2].latest.why_not} in calendar["undefined"]


@pytest.mark.parametrize("name", HARD)
def test_a_difficult_portfolio_is_answered_with_figures_or_reasons(api: Any, person: Any, began: date, today: date, name: str) -> None:
    portfolio = make_portfolio(person, allows_short=True)
    HARD[name](portfolio, began, today)
    for part in (*PARTS, "performance"):
        found = told(api, f"{portfolio.pk}/{part}")
        missing = {one["figure"] for one in found["undefined"]}
        assert all(one["reason"].endswith(".") for one in found["undefined"])
        assert {key for key, value in found.items() if value is None and key not in {"benchmark"}} <= missing


def test_a_part_costs_a_fixed_number_of_queries(api: Any, euro_portfolio: Any) -> None:
    told(api, f"{euro_portfolio.pk}/drivers")
    for part in PARTS:
        with CaptureQueriesContext(connection) as captured:
            told(api, f"{euro_portfolio.pk}/{part}", period="1Y")
        assert len(captured) <= 16, (part, len(captured))


def test_strangers_and_unknown_parameters_are_refused(api: Any, euro_portfolio: Any) -> None:
    theirs = make_portfolio(make_person("somebody"))
    for part in PARTS:
        assert api.get(f"/api/v1/portfolios/{theirs.pk}/{part}").status_code == 404
        answer = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/{part}?peroid=1Y")
        assert answer.status_code == 400 and answer.json()["errors"][0]["field"] == "peroid"
