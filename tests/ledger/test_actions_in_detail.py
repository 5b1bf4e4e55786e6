"""Corporate actions where it takes more to go wrong: other currencies, what is short, what happened before, cash from outside."""

from __future__ import annotations

import pytest

from portfolios.ledger.events import Arriving
from portfolios.ledger.records import CashStep, Flow, Match, QuantityStep
from tests.ledger.build import CHF, EUR, USD, D, Ledger, balance, day, leg
from tests.ledger.test_corporate import lots


def owing(**rules):
    """Ten units of instrument 1 at 100 are owed since the third; two of instrument 9 were bought and sold before."""
    ledger = Ledger(method="fifo", allows_short=True, **rules).buy(1, 2, 10, instrument=9).sell(2, 2, 11, instrument=9)
    return ledger.trade("short_sell", 3, 10, 100)


# ── stock dividends ─────────────────────────────────────────────────────────


def test_a_stock_dividend_in_the_currency_of_the_quote_costs_what_it_was_worth_there():
    ledger = Ledger(method="fifo").buy(3, 10, 10, currency=USD, fx="0.5").event("stock_dividend", 5, USD, "0.9", instrument=1, quantity=1, gross=30)
    assert ledger.book().positions[1].lots[-1][2:] == (1, 27, 30)


def test_who_owes_a_taxed_stock_dividend_owes_more_units_from_that_day_on():
    book = owing().event("stock_dividend", 5, instrument=1, quantity=1, gross=90).book()
    assert book.steps == (
        QuantityStep(day(1), 9, D(2)),
        QuantityStep(day(2), 9, D(0)),
        QuantityStep(day(3), 1, D(-10)),
        QuantityStep(day(5), 1, D(-11)),
    )
    assert book.positions[1].opened_on == day(3)


# ── capital that is paid back ───────────────────────────────────────────────


@pytest.mark.parametrize(
    ("quoted", "paid", "proceeds"),
    [
        ({}, {}, [(5, 5), (15, 15)]),
        ({}, {"currency": USD, "fx": "1.5"}, [("12.5", "12.5"), ("37.5", "37.5")]),
        ({"currency": USD, "fx": "0.5"}, {"currency": USD, "fx": "0.8"}, [(7, "8.75"), (21, "26.25")]),
        ({"currency": USD, "fx": "0.5"}, {"currency": CHF, "fx": "0.8"}, [(7, 0), (21, 0)]),
    ],
)
def test_capital_beyond_the_cost_is_proceeds_in_base_and_in_the_currency_of_the_quote(quoted, paid, proceeds):
    ledger = Ledger(method="fifo").buy(3, 10, 1, **quoted).buy(4, 30, 1, **quoted)
    book = ledger.event("return_of_capital", 5, instrument=1, amount=60, **paid).book()
    assert [(m.proceeds, m.proceeds_local) for m in book.matches] == [(D(base), D(local)) for base, local in proceeds]
    assert [(m.buy_id, m.opened_on, m.quantity, m.cost, m.cost_local) for m in book.matches] == [(1, day(3), 0, 0, 0), (2, day(4), 0, 0, 0)]
    assert (book.positions[1].cost, book.positions[1].cost_local) == (0, 0)


def test_capital_beyond_the_cost_of_a_pool_names_no_purchase():
    (match,) = Ledger(method="average").buy(3, 10, 1).event("return_of_capital", 5, instrument=1, amount=30).book().matches
    assert (match.buy_id, match.opened_on, match.proceeds) == (None, day(3), 20)


def test_capital_beyond_what_a_short_sale_brought_is_a_loss_that_cost_it():
    book = owing().event("return_of_capital", 5, instrument=1, amount=1030).book()
    assert book.matches[-1] == Match(4, 3, 1, day(3), day(5), D(0), D(30), D(30), D(0), D(0), D(-30), D(-30), D(0))
    assert len(book.matches) == 2 and balance(book, {1: D(7)}, {}) == 0


def test_capital_from_outside_is_a_flow_of_the_instrument():
    ledger = Ledger(tracks_cash=False).buy(3, 10, 10).event("return_of_capital", 5, instrument=1, amount=30, fees=1)
    assert ledger.book().flows[1:] == (Flow(day(5), D(-29), 2, 1, None),)


