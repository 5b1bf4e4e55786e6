"""Reports on some of what is held: the same figures, of the holdings that fit."""

from __future__ import annotations

import html
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from analytics.selectors import Scope, gains_of, performance, returns_of, value_now
from analytics.selectors.slicing import conditions_of, subset_of
from market.services import classify
from portfolios.services import LegDraft, void_transaction
from tests.analytics.conftest import store_closes
from tests.analytics.test_parts import HARD
from tests.factories import make_instrument, make_person, make_portfolio, record, set_quote

pytestmark = pytest.mark.django_db
D = Decimal


def told(portfolios: list[Any], conditions: str) -> list[Any]:
    """The portfolios under the conditions of an address."""
    asked, errors = conditions_of(QueryDict(conditions))
    assert errors == []
    return subset_of(portfolios, asked).portfolios(portfolios)


def fitting(portfolio: Any, conditions: str) -> set[str]:
    table = Scope(told([portfolio], conditions)).table
    return {row.instrument.symbol for row in (*table.rows, *table.closed)}


def read(answer: Any) -> str:
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def test_a_slice_does_what_a_portfolio_of_these_holdings_alone_would_do(person: Any, euro_portfolio: Any, share: Any, began: date) -> None:
    alone = make_portfolio(person, name="Alone", tracks_cash=False)
    record(alone, "buy", began + timedelta(days=2), share, quantity="40", price="100.02", fees="4.90")
    record(alone, "dividend", began + timedelta(days=120), share, amount="34", taxes="6")
    record(alone, "sell", began + timedelta(days=200), share, quantity="15", price="102", fees="4.90")
    record(alone, "buy", began + timedelta(days=410), share, quantity="7.5", price="104.1")
    part, whole = performance(told([euro_portfolio], "class=stock")), performance([alone])
    for name in ("start_value", "end_value", "net_flows", "gain", "twr", "mwr", "volatility", "modified_dietz"):
        assert getattr(part, name).value == getattr(whole, name).value, name


def test_the_gains_of_all_slices_and_of_cash_are_those_of_the_whole(euro_portfolio: Any, today: date) -> None:
    for start in (None, today - timedelta(days=100)):
        whole = gains_of(Scope([euro_portfolio]), start)
        parts = [gains_of(Scope(told([euro_portfolio], f"class={one}")), start) for one in ("stock", "etf")]
        cash = [row for row in whole.rows if row.instrument is None]
        for name in ("realised", "income", "expenses"):
            assert sum((getattr(one, name) for one in (*parts, *cash)), D(0)) == getattr(whole, name)
        assert sum((one.unrealised.value for one in (*parts, *cash)), D(0)) == whole.unrealised.value


def test_the_value_of_slices_and_of_cash_is_that_of_the_whole_on_any_day(euro_portfolio: Any, today: date) -> None:
    for day in (None, today - timedelta(days=30)):
        whole = value_now([euro_portfolio], as_of=day)
        parts = [value_now(told([euro_portfolio], f"quoted_in={code}"), as_of=day) for code in ("EUR", "USD")]
        assert sum((part.value.value for part in parts), whole.cash.value) == whole.value.value
        assert all(part.cash.value == 0 for part in parts)


def test_contributions_of_a_slice_add_up_to_its_return_and_drivers_to_its_change(euro_portfolio: Any) -> None:
    scope = Scope(told([euro_portfolio], "class=not:etf"))
    report = returns_of(scope)
    assert sum(float(part.contribution.value) for part in report.parts) == pytest.approx(float(report.performance.twr.value), abs=1e-12)
    bridge = report.bridge
    exact = [
        D(repr(one.value)) if isinstance(one.value, float) else one.value for one in (bridge.flows, bridge.price, bridge.currency, bridge.income)
    ]
    assert bridge.start.value + sum(exact, D(0)) - bridge.costs.value == bridge.end.value


# ── what fits ───────────────────────────────────────────────────────────────


@pytest.fixture
def mixed(person: Any, began: date) -> Any:
    """Four things, of which one was sold."""
    portfolio = make_portfolio(person, tracks_cash=False)
    chips = make_instrument("CHIP", price="10", sector="Technology", country="US", region="North America")
    oil = make_instrument("OIL", price="10", sector="Energy", country="NO", region="Europe", currency="EUR")
    coin = make_instrument("COIN", price="10", asset_class="crypto")
    fund = make_instrument("BLUE", price="10", asset_class="etf")
    for one in (chips, oil, coin, fund):
        record(portfolio, "buy", began, one, quantity="1", price="10", tags=("Core", "long") if one is oil else ())
    record(portfolio, "sell", began + timedelta(days=3), coin, quantity="1", price="12")
    return portfolio


