"""UK share matching where units cost nothing, become something else more than once, or are split before they are sold."""

from __future__ import annotations

from tests.ledger.build import USD, D, at, balance, leg
from tests.ledger.test_section104 import held, ledger, taken


def test_a_pool_that_cost_nothing_stays_when_a_sale_takes_what_was_bought_that_day():
    told = ledger().event("airdrop", "2024-01-08", instrument=1, quantity=10, gross=0).buy("2024-06-03", 4, 7).sell("2024-06-03", 4, 9)
    book = told.book()
    assert (taken(book), held(book)) == ([(2, 4, 28)], (10, 0))
    assert sum(lot.quantity for lot in book.positions[1].lots) == 10
    assert told.sell("2024-08-01", 10, 1).book().realised == 18


def test_units_that_cost_nothing_and_are_bought_for_a_sale_of_that_day_are_split_with_the_others():
    told = ledger().buy("2024-01-08", 5, 5).event("airdrop", "2024-06-03", instrument=1, quantity=10, gross=0, time=at("2024-06-03 09:00"))
    told.split("2024-06-03", 2, 1, time=at("2024-06-03 11:00"))
    assert held(told.book()) == (30, 25)
    book = told.sell("2024-06-03", 20, 4, time=at("2024-06-03 12:00")).book()
    assert (sum(cost for _, _, cost in taken(book)), held(book)) == (0, (10, 25))
    assert balance(book, {1: D(3)}, {}) == 0


def test_what_has_become_something_else_twice_is_matched_across_neither():
    became = {"instrument": 1, "legs": (leg(2, "1:1", 1),)}
    told = ledger().buy("2024-01-08", 10, 5).event("symbol_change", "2024-06-03", **became)
    told.buy("2024-06-04", 10, 6).sell("2024-06-05", 4, 9).event("symbol_change", "2024-06-06", **became).buy("2024-06-10", 4, 7)
    book = told.book()
    assert [(m.quantity, m.cost) for m in book.matches] == [(4, 24)]
    assert (held(book), held(book, 2)) == ((4, 28), (16, 86))


def test_a_reverse_split_between_a_sale_and_its_purchase_counts_in_units_of_the_sale():
    told = ledger().buy("2024-01-08", 40, 5).sell("2024-06-03", 20, 9).split("2024-06-05", 1, 4).buy("2024-06-10", 3, 30)
    book = told.book()
    assert (taken(book), held(book)) == ([(4, 12, 90), (None, 8, 40)], (8, 160))


def test_purchases_of_one_day_before_and_after_a_split_are_two():
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 6, 9).buy("2024-06-10", 2, 10, time=at("2024-06-10 09:00"))
    told.split("2024-06-10", 2, 1, time=at("2024-06-10 12:00")).buy("2024-06-10", 4, 6, time=at("2024-06-10 15:00"))
    book = told.book()
    assert (taken(book, 2), held(book)) == ([(3, 2, 20), (5, 2, 24), (None, 2, 10)], (16, 40))


def test_a_purchase_serves_several_sales_and_keeps_what_is_left():
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 2, 9).sell("2024-06-04", 3, 9).buy("2024-06-10", 7, 0, gross="10")
    book = told.book()
    shares = [cost for _, _, cost in taken(book)]
    assert shares == [D("2.857142857142857143"), D("4.285714285714285714")]  # 2/7 of 10, 3/5 of what is left
    assert held(book) == (12, 60 - sum(shares))


def test_what_lowers_the_cost_between_a_sale_and_its_purchase_lowers_it_in_the_currency_of_the_quote_as_well():
    dollars = {"currency": USD, "fx": "0.5"}
    told = ledger(dividend_treatment="reduce_cost").buy("2024-01-08", 10, 5, **dollars).sell("2024-06-03", 4, 9, **dollars)
    told.dividend("2024-06-05", 6, **dollars).buy("2024-06-10", 4, 7, **dollars)
    position = told.book().positions[1]
    assert (position.quantity, position.cost, position.cost_local) == (10, 22, 44)


def test_what_is_shown_between_a_purchase_and_the_sale_it_is_for_has_both_costs():
    dollars = {"currency": USD, "fx": "0.5"}
    told = ledger().buy("2024-01-08", 5, 4, **dollars).buy("2024-06-03", 10, 7, time=at("2024-06-03 09:00"), **dollars)
    told.split("2024-06-03", 2, 1, time=at("2024-06-03 11:00"), **dollars)
    told.event("spin_off", "2024-06-03", instrument=1, legs=(leg(2, "1:1", "0.5", currency=USD),), time=at("2024-06-03 11:30"), **dollars)
    book = told.sell("2024-06-03", 20, 4, time=at("2024-06-03 12:00"), **dollars).book()
    there = book.positions[2]
    assert (there.quantity, there.cost, there.cost_local) == (30, D("22.5"), 45)
    assert sum(m.cost_local for m in book.matches) + book.positions[1].cost_local == 45
