"""Exchange rates: exact, of the same day, never silently 1."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from market.errors import InvalidRates, MissingRate
from market.models import FxRate
from market.selectors import rate, rates
from market.services import RateRow, ingest_rates, set_own_rates
from portfolio_site.kernel.decimals import PLACES, quotient
from tests.factories import D

pytestmark = pytest.mark.django_db

FRIDAY = date(2024, 3, 8)
sensible = st.decimals(min_value=D("0.0001"), max_value=D("400000"), places=4, allow_nan=False)


def store(day: date, **of: str) -> None:
    ingest_rates([RateRow("EUR", quote, day, D(value), "ecb") for quote, value in of.items()])


def test_a_reference_rate_is_given_as_published() -> None:
    store(FRIDAY, USD="1.0932")
    found = rate("EUR", "USD", FRIDAY)
    assert (found.rate, found.day, found.source) == (D("1.0932"), FRIDAY, "ecb")


def test_a_cross_rate_is_the_quotient_of_the_same_day_rounded_to_18_places() -> None:
    store(FRIDAY, USD="1.0932", JPY="161.03")
    assert rate("USD", "JPY", FRIDAY).rate == D(round(Fraction("161.03") / Fraction("1.0932") * 10**18)).scaleb(-18)
    assert rate("JPY", "EUR", FRIDAY).rate == D(round(1 / Fraction("161.03") * 10**18)).scaleb(-18)


def test_legs_of_different_days_are_not_crossed() -> None:
    store(FRIDAY, USD="1.09")
    store(FRIDAY - timedelta(days=1), USD="1.08", GBP="0.85")
    found = rate("USD", "GBP", FRIDAY)
    assert (found.day, found.rate) == (FRIDAY - timedelta(days=1), quotient(D("0.85"), D("1.08")))


@pytest.mark.parametrize("back", [1, 7])
def test_a_day_without_a_rate_uses_the_last_one_at_most_seven_days_back_and_says_which(back: int) -> None:
    store(FRIDAY, USD="1.09")
    assert rate("EUR", "USD", FRIDAY + timedelta(days=back)).day == FRIDAY


def test_a_rate_eight_days_old_is_missing_and_so_is_one_of_a_later_day() -> None:
    store(FRIDAY, USD="1.09")
    for day in (FRIDAY + timedelta(days=8), FRIDAY - timedelta(days=1)):
        with pytest.raises(MissingRate) as refusal:
            rate("EUR", "USD", day)
        assert refusal.value.data == {"base": "EUR", "quote": "USD", "date": day.isoformat()}
    assert "EUR/USD" in refusal.value.detail


def test_a_currency_against_itself_is_one_without_a_query(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert rate("USD", "USD", FRIDAY).rate == 1


@pytest.mark.parametrize("count", [3, 400])
def test_many_rates_cost_one_query_or_two_with_a_person(count: int, person: Any, django_assert_num_queries: Any) -> None:
    days = [FRIDAY - timedelta(days=n) for n in range(count)]
    ingest_rates([RateRow("EUR", quote, day, D(value), "ecb") for day in days for quote, value in (("USD", "1.25"), ("GBP", "0.8"))])
    pairs = [(base, quote, day) for day in days for base, quote in (("USD", "GBP"), ("EUR", "USD"), ("GBP", "EUR"))]
    with django_assert_num_queries(1):
        found = rates(pairs)
    assert len(found) == len(pairs)
    with django_assert_num_queries(2):
        assert rates(pairs, user=person) == found
    assert found["USD", "GBP", FRIDAY].rate == D("0.64")


def test_rates_that_are_not_known_are_absent() -> None:
    store(FRIDAY, USD="1.09")
    asked = [("EUR", "USD", FRIDAY), ("EUR", "GBP", FRIDAY), ("USD", "GBP", FRIDAY)]
    assert set(rates(asked)) == {("EUR", "USD", FRIDAY)}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(sensible, sensible, sensible)
def test_crossing_there_and_back_and_round_three_currencies_returns_to_one(dollar: Decimal, pound: Decimal, yen: Decimal) -> None:
    FxRate.objects.all().delete()
    store(FRIDAY, USD=str(dollar), GBP=str(pound), JPY=str(yen))

    def of(base: str, quote: str) -> Decimal:
        return rate(base, quote, FRIDAY).rate

    half = D(1).scaleb(-PLACES) / 2  # each rate is at most this far from the exact quotient

    def near_one(*legs: Decimal) -> bool:
        around, error = D(1), D(0)
        for leg in legs:
            error = error * (leg + half) + around * half
            around *= leg
        return abs(around - 1) <= error

    assert near_one(of("USD", "GBP"), of("GBP", "USD"))
    assert near_one(of("USD", "GBP"), of("GBP", "JPY"), of("JPY", "USD"))
    assert abs(of("USD", "JPY") - yen / dollar) <= half


def test_ones_own_rate_wins_on_its_day_for_that_person_alone(person: Any, stranger: Any) -> None:
    store(FRIDAY, USD="1.09")
    set_own_rates(person, [RateRow("EUR", "USD", FRIDAY, D("1.11"), "own")])
    assert rate("EUR", "USD", FRIDAY, user=person).rate == D("1.11")
    assert rate("USD", "EUR", FRIDAY, user=person).rate == quotient(D(1), D("1.11"))
    assert rate("EUR", "USD", FRIDAY, user=person).source == "own"
    assert rate("EUR", "USD", FRIDAY, user=stranger).rate == D("1.09")
    assert rate("EUR", "USD", FRIDAY).rate == D("1.09")


def test_a_later_reference_rate_wins_over_an_older_own_one(person: Any) -> None:
    set_own_rates(person, [RateRow("EUR", "USD", FRIDAY - timedelta(days=1), D("1.11"), "own")])
    store(FRIDAY, USD="1.09")
    assert rate("EUR", "USD", FRIDAY, user=person).rate == D("1.09")


def test_an_own_rate_serves_a_pair_that_nobody_publishes(person: Any) -> None:
    set_own_rates(person, [RateRow("USD", "KZT", FRIDAY, D("452.5"), "own")])
    assert rate("USD", "KZT", FRIDAY, user=person).rate == D("452.5")
    with pytest.raises(MissingRate):
        rate("USD", "KZT", FRIDAY)


def test_own_rates_replace_each_other_also_the_other_way_round(person: Any) -> None:
    set_own_rates(person, [RateRow("EUR", "USD", FRIDAY, D("1.11"), "own")])
    set_own_rates(person, [RateRow("USD", "EUR", FRIDAY, D("0.8"), "own")])
    assert FxRate.objects.filter(owner=person).count() == 1
    assert rate("EUR", "USD", FRIDAY, user=person).rate == D("1.25")


def test_a_pair_given_both_ways_round_at_once_is_refused(person: Any) -> None:
    with pytest.raises(InvalidRates) as refusal:
        set_own_rates(person, [RateRow("EUR", "USD", FRIDAY, D("1.25"), "own"), RateRow("USD", "EUR", FRIDAY, D("0.8"), "own")])
    assert refusal.value.errors[0].code == "duplicate"
    assert not FxRate.objects.exists()
