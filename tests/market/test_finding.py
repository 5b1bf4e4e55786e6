"""One instrument is found where one is meant, and none where several could be."""

from __future__ import annotations

from typing import Any

import pytest

from market.selectors import candidates, find_instrument, instruments_visible_to
from tests.factories import make_instrument

pytestmark = pytest.mark.django_db

ISIN = "US0378331005"


def test_an_isin_decides_before_a_symbol(person: Any) -> None:
    apple = make_instrument("AAPL", isin=ISIN)
    make_instrument("APC")
    assert find_instrument(person, symbol="APC", isin=ISIN.lower()) == apple


def test_a_symbol_of_another_isin_is_somebody_else(person: Any) -> None:
    make_instrument("AAPL", isin="US5949181045")
    assert find_instrument(person, symbol="AAPL", isin=ISIN) is None


def test_several_listings_are_told_apart_by_exchange_currency_or_symbol_else_none_is_guessed(person: Any) -> None:
    new_york = make_instrument("AAPL", isin=ISIN, exchange="XNAS", currency="USD")
    frankfurt = make_instrument("APC", isin=ISIN, exchange="XETR", currency="EUR")
    assert find_instrument(person, isin=ISIN) is None
    assert find_instrument(person, isin=ISIN, exchange="xetr") == frankfurt
    assert find_instrument(person, isin=ISIN, currency="USD") == new_york
    assert find_instrument(person, isin=ISIN, symbol="aapl") == new_york


def test_ones_own_instrument_comes_before_everybodys(person: Any, stranger: Any) -> None:
    shared, own = make_instrument("GOLD"), make_instrument("GOLD", owner=person)
    assert find_instrument(person, symbol="GOLD") == own
    assert find_instrument(stranger, symbol="GOLD") == shared


def test_nothing_asked_finds_nothing(person: Any, django_assert_num_queries: Any) -> None:
    make_instrument("X")
    with django_assert_num_queries(0):
        assert find_instrument(person) is None
        assert candidates(person) == []


def test_many_are_matched_by_one_query(person: Any, django_assert_num_queries: Any) -> None:
    made = [make_instrument(f"S{n}") for n in range(30)]
    with django_assert_num_queries(1):
        assert candidates(person, symbols=[f"s{n}" for n in range(30)], isins=[ISIN]) == made


@pytest.mark.parametrize("text", ["app", "APPLE", "us03783"])
def test_search_takes_the_start_of_symbol_or_isin_or_part_of_the_name(person: Any, text: str) -> None:
    apple = make_instrument("APPX", name="The Apple Company", isin=ISIN)
    make_instrument("MSFT", name="Microsoft")
    assert list(instruments_visible_to(person).matching(text)) == [apple]
