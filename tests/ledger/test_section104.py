"""UK share matching beyond the published examples: what comes between a sale and its purchase, and what is never matched."""

from __future__ import annotations

import pytest

from portfolios.errors import Oversold
from portfolios.ledger.replay import replay
from tests.ledger.build import D, Ledger, at, balance, day, leg
from tests.ledger.test_refusals import refusal


def ledger(**rules):
    return Ledger(method="section104", **rules)


def taken(book, sale=None):
    return [(m.buy_id, m.quantity, m.cost) for m in book.matches if sale in (None, m.sale_id)]


def held(book, instrument=1):
    return book.positions[instrument].quantity, book.positions[instrument].cost


def test_a_match_names_the_purchase_and_its_day_and_the_pool_names_none():
    book = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).buy("2024-06-10", 3, 7).book()
    first, second = book.matches
    assert (first.buy_id, first.opened_on, first.closed_on) == (3, day("2024-06-10"), day("2024-06-03"))
    assert (second.buy_id, second.opened_on) == (None, day("2024-01-08"))


def test_the_gain_is_booked_on_the_day_of_the_sale():
    book = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).buy("2024-06-10", 4, 7).book()
    assert [(posting.day, posting.amount) for posting in book.postings] == [(day("2024-06-03"), 8)]


def test_as_of_a_day_in_between_the_sale_is_out_of_the_pool():
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9)
    assert taken(told.book()) == [(None, 4, 20)]
    assert taken(told.buy("2024-06-10", 4, 7).book()) == [(3, 4, 28)]


def test_earlier_sales_go_first_and_take_the_earliest_purchases():
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).sell("2024-06-04", 4, 9).buy("2024-06-10", 5, 7).buy("2024-06-11", 2, 8)
    book = told.book()
    assert taken(book, 2) == [(4, 4, 28)]
    assert taken(book, 3) == [(4, 1, 7), (5, 2, 16), (None, 1, 5)]
    assert held(book) == (9, 45)


def test_a_sale_of_the_same_day_goes_before_one_of_an_earlier_day():
    book = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).buy("2024-06-10", 3, 7).sell("2024-06-10", 3, 9).book()
    assert taken(book, 2) == [(None, 4, 20)]
    assert taken(book, 4) == [(3, 3, 21)]


def test_two_purchases_of_a_day_are_one_each_gives_its_part():
    book = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).buy("2024-06-10", 6, 6).buy("2024-06-10", 2, 10).book()
    assert taken(book) == [(3, 3, 18), (4, 1, 10)]
    assert held(book) == (14, 78)


def test_a_split_in_between_is_counted_in_units_of_the_sale():
    book = ledger().buy("2024-01-08", 10, 6).sell("2024-06-03", 4, 9).split("2024-06-05", 3, 1).buy("2024-06-10", 9, 2).book()
    assert taken(book) == [(4, 3, 18), (None, 1, 6)]
    assert held(book) == (27, 54)


@pytest.mark.parametrize("fraction", [False, True])
def test_a_split_with_a_fraction_in_cash_in_between_counts_by_its_ratio(fraction):
    more = {"fraction": "0.5", "cash": 3} if fraction else {}
    told = ledger().buy("2024-01-08", 11, 6).sell("2024-06-03", 4, 9).split("2024-06-05", 3, 2, **more).buy("2024-06-10", 6, 4)
    assert taken(told.book(), 2) == [(4, 4, 24)]


def test_what_was_sold_ahead_is_not_held_until_it_is_bought_again():
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 10, 9).sell("2024-06-04", 1, 9).buy("2024-06-10", 11, 7)
    assert refusal(Oversold, told).data["held"] == 0


def test_a_position_sold_out_and_bought_back_has_the_cost_of_the_pool():
    book = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 10, 9).buy("2024-06-10", 10, 7).book()
    assert (taken(book), held(book), book.realised) == ([(3, 10, 70)], (10, 50), 20)


@pytest.mark.parametrize("kind", ["staking_reward", "airdrop", "reinvestment"])
def test_units_received_as_income_are_acquired_like_others(kind):
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).event(kind, "2024-06-10", instrument=1, quantity=3, gross=21)
    assert taken(told.book()) == [(3, 3, 21), (None, 1, 5)]


def test_transfers_rights_and_what_actions_bring_are_never_matched():
    told = ledger().buy("2024-01-08", 10, 5).buy("2024-01-08", 4, 5, instrument=2).sell("2024-06-03", 4, 9)
    told.transfer_in("2024-06-04", 1, 9).trade("rights", "2024-06-05", 1, 9)
    told.event("merger", "2024-06-06", instrument=2, legs=(leg(1, "1:1", 1),)).event(
        "stock_dividend", "2024-06-07", instrument=1, quantity=1, gross=9
    )
    assert taken(told.book()) == [(None, 4, 20)]


def test_a_transfer_out_takes_from_the_pool_and_is_never_matched():
    book = ledger().buy("2024-01-08", 10, 5).transfer_out("2024-06-03", 4).buy("2024-06-10", 4, 7).book()
    assert [(one.buy_id, one.cost) for one in book.transfers] == [(None, 20)]
    assert held(book) == (10, 58)


def test_a_purchase_of_what_another_instrument_has_become_is_not_matched():
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9)
    told.event("symbol_change", "2024-06-05", instrument=1, legs=(leg(2, "1:1", 1),)).buy("2024-06-10", 4, 7, instrument=2).buy("2024-06-11", 4, 7)
    assert taken(told.book()) == [(None, 4, 20)]


def test_a_purchase_that_covers_is_matched_with_what_was_short_and_only_the_rest_with_sales():
    told = ledger(allows_short=True).buy("2024-01-08", 4, 5).sell("2024-06-03", 6, 9).buy("2024-06-10", 5, 7)
    book = told.book()
    assert [(m.sale_id, m.buy_id, m.quantity, m.gain) for m in book.matches] == [(2, 3, 3, 6), (2, None, 1, 4), (3, None, 2, 4)]
    assert held(book) == (3, 15)
    assert balance(book, {1: D(8)}, {}) == 0


def test_dividends_that_lower_the_cost_in_between_lower_that_of_the_pool():
    told = (
        ledger(dividend_treatment="reduce_cost").buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).dividend("2024-06-05", 6).buy("2024-06-10", 4, 7)
    )
    book = told.book()
    assert (taken(book), held(book), book.income) == ([(4, 4, 28)], (10, 44), 0)
    assert balance(book, {1: D(8)}, {}) == 0


def test_a_split_of_what_was_bought_for_a_sale_later_that_day():
    told = (
        ledger()
        .buy("2024-01-08", 5, 5)
        .buy("2024-06-03", 10, 7, time=at("2024-06-03 09:00"))
        .transfer_out("2024-06-03", 5, time=at("2024-06-03 10:00"))
    )
    told.split("2024-06-03", 2, 1, time=at("2024-06-03 11:00")).sell("2024-06-03", 20, 4, time=at("2024-06-03 12:00"))
    book = told.book()
    assert sum(cost for _, _, cost in taken(book)) + sum(one.cost for one in book.transfers) == 95
    assert (held(book), balance(book, {}, {})) == ((0, 0), 0)


def test_a_trace_tells_of_the_same_position():
    told = ledger().buy("2024-01-08", 10, 5).sell("2024-06-03", 4, 9).split("2024-06-05", 3, 1).buy("2024-06-10", 9, 2)
    book = replay(told.events, told.rules, trace=True)
    assert sum(change.cost for change in book.changes) == book.positions[1].cost == 45
    assert sum(change.quantity for change in book.changes) == 27
