"""The report of value: page, files and API say the same, now and of an earlier day, and each figure comes out of its explanation."""

from __future__ import annotations

import html
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from analytics import memory
from analytics.api.value_example import EXAMPLE
from analytics.selectors import Scope, value_now
from analytics.selectors.explaining import names as explain_names
from analytics.selectors.worth import worth_in
from market.services import classify
from portfolio_site.web.numbers import money, money0
from portfolio_site.web.writing import speaking
from tests.analytics.test_explain import last_cells, result, value
from tests.factories import make_instrument, make_person, make_portfolio, record

pytestmark = pytest.mark.django_db
D = Decimal


def read(answer: Any) -> str:
    assert answer.status_code == 200, answer.content[:2000]
    return html.unescape(answer.content.decode())


def figures(answer: Any) -> dict[str, Any]:
    return {row["figure"]: row["value"] for row in json.loads(answer.content)["figures"]}


def test_the_page_shows_the_value_its_parts_and_why(signed_in: Any, euro_portfolio: Any) -> None:
    page, found = read(signed_in.get("/value/")), value_now([euro_portfolio])
    with speaking("en-GB"):
        assert money(found.value) in page and money0(found.cash) in page
    for words in ("By holding", "By class", "By sector", "By country", "By region", "By currency", "Change of the day", "of value has a price of"):
        assert words in page, words
    for name in explain_names.VALUE:
        assert f"why={name}" in page, name
        assert "The transactions behind it" in read(signed_in.get(f"/value/?why={name}")), name
    assert signed_in.get("/value/?why=luck").status_code == 404


def test_page_files_and_api_tell_the_value_of_an_earlier_day(
    signed_in: Any, api: Any, euro_portfolio: Any, dollar_portfolio: Any, began: date
) -> None:
    day = began + timedelta(days=150)
    body = api.get("/api/v1/portfolios/all/value", {"as_of": day.isoformat(), "currency": "EUR"}).json()
    told = figures(signed_in.get(f"/value/?end={day.isoformat()}&export=json"))
    assert body["as_of"] == day.isoformat()
    for name in ("value", "holdings_value", "cash_value", "cash_weight", "day_change", "total_cost"):
        assert D(told[name]) == D(body[name]), name
    page = read(signed_in.get(f"/value/?end={day.isoformat()}"))
    with speaking("en-GB"):
        assert money(D(body["value"]), "EUR") in page
    why = read(signed_in.get(f"/value/?end={day.isoformat()}&why=value"))
    with speaking("en-GB"):
        assert money(D(body["value"]), "EUR") in why