@pytest.mark.parametrize(
    ("conditions", "fits"),
    [
        ("", "CHIP OIL COIN BLUE"),
        ("class=stock", "CHIP OIL"),
        ("class=stock&class=crypto", "CHIP OIL COIN"),
        ("class=not:stock", "COIN BLUE"),
        ("class=not:stock&class=not:etf", "COIN"),
        ("sector=technology", "CHIP"),
        ("sector=unclassified", "COIN BLUE"),
        ("sector=not:unclassified&country=NO", "OIL"),
        ("region=Europe", "OIL"),
        ("quoted_in=eur&class=etf", "BLUE"),
        ("tag=core", "OIL"),
        ("tag=not:CORE&class=stock", "CHIP"),
        ("class=bond", ""),
        ("holding=0", ""),
        ("sector=&class=", "CHIP OIL COIN BLUE"),
    ],
)
def test_values_of_one_field_are_alternatives_and_fields_all_hold(mixed: Any, conditions: str, fits: str) -> None:
    assert fitting(mixed, conditions) == set(fits.split())


def test_an_instrument_is_what_its_holder_says_it_is(mixed: Any, person: Any) -> None:
    chips = next(row.instrument for row in Scope([mixed]).table.rows if row.instrument.symbol == "CHIP")
    classify(person, type(mixed.transactions.first().instrument).objects.get(pk=chips.id), sector="Energy")
    assert fitting(mixed, "sector=Energy") == {"CHIP", "OIL"}


def test_a_tag_of_an_entry_that_counts_no_more_does_not_fit(mixed: Any, person: Any) -> None:
    entry = next(one for one in mixed.transactions.live() if one.tags)
    void_transaction(person, entry)
    assert fitting(mixed, "tag=core") == set()


# ── units that cross ────────────────────────────────────────────────────────


def test_units_of_a_spin_off_come_into_a_slice_at_what_they_are_worth(person: Any, today: date) -> None:
    began = today - timedelta(days=10)
    mother, child = make_instrument("MOTHER", price="80"), make_instrument("CHILD", price="44")
    store_closes(mother, [(began + timedelta(days=n), "100" if n < 5 else "80") for n in range(11)])
    store_closes(child, [(began + timedelta(days=n), "40" if n < 8 else "44") for n in range(5, 11)])
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", began, mother, quantity="10", price="100")
    record(portfolio, "spin_off", began + timedelta(days=5), mother, legs=[leg(child)])
    new, old = (performance(told([portfolio], f"holding={one.pk}")) for one in (child, mother))
    assert new.twr.value == pytest.approx(0.1) and old.twr.value == pytest.approx(0)
    assert new.net_flows.value == pytest.approx(200) and new.gain.value == pytest.approx(20)
    assert performance([portfolio]).twr.value == pytest.approx(0.02)


def leg(instrument: Any) -> Any:
    return LegDraft(instrument=instrument, ratio_new=D(1), ratio_old=D(2), cost_share=D("0.2"))


def test_the_costs_of_a_slice_are_those_of_its_own_entries(person: Any, today: date) -> None:
    mother, child = make_instrument("MOTHER", price="80"), make_instrument("CHILD", price="44")
    portfolio = make_portfolio(person, tracks_cash=False)
    record(portfolio, "buy", today - timedelta(days=9), mother, quantity="10", price="100", fees="3")
    record(portfolio, "spin_off", today - timedelta(days=5), mother, legs=[leg(child)])
    record(portfolio, "sell", today - timedelta(days=2), child, quantity="1", price="44", fees="2")
    for one, paid in ((mother, "3"), (child, "2")):
        assert [cost.amount for cost in Scope(told([portfolio], f"holding={one.pk}")).costs_paid] == [D(paid)]


# ── pages and API ───────────────────────────────────────────────────────────

REPORTS = ("performance", "risk", "diversification")
MORE = (
    "income",
    "unusual-days",
    "benchmark",
    "growth",
    "costs",
    "rolling",
    "attribution",
    "value",
    "gains",
    "drivers",
    "contribution",
    "calendar",
    "drawdowns",
)
PAGES = (*REPORTS, "income", "compare", "performance/?tab=attribution", "performance/?tab=rolling", "performance/?tab=costs")


def test_the_page_names_its_filters_and_each_can_be_taken_off(signed_in: Any, mixed: Any) -> None:
    page = read(signed_in.get("/performance/?class=stock&class=etf&sector=not:Energy&period=MAX"))
    assert "<span>Class is</span><b>Shares or Exchange-traded funds</b>" in page and "<span>Sector is not</span><b>Energy</b>" in page
    assert 'href="?sector=not%3AEnergy&period=MAX"' in page.replace("&amp;", "&")


def test_a_filter_that_cannot_be_used_is_said_on_the_page_and_refused_by_the_api(signed_in: Any, api: Any, mixed: Any) -> None:
    assert "The filter “holding” was left out. Give the number of an instrument" in read(signed_in.get("/risk/?holding=abc"))
    answer = api.get(f"/api/v1/portfolios/{mixed.pk}/risk?holding=abc&sector=not:")
    assert answer.status_code == 400 and [one["field"] for one in answer.json()["errors"]] == ["holding"]
    assert api.get(f"/api/v1/portfolios/{mixed.pk}/drivers?sector=not:").status_code == 400


