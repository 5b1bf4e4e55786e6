"""A person's own exchange rates: one rule in exact values, daily series, benchmarks, and what page and API tell of one day."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.selectors import Scope, performance_of, value_now
from analytics.world import Market
from market.currencies import ENDED
from market.models import FxRate
from market.selectors import benchmark_of_instrument, day_number, fx_columns, own_rate_columns, prices_version, rates
from market.services import PriceRow, RateRow, ingest_prices, ingest_rates, rebuild_fx_columns, remove_own_rate, set_own_rates
from tests.factories import D, make_instrument, make_portfolio, record

START = date(2024, 3, 4)


def on(number: int) -> date:
    return START + timedelta(days=number)


def own(person: Any, base: str, quote: str, days: dict[int, str]) -> None:
    set_own_rates(person, [RateRow(base, quote, on(number), D(value), "own") for number, value in days.items()])


@pytest.fixture
def world(person: Any) -> Any:
    """100 dollars of cash and one American share, in euro, over sixteen days; $1.25 for €1 on every third day."""
    share = make_instrument("USA", currency="USD")
    ingest_prices(share, [PriceRow(on(number), D(number + 10)) for number in range(16)], "test")
    ingest_rates([RateRow("EUR", "USD", on(number), D("1.25"), "ecb") for number in range(-3, 16, 3)])
    portfolio = make_portfolio(person)
    record(portfolio, "deposit", on(0), amount="110", currency="USD", fx_rate="0.8")
    record(portfolio, "buy", on(0), share, quantity="1", price="10", settlement_currency="USD")
    return portfolio


def told(portfolio: Any) -> tuple[list[float], list[Decimal]]:
    """The value at the close of each day, by the series and exactly."""
    series = Scope([portfolio], "EUR", as_of=on(15)).daily
    exact = [value_now([portfolio], "EUR", as_of=on(number)).value.value for number in range(16)]
    return series.value[1:].tolist(), [one for one in exact if isinstance(one, Decimal)]


@pytest.mark.django_db
def test_series_and_exact_values_agree_on_every_day(person: Any, world: Any) -> None:
    own(person, "USD", "EUR", {4: "0.5", 10: "0.9"})
    own(person, "EUR", "USD", {12: "2"})
    series, exact = told(world)
    assert len(exact) == 16 and series == pytest.approx([float(one) for one in exact], rel=1e-12)
    worth = [100 + 10 + number for number in range(16)]
    expected = {3: 0.8, 4: 0.5, 5: 0.5, 6: 0.8, 10: 0.9, 11: 0.9, 12: 0.5, 13: 0.5, 15: 0.8}  # a reference rate stands on 0, 3, 6, …
    assert {number: series[number] / worth[number] for number in expected} == pytest.approx(expected)


@pytest.mark.django_db
def test_page_and_api_tell_the_same_of_one_day(api: Any, signed_in: Any, person: Any, world: Any) -> None:
    own(person, "USD", "EUR", {4: "0.5"})
    asked = f"as_of={on(5).isoformat()}"
    value = api.get(f"/api/v1/portfolios/{world.pk}/value?{asked}").json()["value"]
    period = api.get(f"/api/v1/portfolios/{world.pk}/performance?start={on(3).isoformat()}&end={on(5).isoformat()}").json()
    assert D(value) == D("57.5") == D(period["end_value"])
    assert "57.50" in signed_in.get(f"/holdings/?p={world.pk}&{asked}").content.decode()
    assert float(period["series"][-1]["value"]) == pytest.approx(57.5)


@pytest.mark.django_db
def test_entering_and_removing_a_rate_makes_the_series_anew(person: Any, world: Any) -> None:
    before = told(world)[0]
    own(person, "USD", "EUR", {4: "0.5"})
    assert told(world)[0][4] == pytest.approx(57)
    remove_own_rate(person, FxRate.objects.get(owner=person).pk)
    assert told(world)[0] == before


@pytest.mark.django_db
def test_where_only_an_own_rate_is_known_the_series_begins_with_it(person: Any) -> None:
    share = make_instrument("ICE", currency="ISK")
    ingest_prices(share, [PriceRow(on(number), D(1000)) for number in range(6)], "test")
    portfolio = make_portfolio(person)
    own(person, "ISK", "EUR", {0: "0.0066", 3: "0.007"})
    record(portfolio, "deposit", on(0), amount="100")
    record(portfolio, "buy", on(0), share, quantity="1", price="1000", fx_rate="0.0066", settlement_currency="EUR")
    scope = Scope([portfolio], "EUR", as_of=on(5))
    assert scope.daily.gaps == () and scope.daily.value[1:].tolist() == pytest.approx([100, 100, 100, 100.4, 100.4, 100.4])


@pytest.mark.django_db
def test_somebody_elses_rate_counts_for_nobody_else(person: Any, stranger: Any, world: Any) -> None:
    before = told(world)
    own(stranger, "USD", "EUR", {4: "0.5"})
    assert told(world) == before


@pytest.mark.django_db
def test_the_benchmark_is_told_by_the_same_rate(person: Any, world: Any) -> None:
    index = make_instrument("IDX", currency="USD")
    ingest_prices(index, [PriceRow(on(number), D(100)) for number in range(-2, 16)], "test")
    own(person, "USD", "EUR", {15: "0.4"})
    found = performance_of(Scope([world], "EUR", as_of=on(15), benchmark=benchmark_of_instrument(index)), on(1), on(15))
    assert found.benchmark is not None and found.benchmark.twr.value == pytest.approx(-0.5)


@pytest.mark.django_db
def test_who_has_no_own_rates_pays_no_query_for_them(person: Any, world: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert prices_version([1], user=person)[0][0] == 0
    own(person, "USD", "EUR", {4: "0.5"})
    ids = [row.instrument.id for row in Scope([world], "EUR").table.rows]
    with django_assert_num_queries(1):
        assert prices_version(ids, user=person)[0][:2] == (-1, 1)
    with django_assert_num_queries(1):
        assert prices_version(ids)[0][0] == 0


# ── any world ───────────────────────────────────────────────────────────────

DAYS = st.sets(st.integers(0, 20), max_size=8)


@pytest.mark.django_db
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(dollars=DAYS, francs=DAYS, mine=DAYS, pair=st.sampled_from([("USD", "CHF"), ("EUR", "USD"), ("CHF", "EUR"), ("HRK", "USD"), ("HRK", "EUR")]))
def test_the_series_rate_of_a_day_is_the_exact_rate(person: Any, dollars: set[int], francs: set[int], mine: set[int], pair: tuple[str, str]) -> None:
    """Wherever an exact rate is known, the column of daily rates has the same number on that day."""
    FxRate.objects.all().delete()
    rows = [RateRow("EUR", code, on(day), D(100 + day) / 100, "ecb") for code, days in (("USD", dollars), ("CHF", francs)) for day in days]
    if "HRK" in pair:  # the law fixes it, once one rate of before is known
        rows.append(RateRow("EUR", "HRK", ENDED["HRK"].last, D("7.5"), "ecb"))
    rebuild_fx_columns(["USD", "CHF", "HRK"])
    ingest_rates(rows)
    base, quote = pair
    if mine:
        own(person, base, quote, {day: f"0.{day + 10}" for day in mine})
    market = Market({}, fx_columns({base, quote}), {}, own=own_rate_columns(person, pair))
    column = market.rate(base, quote, day_number(START), 28)
    known = rates([(base, quote, on(day)) for day in range(28)], user=person)
    wanted = {day: float(known[base, quote, on(day)].rate) for day in range(28) if (base, quote, on(day)) in known}
    assert {day: column[day] for day in wanted} == pytest.approx(wanted, rel=1e-12)
    assert np.isfinite(column).all()