def test_income_that_is_taken_back_raises_a_cost_that_was_nothing():
    ledger = Ledger(dividend_treatment="reduce_cost").event("airdrop", 3, instrument=1, quantity=10, gross=0)
    position = ledger.dividend(5, -20).book().positions[1]
    assert (position.cost, position.cost_local, position.income) == (20, 20, 0)
    back = Ledger().event("airdrop", 3, instrument=1, quantity=10, gross=0).event("return_of_capital", 5, instrument=1, amount=-20).book()
    assert (back.positions[1].cost, back.positions[1].cost_local, back.cash[EUR].amount) == (20, 20, -20)


# ── fractions ───────────────────────────────────────────────────────────────


def test_who_is_short_pays_for_the_fraction_of_a_split_and_no_other_sale_is_forgotten():
    book = owing().split(5, 1, 4, fraction="0.5", cash=210).book()
    assert book.matches[0].instrument == 9
    assert book.matches[1] == Match(4, 3, 1, day(3), day(5), D("0.5"), D(210), D(210), D(200), D(200), D(-10), D(-10), D(0))
    assert (book.positions[1].quantity, book.cash[EUR].amount) == (-2, 792)


def test_a_fraction_that_was_short_in_another_currency_has_both_costs():
    ledger = Ledger(method="fifo", allows_short=True).trade("short_sell", 3, 10, 100, currency=USD, fx="0.5")
    book = ledger.split(5, 1, 4, fraction="0.5", cash=210, currency=USD, fx="0.6").book()
    (match,) = book.matches
    assert (match.cost, match.cost_local, match.proceeds, match.proceeds_local) == (126, 210, 100, 200)
    assert (match.gain, match.price_part, match.currency_part, book.realised) == (-26, -5, -21, -5)  # and 21 on the cash


def test_the_cash_for_a_fraction_from_outside_is_a_flow_of_what_was_given_up():
    ledger = Ledger(tracks_cash=False).buy(3, 10, 100)
    assert ledger.split(5, 1, 4, fraction="0.5", cash=210).book().flows[1:] == (Flow(day(5), D(-210), 2, 1, None),)
    spun = Ledger(tracks_cash=False).buy(3, 10, 100).event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.1", fraction="0.5", cash=25),))
    assert spun.book().flows[1:] == (Flow(day(5), D(-25), 2, 2, None),)


# ── reorganisations ─────────────────────────────────────────────────────────


def test_a_spin_off_that_names_nothing_changes_nothing():
    book = Ledger(method="fifo").buy(3, 10, 30).event("spin_off", 5, instrument=1).book()
    assert (lots(book), book.matches, book.realised, book.positions[1].changed_on) == ([(1, day(3), 10, 300)], (), 0, day(5))


def test_money_that_who_is_short_receives_on_top_joins_what_the_new_units_brought():
    book = owing().event("merger", 5, instrument=1, legs=(leg(2, "1:1", 1),), cash=40).book()
    assert (book.positions[2].quantity, book.positions[2].cost, book.realised) == (-10, -1040, 2)
    assert (book.cash[EUR].amount, balance(book, {2: D(9)}, {})) == (1042, 0)


def test_cash_that_who_is_short_pays_for_a_share_of_the_cost_is_a_cover_of_it():
    ledger = Ledger(method="fifo", allows_short=True).trade("short_sell", 3, 10, 100, currency=USD, fx="0.5")
    book = ledger.event("merger", 5, USD, "0.6", instrument=1, cash=-900, cash_share=1).book()
    (match,) = book.matches
    assert (match.quantity, match.cost, match.cost_local, match.proceeds, match.proceeds_local) == (10, 540, 900, 500, 1000)
    assert (match.gain, match.price_part, match.currency_part) == (-40, 50, -90)


def test_money_paid_on_top_where_no_leg_has_a_share_belongs_to_the_last():
    ledger = Ledger(method="fifo").buy(3, 10, 10)
    book = ledger.event("spin_off", 5, instrument=1, legs=(leg(2, "1:1", 0), leg(3, "1:1", 0)), cash=-8).book()
    assert [book.positions[n].cost for n in (1, 2, 3)] == [100, 0, 8]


def test_shares_that_do_not_come_out_even_leave_the_rest_to_whoever_brings_them_to_one():
    ledger = Ledger(method="fifo").buy(3, 3, 0, gross="0.000000000000000005")
    book = ledger.event("merger", 5, instrument=1, legs=(leg(2, "1:1", "0.5"), leg(3, "1:1", "0.5"))).book()
    assert [book.positions[n].cost for n in (2, 3)] == [D("0.000000000000000002"), D("0.000000000000000003")]  # half to even, and the rest


