"""Prices and rates are stored to the last digit, whole or not at all, and columns follow what is stored."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.errors import InvalidPrices, InvalidRates
from market.models import FxColumn, FxRate, Instrument, Price, PriceColumn
from market.packing import day_number, unpack
from market.selectors import fx_columns, price_columns, prices_version
from market.services import PriceRow, RateRow, ingest_many, ingest_prices, ingest_rates, rebuild_columns, rebuild_fx_columns
from market.signals import prices_changed, rates_changed
from tests.factories import D, make_instrument

pytestmark = pytest.mark.django_db

MONDAY = date(2024, 3, 4)
exact_numbers = st.decimals(min_value=D("0.000000000000000001"), max_value=D("99999999999999999999"), places=18, allow_nan=False)


def days(*closes: str, first: date = MONDAY, **more: Any) -> list[PriceRow]:
    return [PriceRow(first + timedelta(days=n), D(close), **more) for n, close in enumerate(closes)]


def column_of(instrument: Instrument) -> dict[int, float]:
    view = price_columns([instrument.pk])[instrument.pk]
    return dict(zip(view.days.tolist(), view.closes.tolist(), strict=True))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(exact_numbers, min_size=1, max_size=30))
def test_prices_come_back_to_the_last_digit(numbers: list[Decimal]) -> None:
    instrument = make_instrument()
    assert ingest_prices(instrument, [PriceRow(MONDAY - timedelta(days=n), number) for n, number in enumerate(numbers)], "test") == len(numbers)
    stored = Price.objects.filter(instrument=instrument).order_by("-day").values_list("close", flat=True)
    assert list(stored) == numbers


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(exact_numbers, min_size=1, max_size=30))
def test_rates_come_back_to_the_last_digit(numbers: list[Decimal]) -> None:
    FxRate.objects.all().delete()
    ingest_rates([RateRow("EUR", "USD", MONDAY - timedelta(days=n), number, "test") for n, number in enumerate(numbers)])
    assert list(FxRate.objects.order_by("-day").values_list("rate", flat=True)) == numbers


def test_open_high_low_and_volume_are_kept_and_cleared_again() -> None:
    instrument = make_instrument()
    ingest_prices(instrument, [PriceRow(MONDAY, D("10"), D("9.5"), D("11"), D("9"), 1_000_000_000_000)], "test")
    row = Price.objects.get()
    assert (row.open, row.high, row.low, row.close, row.volume) == (D("9.5"), D("11"), D("9"), D("10"), 1_000_000_000_000)
    ingest_prices(instrument, days("10"), "test")
    row = Price.objects.get()
    assert (row.open, row.high, row.low, row.close, row.volume) == (None, None, None, D("10"), None)


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (PriceRow(MONDAY, D("0")), "prices.1.close", "not_positive"),
        (PriceRow(MONDAY, D("-3")), "prices.1.close", "not_positive"),
        (PriceRow(MONDAY, D("NaN")), "prices.1.close", "invalid"),
        (PriceRow(MONDAY, D("Infinity")), "prices.1.close", "invalid"),
        (PriceRow(MONDAY, D("1e-19")), "prices.1.close", "invalid"),
        (PriceRow(MONDAY, D("1e20")), "prices.1.close", "invalid"),
        (PriceRow(MONDAY, D("1"), high=D("NaN")), "prices.1.high", "invalid"),
        (PriceRow(MONDAY, D("1"), volume=-1), "prices.1.volume", "invalid"),
        (PriceRow(date(2999, 1, 1), D("1")), "prices.1.date", "future"),
        (PriceRow(date(1066, 10, 14), D("1")), "prices.1.date", "too_early"),
        (PriceRow(MONDAY - timedelta(days=1), D("1")), "prices.1.date", "duplicate"),
    ],
)
def test_a_price_that_cannot_be_right_refuses_the_whole_batch_by_row_and_field(row: PriceRow, field: str, code: str) -> None:
    instrument = make_instrument()
    with pytest.raises(InvalidPrices) as refusal:
        ingest_prices(instrument, [PriceRow(MONDAY - timedelta(days=1), D("5")), row], "test")
    assert [(error.field, error.code) for error in refusal.value.errors] == [(field, code)]
    assert "nothing was stored" in refusal.value.detail
    assert not Price.objects.exists()


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        (RateRow("EUR", "USD", MONDAY, D("0"), "test"), "rates.0.rate", "not_positive"),
        (RateRow("EUR", "USD", MONDAY, D("NaN"), "test"), "rates.0.rate", "invalid"),
        (RateRow("EUR", "GBp", MONDAY, D("1"), "test"), "rates.0.quote", "unknown_currency"),
        (RateRow("EUR", "EUR", MONDAY, D("1"), "test"), "rates.0.quote", "same_currency"),
        (RateRow("EUR", "USD", date(2999, 1, 1), D("1"), "test"), "rates.0.date", "future"),
    ],
)
def test_a_rate_that_cannot_be_right_is_refused_by_row_and_field(row: RateRow, field: str, code: str) -> None:
    with pytest.raises(InvalidRates) as refusal:
        ingest_rates([row])
    assert [(error.field, error.code) for error in refusal.value.errors] == [(field, code)]
    assert not FxRate.objects.exists()


def test_what_is_stored_already_is_not_written_again_and_raises_no_version(django_capture_on_commit_callbacks: Any) -> None:
    instrument = make_instrument()
    ingest_prices(instrument, days("10", "11"), "test")
    before = prices_version([instrument.pk])
    with django_capture_on_commit_callbacks(execute=True) as told:
        assert ingest_prices(instrument, days("10.000", "11"), "test") == 0
    assert (prices_version([instrument.pk]), told) == (before, [])


def test_a_changed_price_is_replaced_and_told_once(django_capture_on_commit_callbacks: Any) -> None:
    one, other = make_instrument(), make_instrument()
    ingest_many({one.pk: days("10", "11"), other.pk: days("20", "21")}, "test")
    heard: list[tuple[int, ...]] = []
    prices_changed.connect(hear := lambda instrument_ids, **_: heard.append(instrument_ids), weak=False)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            assert ingest_many({one.pk: days("10", "12"), other.pk: days("20", "21")}, "test") == 1
    finally:
        prices_changed.disconnect(hear)
    assert heard == [(one.pk,)]
    assert column_of(one) == {day_number(MONDAY): 10.0, day_number(MONDAY) + 1: 12.0}


def test_only_the_columns_of_changed_instruments_are_rewritten() -> None:
    one, other = make_instrument(), make_instrument()
    ingest_many({one.pk: days("10"), other.pk: days("20")}, "test")
    before = dict(PriceColumn.objects.values_list("pk", "version"))
    ingest_many({one.pk: days("10.5"), other.pk: days("20")}, "test")
    after = dict(PriceColumn.objects.values_list("pk", "version"))
    assert after[one.pk] > before[one.pk]
    assert after[other.pk] == before[other.pk]
    assert dict(Instrument.objects.values_list("pk", "prices_version")) == after


batches = st.lists(st.dictionaries(st.integers(0, 12), st.tuples(st.integers(1, 9), st.booleans()), min_size=1, max_size=8), min_size=1, max_size=5)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches)
def test_a_merged_column_is_the_one_made_from_the_rows(written: list[dict[int, tuple[int, bool]]]) -> None:
    instrument = make_instrument()
    for batch in written:
        rows = [PriceRow(MONDAY + timedelta(days=n), D(close), simulated=simulated) for n, (close, simulated) in batch.items()]
        ingest_prices(Instrument.objects.get(pk=instrument.pk), rows, "test")
    merged = PriceColumn.objects.get(pk=instrument.pk)
    rebuild_columns([instrument.pk])
    rebuilt = PriceColumn.objects.get(pk=instrument.pk)
    assert (bytes(merged.days), bytes(merged.closes), merged.simulated_from) == (bytes(rebuilt.days), bytes(rebuilt.closes), rebuilt.simulated_from)
    assert rebuilt.version > merged.version


def test_the_rate_column_follows_the_rates_and_a_rebuild_agrees(django_capture_on_commit_callbacks: Any) -> None:
    heard: list[tuple[str, ...]] = []
    rates_changed.connect(hear := lambda currencies, **_: heard.append(currencies), weak=False)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            ingest_rates(
                [RateRow("EUR", "USD", MONDAY, D("1.1"), "test"), RateRow("EUR", "USD", MONDAY + timedelta(days=1), D("1.2"), "test", simulated=True)]
            )
            ingest_rates([RateRow("EUR", "USD", MONDAY + timedelta(days=1), D("1.25"), "test")])
    finally:
        rates_changed.disconnect(hear)
    view = fx_columns(["USD"])["USD"]
    assert (view.rates.tolist(), view.simulated_from) == ([1.1, 1.25], None)
    rebuild_fx_columns(["USD"])
    stored = FxColumn.objects.get()
    assert unpack(stored.days, stored.rates)[1].tolist() == [1.1, 1.25]
    assert stored.version > view.version
    assert heard == [("USD",), ("USD",)]


def test_rows_that_were_written_past_the_services_are_found_by_a_rebuild() -> None:
    instrument = make_instrument()
    Price.objects.create(instrument=instrument, day=MONDAY, close=D("7"), source="test")
    assert price_columns([instrument.pk]) == {}
    rebuild_columns([instrument.pk])
    assert column_of(instrument) == {day_number(MONDAY): 7.0}


def test_prices_that_came_without_a_column_are_in_it_after_the_next_ingest() -> None:
    instrument = make_instrument()
    ingest_prices(instrument, days("10"), "test")
    PriceColumn.objects.all().delete()
    ingest_prices(instrument, days("11", first=MONDAY + timedelta(days=1)), "test")
    assert column_of(instrument) == {day_number(MONDAY): 10.0, day_number(MONDAY) + 1: 11.0}


def test_no_version_is_used_twice_even_by_instruments_written_together() -> None:
    instruments = [make_instrument() for _ in range(5)]
    seen: list[int] = []
    for close in ("1", "2", "3"):
        ingest_many({one.pk: days(close) for one in instruments}, "test")
        seen += Instrument.objects.values_list("prices_version", flat=True)
    assert len(set(seen)) == len(seen) == 15
