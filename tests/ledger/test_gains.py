"""Price part and currency part.  numbers.md: (p1−p0)·fx0·q and p1·(fx1−fx0)·q."""

from __future__ import annotations

import pytest

from portfolios.ledger.gains import parts_of_gain, unrealised, worth
from tests.ledger.build import CHF, EUR, USD, D, Ledger

BOUGHT = {"currency": USD, "fx": "0.90"}
SOLD = {"currency": USD, "fx": "0.95"}


@pytest.mark.parametrize("method", ["average", "fifo"])
def test_a_realised_gain_is_split_by_the_rates_of_purchase_and_sale(method):
    (match,) = Ledger(method=method).buy(3, 10, 100, **BOUGHT).sell(4, 10, 120, **SOLD).book().matches
    assert (match.cost, match.proceeds, match.gain) == (900, 1140, 240)
    assert match.price_part == 180  # (120 − 100) × 0.90 × 10
    assert match.currency_part == 60  # 120 × (0.95 − 0.90) × 10


def test_an_unrealised_gain_is_split_the_same_way():
    position = Ledger().buy(3, 10, 100, **BOUGHT).book().positions[1]
    now = unrealised(position, D(120), D("0.95"))
    assert (now.value, now.cost, now.gain, now.price_part, now.currency_part) == (1140, 900, 240, 180, 60)


def test_a_falling_currency_can_eat_a_rising_price():
    position = Ledger().buy(3, 10, 100, **BOUGHT).book().positions[1]
    now = unrealised(position, D(110), D("0.80"))
    assert (now.gain, now.price_part, now.currency_part) == (-20, 90, -110)


def test_in_base_currency_all_of_a_gain_is_price():
    position = Ledger().buy(3, 3, "33.333333333333333333").book().positions[1]
    now = unrealised(position, D("41.000000000000000007"), D(1))
    assert (now.gain, now.currency_part) == (now.price_part, 0)
    assert now.gain == D("23.000000000000000022")  # 3 × 41.…07 − 99.…99


def test_parts_that_do_not_come_out_even_still_add_up_exactly():
    gain, price, currency = parts_of_gain(D("1.000000000000000001"), D("3"), D("0.7"), D("7.1"))
    assert price == D("1.366666666666666668")  # 7.1 × 1.000000000000000001 / 3 − 1.000000000000000001
    assert price + currency == gain == D("-0.300000000000000001")


def test_units_that_cost_nothing_have_only_a_price_part():
    position = Ledger().buy(3, 10, 0, **BOUGHT).book().positions[1]
    now = unrealised(position, D(5), D("0.9"))
    assert (now.gain, now.price_part, now.currency_part) == (45, 45, 0)


def test_a_value_is_rounded_to_eighteen_places_once():
    position = Ledger().buy(3, "0.000000000000000003", 0, gross=0).book().positions[1]
    assert unrealised(position, D("0.5"), D("0.7")).value == D("0.000000000000000001")  # 1.05e-18


def test_a_closed_position_is_worth_nothing():
    position = Ledger().buy(3, 1, 10).sell(4, 1, 11).book().positions[1]
    now = unrealised(position, D(99), D(1))
    assert (now.value, now.cost, now.gain) == (0, 0, 0)


def test_the_worth_of_a_book_adds_up_holdings_and_cash():
    book = Ledger().deposit(1, 2000, USD, "0.9").buy(3, 10, 100, **BOUGHT).buy(3, 1, 50, instrument=2).book()
    now = worth(book, {1: D(120), 2: D(40)}, {USD: D("0.95")})
    assert (now.value, now.cost, now.gain) == (2080, 1800, 280)  # 1140 + 40 + 950 − 50; 900 + 50 + 900 − 50
    assert now.price_part + now.currency_part == now.gain


def test_a_missing_price_or_rate_is_never_taken_as_nothing_or_one():
    book = Ledger().buy(3, 1, 100, local_currency=CHF).deposit(3, 100).book()
    with pytest.raises(KeyError):
        worth(book, {}, {CHF: D(1)})
    with pytest.raises(KeyError):
        worth(book, {1: D(1)}, {})
    assert worth(book, {1: D(1)}, {CHF: D("0.9")}).value == D("0.9")
    assert book.cash[EUR].amount == 0
