"""Rates of purchase and sale where one of them is 1, contexts of callers, and costs in currencies of their own."""

from __future__ import annotations

from decimal import localcontext

import pytest

from portfolios.errors import RateMismatch
from portfolios.ledger.events import in_ledger_order
from portfolios.ledger.gains import Unrealised, parts_of_gain, unrealised, unrealised_cash
from portfolios.ledger.records import CashStep, Flow, Posting
from tests.ledger.build import CHF, EUR, GBP, USD, D, Ledger, day
from tests.ledger.test_refusals import refusal

# ── gains ───────────────────────────────────────────────────────────────────


def test_what_was_bought_at_par_and_is_sold_at_another_rate_has_a_currency_part():
    assert parts_of_gain(D(100), D(100), D(90), D(120)) == (-10, 20, -30)


def test_what_was_bought_at_another_rate_and_is_sold_at_par_has_a_currency_part():
    assert parts_of_gain(D(90), D(100), D(120), D(120)) == (30, 18, 12)


def test_a_narrow_context_of_the_caller_does_not_round_an_open_gain():
    ledger = Ledger().deposit(1, "333.333333333333333333", USD, "0.9").buy(3, "1.000000000000000001", 0, gross="33.333333333333333333")
    book = ledger.book()
    with localcontext() as narrow:
        narrow.prec = 6
        held = unrealised(book.positions[1], D("41.000000000000000007"), D(1))
        cash = unrealised_cash(book.cash[USD], D("0.96"))
    assert held.value == D("41.000000000000000048") and held.gain == held.value - D("33.333333333333333333")
    assert cash == Unrealised(D("320.000000000000000000"), D("300"), D("20"), D(0), D("20"))


# ── the order of two ────────────────────────────────────────────────────────


def test_two_entries_of_one_day_go_by_their_kinds_whatever_the_order_of_entry():
    ledger = Ledger().sell(3, 1, 10).buy(3, 1, 10)
    assert [event.kind for event in in_ledger_order(ledger.events)] == ["buy", "sell"]
    assert ledger.book().positions[1].quantity == 0


# ── costs ───────────────────────────────────────────────────────────────────


def test_money_in_base_currency_has_no_other_rate_than_one_even_where_only_its_costs_count():
    refusal(RateMismatch, Ledger(tracks_cash=False).deposit(3, 100, EUR, "0.9", fees=1))
    refusal(RateMismatch, Ledger(tracks_cash=False).withdraw(3, 100, EUR, "0.9"))


def test_the_rate_of_what_is_given_in_base_currency_is_one():
    exchange = {"given": 100, "given_currency": EUR, "given_rate": "0.9", "amount": 110}
    error = refusal(RateMismatch, Ledger().event("fx_exchange", 3, USD, "0.8", **exchange))
    assert error.data == {"date": day(3), "event_id": 1, "instrument": None}
    assert str(error) == (
        "The entry of 3 Jun 2024 is in EUR, the portfolio's own currency, at a rate of 0.9. Leave the rate out, or correct the currency."
    )


def test_fees_and_taxes_of_an_exchange_are_told_apart():
    exchange = {"given": 100, "given_currency": CHF, "given_rate": "1.1", "amount": 120, "fees": 2, "taxes": 3}
    book = Ledger().event("fx_exchange", 3, USD, "0.9", **exchange).book()
    assert book.postings == (
        Posting(day(3), None, "expense", "fee", D("2.2"), 1),
        Posting(day(3), None, "expense", "tax", D("3.3"), 1),
    )
    assert book.cash_steps == (CashStep(day(3), CHF, D(-105)), CashStep(day(3), USD, D(120)))
    assert (book.cash[CHF].cost, book.cash[USD].cost, book.expenses) == (D("-115.5"), 110, D("5.5"))


def test_costs_whose_own_currency_is_the_settlement_currency_are_paid_along_in_one_payment():
    book = Ledger().event("dividend", 5, USD, "0.9", instrument=1, gross=100, taxes=15, costs_currency=USD, costs_rate="0.9").book()
    assert book.cash_steps == (CashStep(day(5), USD, D(85)),)


def test_costs_in_a_currency_of_their_own_are_a_payment_of_their_own():
    book = Ledger().event("dividend", 5, USD, "0.9", instrument=1, gross=100, taxes=15, costs_currency=CHF, costs_rate="1.1").book()
    assert book.cash_steps == (CashStep(day(5), USD, D(100)), CashStep(day(5), CHF, D(-15)))
    none = Ledger().event("dividend", 5, USD, "0.9", instrument=1, gross=100, costs_currency=CHF, costs_rate="1.1").book()
    assert none.cash_steps == (CashStep(day(5), USD, D(100)),)


def test_all_that_a_trade_moves_is_one_flow_where_cash_is_not_tracked_also_costs_in_another_currency():
    ledger = Ledger(tracks_cash=False).buy(3, 10, 10, currency=USD, fx="0.5", fees=2, costs_currency=CHF, costs_rate="1.5")
    assert ledger.book().flows == (Flow(day(3), D(53), 1, 1, D(10)),)


def test_what_is_worth_nothing_in_settlement_currency_is_quoted_at_its_price():
    ledger = Ledger().buy(3, 2, 7, gross=0, currency=USD, fx="0.5", local_currency=GBP, fees=3, costs_currency=CHF, costs_rate=2)
    position = ledger.book().positions[1]
    assert (position.cost, position.cost_local) == (6, 14)


@pytest.mark.parametrize("kind", ["interest", "fee", "tax"])
def test_money_for_an_instrument_touches_it_and_is_a_flow_of_it_where_cash_is_not_tracked(kind):
    book = Ledger(tracks_cash=False).event(kind, 5, instrument=7, amount=10).book()
    position = book.positions[7]
    assert (position.opened_on, position.changed_on, position.quantity) == (day(5), day(5), 0)
    amount = D(-10) if kind == "interest" else D(10)
    assert book.flows == (Flow(day(5), amount, 1, 7, None),)
    assert (position.income, position.expenses) == ((10, 0) if kind == "interest" else (0, 10))


def test_tax_withheld_from_interest_of_an_instrument_is_its_expense():
    book = Ledger().event("interest", 5, instrument=7, amount=10, taxes=3, fees=1).book()
    assert (book.positions[7].income, book.positions[7].expenses, book.cash[EUR].amount) == (10, 4, 6)
    assert book.postings == (
        Posting(day(5), 7, "income", "interest", D(10), 1),
        Posting(day(5), 7, "expense", "fee", D(1), 1),
        Posting(day(5), 7, "expense", "tax", D(3), 1),
    )
