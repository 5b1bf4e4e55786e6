"""Columns are read by one query, whatever their number, and kept by version."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from market.packing import day_number
from market.selectors import fx_columns, own_rates_version, price_columns, prices_version
from market.services import PriceRow, RateRow, ingest_many, ingest_prices, ingest_rates, set_own_rates
from tests.factories import D, make_instrument, set_quote

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)


def several(count: int) -> list[Any]:
    instruments = [make_instrument() for _ in range(count)]
    ingest_many({one.pk: [PriceRow(MONDAY, D("10")), PriceRow(MONDAY + timedelta(days=1), D("11"), simulated=True)] for one in instruments}, "test")
    return instruments


@pytest.mark.parametrize("count", [2, 60])
def test_columns_cost_one_query_cold_warm_and_after_a_change(count: int, django_assert_num_queries: Any) -> None:
    instruments = several(count)
    ids = [one.pk for one in instruments]
    for _ in range(2):
        with django_assert_num_queries(1):
            assert len(price_columns(ids)) == count
    ingest_prices(instruments[0], [PriceRow(MONDAY, D("10.5"))], "test")
    with django_assert_num_queries(1):
        changed = price_columns(ids)
    assert changed[ids[0]].closes.tolist() == [10.5, 11.0]
    assert changed[ids[1]].closes.tolist() == [10.0, 11.0]


def test_an_unchanged_column_is_the_same_object_and_a_changed_one_is_new() -> None:
    one, other = several(2)
    before = price_columns([one.pk, other.pk])
    ingest_prices(one, [PriceRow(MONDAY, D("9"))], "test")
    after = price_columns([one.pk, other.pk])
    assert after[other.pk] is before[other.pk]
    assert after[one.pk].version > before[one.pk].version


def test_a_column_says_where_the_simulation_begins() -> None:
    (one,) = several(1)
    assert price_columns([one.pk])[one.pk].simulated_from == day_number(MONDAY) + 1
    ingest_prices(one, [PriceRow(MONDAY + timedelta(days=1), D("11"))], "test")
    assert price_columns([one.pk])[one.pk].simulated_from is None


def test_an_instrument_without_prices_has_no_column() -> None:
    assert price_columns([make_instrument().pk]) == {}
    assert price_columns([]) == {}


def test_the_euro_is_the_constant_one_and_unknown_currencies_are_absent(django_assert_num_queries: Any) -> None:
    ingest_rates([RateRow("EUR", "USD", MONDAY, D("1.25"), "test")])
    with django_assert_num_queries(1):
        columns = fx_columns(["EUR", "USD", "HRK"])
    assert set(columns) == {"EUR", "USD"}
    assert columns["EUR"].constant
    assert columns["EUR"].rates.tolist() == [1.0]
    assert columns["USD"].rates.tolist() == [1.25]
    with django_assert_num_queries(0):
        assert set(fx_columns(["EUR"])) == {"EUR"}


def test_the_version_changes_with_prices_rates_and_the_quotes_day_but_not_with_each_quote(django_assert_num_queries: Any) -> None:
    (one,) = several(1)
    seen = []

    def look() -> None:
        with django_assert_num_queries(1):
            seen.append(prices_version([one.pk]))

    look()
    ingest_prices(one, [PriceRow(MONDAY, D("9"))], "test")
    look()
    ingest_rates([RateRow("EUR", "USD", MONDAY, D("1.25"), "test")])
    look()
    set_quote(one, "12", as_of=datetime(2024, 3, 5, 10, tzinfo=UTC))
    look()
    assert len(set(seen)) == 4
    set_quote(one, "13", as_of=datetime(2024, 3, 5, 11, tzinfo=UTC))
    look()
    assert seen[-1] == seen[-2]
    assert hash(seen[-1])


def test_rates_alone_have_a_version_for_portfolios_of_cash(django_assert_num_queries: Any) -> None:
    before = prices_version([])
    ingest_rates([RateRow("EUR", "USD", MONDAY, D("1.25"), "test")])
    with django_assert_num_queries(1):
        assert prices_version([]) != before


def test_the_version_of_own_rates_changes_when_one_is_replaced(person: Any) -> None:
    row = RateRow("EUR", "USD", MONDAY, D("1.25"), "own")
    seen = [own_rates_version(person)]
    for rate in ("1.25", "1.3"):
        set_own_rates(person, [RateRow(row.base, row.quote, row.day, D(rate), "own")])
        seen.append(own_rates_version(person))
    assert len(set(seen)) == 3
