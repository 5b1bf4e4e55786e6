"""Cash of another currency: a pooled balance with a cost, whose gain is realised when it is spent."""

from __future__ import annotations

import pytest

from portfolios.ledger.gains import unrealised_cash
from tests.ledger.build import EUR, USD, D, Ledger, balance


def test_money_that_is_spent_takes_its_share_of_the_pooled_cost_along():
    book = Ledger().deposit(1, 1000, USD, "0.90").deposit(2, 1000, USD, "0.94").buy(3, 5, 100, currency=USD, fx="0.95").book()
    pool = book.cash[USD]
    assert (pool.amount, pool.cost, pool.realised) == (1500, 1380, 15)  # 500 × (900 + 940)/2000 = 460; worth 475
    assert (book.positions[1].cost, book.realised) == (475, 15)
    assert [(p.kind, p.source, p.instrument, p.amount) for p in book.postings] == [("realised", "currency", None, 15)]


def test_what_stays_has_an_open_currency_gain():
    pool = Ledger().deposit(1, 1000, USD, "0.90").book().cash[USD]
    now = unrealised_cash(pool, D("0.96"))
    assert (now.value, now.cost, now.gain, now.price_part, now.currency_part) == (960, 900, 60, 0, 60)


def test_base_currency_costs_what_it_is_and_gains_nothing():
    book = Ledger().deposit(1, "100.01").withdraw(2, "33.33").buy(3, 1, "99.99").book()
    assert (book.cash[EUR].amount, book.cash[EUR].cost, book.realised) == (D("-33.31"), D("-33.31"), 0)


def test_a_debt_that_is_paid_back_at_a_worse_rate_is_a_loss():
    book = Ledger().buy(1, 1, 100, currency=USD, fx="0.90").deposit(2, 100, USD, "0.95").book()
    assert (book.cash[USD].amount, book.cash[USD].cost, book.realised) == (0, 0, -5)
    assert balance(book, {1: D(100)}, {USD: D("0.97")}) == 0


def test_a_debt_has_an_open_currency_gain_too():
    pool = Ledger().buy(1, 1, 100, currency=USD, fx="0.90").book().cash[USD]
    assert (pool.amount, pool.cost) == (-100, -90)
    assert unrealised_cash(pool, D("0.80")).gain == 10


def test_a_payment_through_zero_closes_the_balance_and_opens_a_debt_with_the_rest():
    book = Ledger().deposit(1, 100, USD, "0.90").buy(2, 1, 150, currency=USD, fx="0.95").book()
    assert (book.cash[USD].amount, book.cash[USD].cost, book.realised) == (-50, D("-47.5"), 5)  # 95 − 90; 50 × 0.95
    back = Ledger().buy(1, 1, 100, currency=USD, fx="0.90").deposit(2, 150, USD, "0.95").book()
    assert (back.cash[USD].amount, back.cash[USD].cost, back.realised) == (50, D("47.5"), -5)


def test_exchanging_a_salary_through_two_currencies_ends_at_exactly_nothing():
    book = (
        Ledger().deposit(1, 10, USD, "0.333333333333333333").withdraw(2, 3, USD, "0.9").withdraw(3, 3, USD, "0.8").withdraw(4, 4, USD, "0.7").book()
    )
    assert (book.cash[USD].amount, book.cash[USD].cost) == (0, 0)
    assert book.realised == D("7.9") - D("3.33333333333333333")  # 2.7 + 2.4 + 2.8 paid out, 3.33… paid in


def test_halves_that_rounding_leaves_of_parts_that_cancel_out_are_not_lost():
    rate = "0.499999999999999999"
    book = Ledger().buy(1, 1, 1).sell(2, 1, 3, fees=1, taxes=2, currency=USD, fx=rate, local_currency=EUR).book()
    assert book.cash[USD].amount == 0 == book.cash[USD].cost
    assert balance(book, {}, {}) == 0
    tiny = (
        Ledger()
        .buy(1, 1, 1)
        .sell(
            2,
            1,
            3,
            gross="0.000000000000000003",
            fees="0.000000000000000001",
            taxes="0.000000000000000002",
            currency=USD,
            fx="0.5",
            local_currency=EUR,
        )
    )
    assert tiny.book().cash[USD].cost == 0
    assert balance(tiny.book(), {}, {}) == 0


@pytest.mark.parametrize("tracks_cash", [True, False])
def test_a_sale_whose_costs_exceed_it_is_a_payment(tracks_cash):
    book = Ledger(tracks_cash=tracks_cash).buy(1, 1, 10, currency=USD, fx="0.9").sell(2, 1, 1, fees=4, currency=USD, fx="0.8").book()
    assert book.matches[0].proceeds == D("-2.4")
    assert balance(book, {}, {USD: D("0.7")}) == 0