def test_what_is_owed_of_a_leg_is_taken_from_what_is_held_lot_by_lot():
    ledger = owing().trade("short_sell", 4, 10, 60).buy(4, 12, 20, instrument=2)
    book = ledger.event("spin_off", 5, instrument=1, legs=(leg(2, "1:1", "0.5"),)).book()
    assert [(m.instrument, m.buy_id, m.quantity, m.cost, m.proceeds) for m in book.matches[1:]] == [(2, 5, 10, 200, 500), (2, 5, 2, 40, 60)]
    assert lots(book, 2) == [(4, day(4), -8, -240)]
    assert [step for step in book.steps if step.instrument == 2][-1] == QuantityStep(day(5), 2, D(-8))
    assert balance(book, {1: D(50), 2: D(21)}, {}) == 0


def test_cash_of_a_spin_off_is_shared_among_the_lots_by_their_units_in_both_currencies():
    ledger = Ledger(method="fifo").buy(3, 1, 100, currency=USD, fx="0.5").buy(4, 3, 100, currency=USD, fx="0.5")
    book = ledger.event("spin_off", 5, USD, "0.6", instrument=1, legs=(leg(2, "1:1", "0.1", currency=USD),), cash=80, cash_share="0.2", fees=3).book()
    assert [(m.buy_id, m.quantity, m.cost, m.cost_local, m.proceeds, m.proceeds_local) for m in book.matches] == [
        (1, 0, 10, 20, 12, 20),
        (2, 0, 30, 60, 36, 60),
    ]
    assert (book.positions[1].expenses, book.cash_steps[-1]) == (D("1.8"), CashStep(day(5), USD, D(-323)))


def test_a_fraction_of_a_leg_that_is_owed_is_paid_by_who_is_short():
    book = owing().event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.2", fraction="0.5", cash=50),)).book()
    assert book.matches[-1] == Match(4, 3, 2, day(3), day(5), D("0.5"), D(50), D(50), D(40), D(40), D(-10), D(-10), D(0))
    assert (lots(book, 2), book.cash[EUR].amount) == ([(3, day(3), -2, -160)], 952)


@pytest.mark.parametrize(("method", "origin"), [("average", None), ("fifo", 1)])
def test_cash_of_a_spin_off_names_the_lot_and_its_date_and_under_a_pool_the_date_alone(method, origin):
    ledger = Ledger(method=method).buy(3, 10, 10).event("spin_off", 5, instrument=1, legs=(leg(2, "1:1", "0.5"),), cash=30, cash_share="0.2")
    (match,) = ledger.book().matches
    assert (match.buy_id, match.opened_on, match.closed_on) == (origin, day(3), day(5))


def test_what_is_owed_of_a_leg_is_shared_between_what_is_held_and_what_is_short_in_both_currencies():
    dollars = {"currency": USD, "fx": "0.5"}
    ledger = Ledger(method="fifo", allows_short=True).trade("short_sell", 3, 10, 100, **dollars).buy(4, 4, 20, instrument=2, **dollars)
    book = ledger.event("spin_off", 5, instrument=1, legs=(leg(2, "1:1", "0.5", currency=USD),)).book()
    (match,) = book.matches
    assert (match.quantity, match.cost, match.cost_local, match.proceeds, match.proceeds_local) == (4, 40, 80, 100, 200)
    assert book.positions[2].lots[0][2:] == (-6, -150, -300)
    assert book.steps == (
        QuantityStep(day(3), 1, D(-10)),
        QuantityStep(day(4), 2, D(4)),
        QuantityStep(day(5), 2, D(0)),
        QuantityStep(day(5), 2, D(-6)),
    )


def test_lots_that_arrive_cover_one_after_the_other_and_the_rest_is_held():
    arriving = tuple(Arriving(day(number), D(2), D(cost), D(cost)) for number, cost in ((1, 10), (2, 14), (3, 16)))
    ledger = Ledger(method="fifo", allows_short=True).sell(4, 3, 10).transfer_in(5, 6, 0, gross=40, lots=arriving)
    book = ledger.book()
    assert [(m.quantity, m.cost, m.proceeds) for m in book.matches] == [(2, 10, 20), (1, 7, 10)]
    assert lots(book) == [(2, day(2), 1, 7), (2, day(3), 2, 16)]
