"""What holdings bring, money by itself, and what is corrected: in numbers that can be checked by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolios.errors import QuantityNotPositive, RateMismatch
from portfolios.ledger.records import Flow, Posting
from tests.ledger.build import CHF, EUR, USD, D, Ledger, balance, day
from tests.ledger.test_corporate import EVERY, lots
from tests.ledger.test_refusals import refusal

# ── dividends and coupons ───────────────────────────────────────────────────


def test_a_coupon_is_income_also_where_dividends_lower_the_cost():
    book = Ledger(dividend_treatment="reduce_cost").buy(3, 10, 100).event("coupon", 5, instrument=1, gross=20, taxes=5).book()
    assert (book.income, book.expenses, book.positions[1].cost) == (20, 5, 1000)
    assert book.postings[0] == Posting(day(5), 1, "income", "coupon", D(20), 2)


def test_the_tax_of_a_dividend_may_be_paid_in_a_currency_of_its_own():
    ledger = Ledger().buy(3, 10, 100).event("dividend", 5, USD, "0.9", instrument=1, gross=100, taxes=15, costs_currency=CHF, costs_rate="1.1")
    book = ledger.book()
    assert (book.income, book.expenses) == (90, D("16.5"))
    assert (book.cash[USD].amount, book.cash[CHF].amount, book.cash[CHF].cost) == (100, -15, D("-16.5"))


@pytest.mark.parametrize("treatment", ["income", "reduce_cost"])
def test_who_is_short_pays_the_dividend(treatment):
    ledger = Ledger(allows_short=True, dividend_treatment=treatment).trade("short_sell", 3, 10, 100).event("dividend", 5, instrument=1, gross=-20)
    book = ledger.book()
    assert (book.income, book.positions[1].cost, book.cash[EUR].amount) == (-20, -1000, 980)


def test_costs_of_a_dividend_in_base_currency_have_no_other_rate_than_one():
    fields = {"instrument": 1, "gross": 100, "taxes": 15, "costs_currency": EUR, "costs_rate": "1.1"}
    refusal(RateMismatch, Ledger().event("dividend", 5, USD, "0.9", **fields))


# ── reinvestment ────────────────────────────────────────────────────────────


@EVERY
def test_a_dividend_that_is_reinvested_is_income_and_buys_units_without_any_cash(method):
    ledger = Ledger(method=method).buy(3, 10, 100).event("reinvestment", 5, instrument=1, gross=60, taxes=9, fees=1, quantity="0.5")
    book = ledger.book()
    assert (book.income, book.expenses, book.flows, book.cash[EUR].amount) == (60, 10, (), -1000)
    assert (book.positions[1].quantity, book.positions[1].cost) == (D("10.5"), 1050)


def test_what_was_reinvested_is_a_lot_of_its_own():
    ledger = Ledger(method="fifo").buy(3, 10, 100).event("reinvestment", 5, instrument=1, gross=60, taxes=10, quantity="0.5")
    assert lots(ledger.book()) == [(1, day(3), 10, 1000), (2, day(5), D("0.5"), 50)]


def test_a_reinvested_dividend_may_lower_the_cost_of_what_was_held():
    ledger = (
        Ledger(method="fifo", dividend_treatment="reduce_cost").buy(3, 10, 100).event("reinvestment", 5, instrument=1, gross=60, taxes=10, quantity=1)
    )
    book = ledger.book()
    assert (lots(book), book.income, book.expenses) == ([(1, day(3), 10, 940), (2, day(5), 1, 50)], 0, 10)


def test_a_reinvestment_is_no_flow_without_cash_tracking():
    book = Ledger(tracks_cash=False).buy(3, 10, 100).event("reinvestment", 5, instrument=1, gross=60, quantity=1).book()
    assert [flow.event_id for flow in book.flows] == [1]
    assert balance(book, {1: D(90)}, {}) == 0


def test_what_was_reinvested_in_another_currency_has_its_cost_in_both():
    ledger = Ledger(method="fifo").buy(3, 10, 100, currency=USD, fx="0.9")
    book = ledger.event("reinvestment", 5, USD, "0.8", instrument=1, gross=60, taxes=10, quantity=1).book()
    assert (book.positions[1].lots[1].cost, book.positions[1].lots[1].cost_local, book.income) == (40, 50, 48)


# ── units that arrive as income ─────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["staking_reward", "airdrop"])
def test_units_that_are_a_reward_are_income_and_cost_what_they_were_worth(kind):
    book = Ledger(method="fifo").buy(3, 1, 100).event(kind, 5, instrument=1, quantity="0.1", gross=12, fees=1).book()
    assert lots(book) == [(1, day(3), 1, 100), (2, day(5), D("0.1"), 12)]
    assert (book.income, book.expenses, book.flows, book.cash[EUR].amount) == (12, 1, (), -101)
    assert book.postings[0] == Posting(day(5), 1, "income", kind, D(12), 2)


def test_a_reward_is_no_flow_but_its_costs_are_where_cash_is_not_tracked():
    book = Ledger(tracks_cash=False).event("airdrop", 5, instrument=1, quantity=10, gross=0, fees=1).book()
    assert book.flows == (Flow(day(5), D(1), 1, 1, None),)
    assert (book.positions[1].cost, book.positions[1].quantity, book.steps[0].quantity_after) == (0, 10, 10)


@pytest.mark.parametrize("kind", ["staking_reward", "airdrop", "reinvestment"])
def test_a_reward_of_no_units_is_refused(kind):
    more = {"local_price": 1, "local_currency": EUR, "gross": 1, "quantity": 0}
    ledger = Ledger()
    ledger.events.append(_event(ledger, kind, more))
    refusal(QuantityNotPositive, ledger)


def _event(ledger, kind, fields):
    from portfolios.ledger.events import EVENT_TYPES

    numbers = {name: Decimal(value) if isinstance(value, int) else value for name, value in fields.items()}
    return EVENT_TYPES[kind](id=1, sequence=1, day=day(5), currency=EUR, instrument=1, **numbers)


# ── bonds ───────────────────────────────────────────────────────────────────


def test_accrued_interest_is_income_below_zero_and_no_cost():
    book = Ledger().trade("buy", 3, 1000, "0.98", accrued=12, fees=5).event("coupon", 5, instrument=1, gross=40).book()
    assert (book.positions[1].cost, book.income, book.cash[EUR].amount) == (985, 28, -957)


def test_accrued_interest_of_a_sale_is_income_and_no_proceeds():
    book = Ledger().buy(3, 1000, 1).trade("sell", 5, 1000, "1.01", accrued=7, fees=5).book()
    assert (book.realised, book.income, book.cash[EUR].amount) == (5, 7, 12)


def test_a_bond_is_redeemed_at_par():
    book = Ledger(method="fifo").buy(3, 1000, "0.98").trade("redemption", 5, 1000, 1).book()
    assert (book.realised, book.positions[1].quantity, book.postings[0].source) == (20, 0, "redemption")


# ── currency exchange ───────────────────────────────────────────────────────


def test_one_currency_is_given_for_another():
    ledger = Ledger().deposit(3, 1000).event("fx_exchange", 4, USD, "0.9", amount=1000, given=920, given_currency=EUR, fees=2)
    book = ledger.book()
    assert (book.cash[EUR].amount, book.cash[USD].amount, book.cash[USD].cost) == (78, 1000, 920)  # what was given, not a rate of the day
    assert (book.expenses, book.realised, book.net_flows) == (2, 0, 1000)


def test_a_currency_that_is_given_back_realises_its_gain():
    ledger = Ledger().deposit(3, 1000, USD, "0.9").event("fx_exchange", 4, EUR, amount=480, given=500, given_currency=USD, given_rate="0.95")
    book = ledger.book()
    assert (book.cash[USD].amount, book.cash[EUR].amount, book.realised) == (500, 480, 30)


def test_between_two_foreign_currencies_what_was_given_says_what_it_was_worth():
    ledger = Ledger().deposit(3, 1000, USD, "0.9").event("fx_exchange", 4, CHF, "1.2", amount=400, given=500, given_currency=USD, given_rate="0.94")
    book = ledger.book()
    assert (book.cash[CHF].amount, book.cash[CHF].cost, book.realised) == (400, 470, 20)


def test_an_exchange_without_cash_tracking_is_its_costs():
    ledger = Ledger(tracks_cash=False).event("fx_exchange", 4, USD, "0.9", amount=1000, given=920, given_currency=EUR, fees=2)
    assert (ledger.book().expenses, ledger.book().net_flows, ledger.book().cash) == (2, 2, {})


# ── corrections ─────────────────────────────────────────────────────────────


@pytest.mark.parametrize("amount", [5, -5])
def test_a_balance_is_put_right_by_money_from_outside_or_to_it(amount):
    book = Ledger().deposit(3, 100).event("adjustment_of_cash", 4, amount=amount).book()
    assert (book.cash[EUR].amount, book.net_flows, book.realised, book.income) == (100 + amount, 100 + amount, 0, 0)


def test_units_that_were_found_come_at_their_cost_and_units_that_were_missing_leave_at_theirs():
    ledger = Ledger(method="fifo").buy(3, 10, 5)
    ledger.event("adjustment_in", 4, instrument=1, quantity=2, gross=8, local_price=4, local_currency=EUR)
    ledger.event("adjustment_out", 5, instrument=1, quantity=11)
    book = ledger.book()
    assert (lots(book), book.realised) == ([(2, day(4), 1, 4)], 0)
    assert [flow.amount for flow in book.flows] == [8, -54]