def test_one_several_or_all_portfolios_can_be_asked_for(signed_in: Any, person: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    make_portfolio(person, name="Third")
    one, other = (figures(signed_in.get(f"/value/?p={each.pk}&export=json")) for each in (euro_portfolio, dollar_portfolio))
    both = figures(signed_in.get(f"/value/?p={euro_portfolio.pk}&p={dollar_portfolio.pk}&export=json"))
    assert both["value"] == figures(signed_in.get("/value/?export=json"))["value"]
    assert D(both["value"]) > D(one["value"]) and D(other["value"]) > 0
    assert signed_in.get(f"/value/?p={make_portfolio(make_person('else')).pk}").status_code == 404


def test_slices_and_cash_add_up_to_the_whole_also_of_an_earlier_day(signed_in: Any, euro_portfolio: Any, began: date) -> None:
    for asked in ("", f"end={(began + timedelta(days=150)).isoformat()}&"):
        whole = figures(signed_in.get(f"/value/?{asked}export=json"))
        parts = [figures(signed_in.get(f"/value/?{asked}class={one}&export=json")) for one in ("stock", "not:stock")]
        assert sum(D(part["value"]) for part in parts) + D(whole["cash_value"]) == D(whole["value"]), asked
        assert all(D(part["cash_value"]) == 0 for part in parts)


def test_diversification_of_an_earlier_day_stays_with_its_slice(signed_in: Any, euro_portfolio: Any, began: date) -> None:
    day = (began + timedelta(days=150)).isoformat()
    told = json.loads(signed_in.get(f"/diversification/?end={day}&class=stock&export=json").content)
    assert {row["key"] for row in told["weights"] if row["by"] == "class"} == {"stock"}


def test_every_figure_comes_out_of_its_explanation(euro_portfolio: Any, dollar_portfolio: Any, began: date) -> None:
    for as_of in (None, began + timedelta(days=300)):
        found = worth_in(Scope([euro_portfolio, dollar_portfolio], "EUR", as_of=as_of))
        same = {
            "value": found.value.value, "holdings_value": found.value.holdings_value, "cash_value": found.value.cash,
            "cash_weight": found.value.cash_weight, "day_change": found.value.day_change, "day_change_percent": found.value.day_change_fraction,
        }  # fmt: skip
        assert tuple(found.explanations) == explain_names.VALUE
        for name in explain_names.VALUE:
            told = found.explanations[name]
            assert name not in same or told.figure == same[name], name
            if name.endswith(("_weight", "_percent")):
                part, whole = (value(term.figure) for term in told.terms[:2])
                assert part / whole == pytest.approx(value(told.figure), abs=D("1e-17"))
                continue
            assert result(told.terms) == value(told.terms[-1].figure) == value(told.figure) == last_cells(told), name
            for line in told.lines if name.startswith("by_") else ():
                assert value(line.terms[0].figure) / value(line.terms[1].figure) == pytest.approx(value(line.terms[2].figure), abs=D("1e-17"))
            if name.startswith("by_"):
                assert value(told.figure) == 1, name


def test_the_api_tells_each_holdings_change_of_the_day_and_explains_every_field(api: Any, euro_portfolio: Any, share: Any) -> None:
    base = f"/api/v1/portfolios/{euro_portfolio.pk}"
    body = api.get(f"{base}/value").json()
    held = {row["instrument"]: row for row in api.get(f"{base}/holdings").json()["results"]}
    for row in body["by_holding"]:
        assert (row["day_change"], row["day_change_percent"]) == tuple(held[row["instrument"]][name] for name in ("day_change", "day_change_percent"))
    assert sum(D(row["day_change"]) for row in body["by_holding"]) == D(body["day_change"])
    for name in ("value", "holdings_value", "cash_value", "cash_weight", "total_cost", "day_change", "day_change_percent"):
        assert api.get(f"{base}/explain", {"report": "value", "figure": name}).json()["value"] == body[name], name
    assert D(api.get(f"{base}/explain", {"report": "value", "figure": "by_sector"}).json()["value"]) == 1
    refused = api.get(f"{base}/explain", {"report": "value", "figure": "value", "instrument": share.pk})
    assert refused.status_code == 400 and refused.json()["errors"][0]["field"] == "instrument"


def test_the_example_in_the_schema_has_the_names_of_an_answer(api: Any, euro_portfolio: Any) -> None:
    body = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/value").json()
    assert set(EXAMPLE.value) == set(body)
    for name in ("by_holding", "by_class", "by_sector", "by_country", "by_region", "by_currency"):
        assert set(EXAMPLE.value[name][0]) == set(body[name][0]), name


def test_funds_are_looked_through_where_that_is_asked_for(signed_in: Any, person: Any, euro_portfolio: Any, fund: Any) -> None:
    classify(person, fund, weights={"sector": [("Energy", D("0.4")), ("Utilities", D("0.6"))]})
    told = {row["key"] for row in json.loads(signed_in.get("/value/?look_through=1&export=json").content)["weights"] if row["by"] == "sector"}
    assert {"Energy", "Utilities"} <= told
    told = {row["key"] for row in json.loads(signed_in.get("/value/?export=json").content)["weights"] if row["by"] == "sector"}
    assert not {"Energy", "Utilities"} & told


def test_files_hold_holdings_cash_and_days_and_no_amount_while_these_are_hidden(signed_in: Any, person: Any, euro_portfolio: Any) -> None:
    whole = json.loads(signed_in.get("/value/?period=MAX&export=json").content)
    assert sum(D(row["value"]) for row in (*whole["holdings"], *whole["cash"])) == D(
        {row["figure"]: row["value"] for row in whole["figures"]}["value"]
    )
    assert len(whole["series"]) == 502 and whole["holdings"][0]["price"]
    person.preferences.hide_amounts = True
    person.preferences.save()
    for table in ("figures", "holdings", "cash", "weights", "series"):
        sheet = signed_in.get(f"/value/?export=csv&table={table}").content.decode()
        assert "Hidden" in sheet and f",{whole['holdings'][0]['value']}" not in sheet, table
    assert ",Hidden,110," in signed_in.get("/value/?export=csv&table=holdings").content.decode()  # units are nobody's business, prices everybody's
    page = read(signed_in.get("/value/"))
    with speaking("en-GB"):
        assert money(value_now([euro_portfolio]).value) not in page


def test_the_page_costs_as_many_queries_however_much_is_held(signed_in: Any, person: Any, euro_portfolio: Any, today: date, began: date) -> None:
    def queries(address: str) -> int:
        cache.clear(), memory.series.clear()
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(address).status_code == 200
        return len(captured)

    pages = ("/value/?period=MAX", f"/value/?end={(today - timedelta(days=20)).isoformat()}&look_through=1")
    list(map(queries, pages))
    record(euro_portfolio, "buy", began + timedelta(days=3), make_instrument(price="10"), quantity="1", price="10")
    few = list(map(queries, pages))
    for _ in range(6):
        record(euro_portfolio, "buy", began + timedelta(days=3), make_instrument(price="10"), quantity="1", price="10")
    assert list(map(queries, pages)) == few and max(few) <= 32, few