def test_where_nothing_fits_the_page_says_so_and_the_api_gives_reasons(signed_in: Any, api: Any, mixed: Any) -> None:
    for report in REPORTS:
        assert "Nothing was ever held that fits these filters" in read(signed_in.get(f"/{report}/?class=bond"))
    answer = api.get(f"/api/v1/portfolios/{mixed.pk}/performance?class=bond").json()
    assert answer["twr"] is None and "twr" in {one["figure"] for one in answer["undefined"]}


def test_page_and_api_tell_the_same_of_a_slice(signed_in: Any, api: Any, euro_portfolio: Any) -> None:
    page = signed_in.get("/performance/?period=MAX&class=stock&export=json").json()
    answer = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/performance?class=stock").json()
    told = {row["figure"]: row["value"] for row in page["figures"]}
    assert float(told["twr"]) == pytest.approx(float(answer["twr"])) and page["slice"] == ["Class is Shares"]


@pytest.mark.parametrize("name", HARD)
def test_a_slice_of_a_difficult_portfolio_is_answered_everywhere(signed_in: Any, api: Any, person: Any, began: date, today: date, name: str) -> None:
    portfolio = make_portfolio(person, allows_short=True)
    HARD[name](portfolio, began, today)
    for conditions in ("class=stock", "class=not:stock"):
        for page in PAGES:
            assert signed_in.get(f"/{page}{'&' if '?' in page else '/?'}{conditions}&period=MAX").status_code == 200, page
        for part in (*REPORTS, *MORE):
            assert api.get(f"/api/v1/portfolios/{portfolio.pk}/{part}?{conditions}").status_code == 200


def test_somebody_elses_holding_fits_nothing(signed_in: Any, api: Any, mixed: Any) -> None:
    theirs = make_portfolio(make_person("stranger"), tracks_cash=False)
    secret = make_instrument("SECRET", owner=theirs.owner)
    set_quote(secret, "5")
    record(theirs, "buy", "2024-01-02", secret, quantity="1", price="5")
    assert "SECRET" not in read(signed_in.get(f"/performance/?holding={secret.pk}"))
    assert api.get(f"/api/v1/portfolios/all/value?holding={secret.pk}").json()["by_holding"] == []


# ── several portfolios ──────────────────────────────────────────────────────


def test_several_portfolios_can_be_reported_on_together(signed_in: Any, api: Any, person: Any, euro_portfolio: Any, dollar_portfolio: Any) -> None:
    third = make_portfolio(person, name="Third")
    record(third, "deposit", "2026-01-02", amount="50")
    pair = [euro_portfolio, dollar_portfolio]
    page = signed_in.get(f"/performance/?p={pair[0].pk}&p={pair[1].pk}&period=MAX&export=json").json()
    answer = api.get(f"/api/v1/portfolios/all/performance?portfolio={pair[0].pk}&portfolio={pair[1].pk}").json()
    assert [one["name"] for one in page["portfolios"]] == ["Core", "US"] and answer["portfolios"] == [one.pk for one in pair]
    value = {row["figure"]: row["value"] for row in page["figures"]}["end_value"]
    assert D(value) == D(answer["end_value"]) == performance(pair, currency="EUR").end_value.value
    shown = read(signed_in.get(f"/risk/?p={pair[0].pk}&p={pair[1].pk}"))
    assert "<b>Core and US</b>" in shown and f'value="{third.pk}">Third' in shown


def test_somebody_elses_portfolio_cannot_be_among_several(signed_in: Any, api: Any, euro_portfolio: Any) -> None:
    theirs = make_portfolio(make_person("stranger"))
    assert signed_in.get(f"/performance/?p={euro_portfolio.pk}&p={theirs.pk}").status_code == 404
    assert api.get(f"/api/v1/portfolios/all/risk?portfolio={theirs.pk}").status_code == 404
    assert api.get("/api/v1/portfolios/all/risk?portfolio=x").status_code == 404
    refused = api.get(f"/api/v1/portfolios/{euro_portfolio.pk}/risk?portfolio={euro_portfolio.pk}")
    assert refused.status_code == 400 and [one["field"] for one in refused.json()["errors"]] == ["portfolio"]


def test_a_slice_costs_a_fixed_number_of_queries(api: Any, signed_in: Any, mixed: Any) -> None:
    def counted(address: str) -> int:
        signed_in.get(address)
        with CaptureQueriesContext(connection) as captured:
            assert signed_in.get(address).status_code == 200
        return len(captured)

    whole, part = counted("/performance/"), counted("/performance/?class=stock&tag=core")
    for _ in range(8):
        record(mixed, "buy", "2026-01-05", make_instrument(price="3", sector="Energy"), quantity="2", price="3")
    assert counted("/performance/?class=stock&tag=core") == part <= whole + 6
