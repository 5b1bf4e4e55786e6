"""Units that are owed: sold before they are bought."""

from __future__ import annotations

import pytest

from portfolios.errors import LotNotOpen, Oversold, ShortNotAllowed
from portfolios.ledger.records import Flow
from tests.ledger.build import EUR, USD, D, Ledger, balance, day, lot_choices
from tests.ledger.test_corporate import EVERY
from tests.ledger.test_refusals import refusal


def owing(**rules):
    return Ledger(allows_short=True, **rules)


@EVERY
def test_what_is_short_has_units_and_cost_below_zero(method):
    book = owing(method=method).trade("short_sell", 3, 10, 12, fees=5).book()
    position = book.positions[1]
    assert (position.quantity, position.cost, position.lots[0].quantity, position.lots[0].cost) == (-10, -115, -10, -115)
    assert (book.realised, book.cash[EUR].amount, book.matches, position.average_cost) == (0, 115, (), D("11.5"))
    assert balance(book, {1: D(13)}, {}) == 0


@EVERY
def test_the_gain_of_a_short_sale_comes_with_its_cover(method):
    book = owing(method=method).trade("short_sell", 3, 10, 12).trade("buy_to_cover", 8, 10, 9, fees=5).book()
    (match,) = book.matches
    assert (match.sale_id, match.opened_on, match.closed_on, match.quantity) == (2, day(3), day(8), 10)
    assert (match.cost, match.proceeds, match.gain, book.positions[1].is_open) == (95, 120, 25, False)
    assert match.buy_id == (None if method in {"average", "section104"} else 1)


def test_a_purchase_covers_before_it_is_held():
    book = owing(method="fifo").sell(3, 10, 12).buy(8, 15, 8).book()
    assert [(lot.event_id, lot.quantity, lot.cost) for lot in book.positions[1].lots] == [(2, 5, 40)]
    assert (book.realised, book.positions[1].opened_on) == (40, day(8))


def test_a_sale_takes_what_is_held_and_is_short_of_the_rest():
    book = owing(method="fifo").buy(3, 4, 10).sell(5, 10, 12, fees=10).book()
    (match,) = book.matches
    assert (match.quantity, match.proceeds, match.gain) == (4, 44, 4)  # 110 by 4 : 6
    assert (book.positions[1].quantity, book.positions[1].cost, book.positions[1].opened_on) == (-6, -66, day(5))


@pytest.mark.parametrize(("method", "first"), [("fifo", 1), ("lifo", 3), ("hifo", 2), ("lofo", 1), ("specific", 1)])
def test_what_is_short_is_covered_by_the_method(method, first):
    ledger = owing(method=method).sell(3, 1, 10).sell(4, 1, 12).sell(5, 1, 11).trade("buy_to_cover", 8, 1, 9)
    assert [match.buy_id for match in ledger.book().matches] == [first]


def test_the_gain_of_a_cover_has_a_price_part_and_a_currency_part():
    ledger = owing().trade("short_sell", 3, 10, 100, currency=USD, fx="0.9").trade("buy_to_cover", 8, 10, 80, currency=USD, fx="0.8")
    (match,) = ledger.book().matches
    assert (match.gain, match.price_part, match.currency_part) == (260, 180, 80)  # −(80 − 100)·0.9·10; −80·(0.8 − 0.9)·10


def test_without_cash_tracking_a_short_sale_is_an_outflow_and_its_cover_an_inflow():
    book = owing(tracks_cash=False).trade("short_sell", 3, 10, 12).trade("buy_to_cover", 8, 10, 9).book()
    assert book.flows == (Flow(day(3), D(-120), 1, 1, D(-10)), Flow(day(8), D(90), 2, 1, D(10)))


def test_units_that_are_transferred_in_cover_as_well():
    book = owing(method="fifo").sell(3, 10, 12).transfer_in(5, 4, 7, acquired_on="2020-01-02").book()
    assert (book.realised, book.positions[1].quantity, book.net_flows) == (20, -6, 28)
    assert balance(book, {1: D(11)}, {}) == 0


def test_a_short_sale_needs_a_portfolio_that_allows_it():
    error = refusal(ShortNotAllowed, Ledger().buy(3, 4, 10).trade("short_sell", 4, 2, 12))
    assert (error.data["held"], error.data["quantity"], error.data["date"]) == (4, 2, day(4))
    assert "Record a sale, or allow short positions" in str(error)
    assert refusal(Oversold, Ledger().buy(3, 4, 10).sell(4, 5, 12)).data["held"] == 4


def test_a_cover_of_more_than_is_short_is_refused():
    error = refusal(Oversold, owing().sell(3, 10, 12).trade("buy_to_cover", 4, 11, 9))
    assert (error.data["held"], error.data["quantity"]) == (-10, 11)
    assert "you were short of 10" in str(error) and "record what is more as a purchase" in str(error)
    assert refusal(Oversold, owing().buy(3, 5, 1).trade("buy_to_cover", 4, 1, 9)).data["held"] == 0


def test_what_is_short_cannot_be_transferred_nor_redeemed():
    refusal(Oversold, owing().sell(3, 10, 12).transfer_out(4, 1))
    error = refusal(Oversold, owing().buy(3, 1, 12).trade("redemption", 4, 2, 1))
    assert "the redemption is of 2" in str(error)


def test_a_sale_that_goes_short_can_name_no_lot_that_is_not_there():
    refusal(LotNotOpen, owing(method="specific").sell(3, 10, 12).trade("sell", 4, 1, 12, lots=lot_choices("1:1")))
    refusal(LotNotOpen, owing(method="specific").buy(3, 2, 12).trade("sell", 4, 5, 12, lots=lot_choices("1:3")))
