"""Which units leave when units leave, and what a sale may choose by itself."""

from __future__ import annotations

import pytest

from portfolios.errors import LotNotOpen, MethodPools
from portfolios.ledger.events import LotChoice
from portfolios.ledger.replay import replay
from tests.ledger.build import USD, D, Ledger, day, lot_choices
from tests.ledger.strategies import APART
from tests.ledger.test_refusals import refusal

POOLS = pytest.mark.parametrize("method", ["average", "section104"])
SEPARATE = pytest.mark.parametrize("method", APART)


def three(**rules):
    """10 units each: at 10, at 30, at 20."""
    return Ledger(**rules).buy(3, 10, 10).buy(4, 10, 30).buy(5, 10, 20)


def taken(book):
    return [(match.buy_id, match.quantity) for match in book.matches]


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("fifo", [(1, 10), (2, 5)]),
        ("lifo", [(3, 10), (2, 5)]),
        ("hifo", [(2, 10), (3, 5)]),
        ("lofo", [(1, 10), (3, 5)]),
        ("specific", [(1, 10), (2, 5)]),
        ("average", [(None, 15)]),
        ("section104", [(None, 15)]),
    ],
)
def test_each_method_has_its_order(method, expected):
    assert taken(three(method=method).sell(10, 15, 40).book()) == expected


@pytest.mark.parametrize("method", ["hifo", "lofo"])
def test_of_lots_that_cost_the_same_the_oldest_leaves_first(method):
    ledger = Ledger(method=method).buy(4, 5, 10).transfer_in(5, 5, 10, acquired_on="2020-01-02").buy(6, 5, 10).sell(7, 6, 20)
    assert taken(ledger.book()) == [(2, 5), (1, 1)]


def test_of_lots_of_one_day_the_last_one_that_came_leaves_first_under_lifo():
    assert taken(Ledger(method="lifo").buy(3, 5, 10).buy(3, 5, 10).sell(7, 6, 20).book()) == [(2, 5), (1, 1)]


def test_a_lot_of_which_a_part_left_keeps_its_place():
    ledger = three(method="hifo").sell(10, 4, 40).buy(11, 1, 25).sell(12, 7, 40)
    assert taken(ledger.book()) == [(2, 4), (2, 6), (5, 1)]


def test_highest_and_lowest_are_by_the_cost_in_base_currency():
    ledger = (
        Ledger(method="hifo").buy(3, 1, 100, currency=USD, fx="0.5").buy(4, 1, 90, currency=USD, fx="0.9").sell(5, 1, 100, currency=USD, fx="0.9")
    )
    assert taken(ledger.book()) == [(2, 1)]


def test_a_dividend_that_lowers_costs_may_change_which_is_the_highest():
    ledger = Ledger(method="hifo", dividend_treatment="reduce_cost").buy(3, 1, 10).buy(4, 1, 11).split(5, 1, 1).dividend(6, 21).buy(7, 1, "0.5")
    assert taken(ledger.sell(8, 1, 5).book()) == [(5, 1)]


# ── lots that a sale names ──────────────────────────────────────────────────


@SEPARATE
def test_a_sale_takes_the_lots_that_it_names_in_its_order_and_the_rest_by_the_method(method):
    book = three(method=method).trade("sell", 10, 9, 40, lots=lot_choices("3:4 1:3")).book()
    rest = {"fifo": (1, 2), "specific": (1, 2), "lofo": (1, 2), "lifo": (3, 2), "hifo": (2, 2)}[method]
    assert taken(book) == [(3, 4), (1, 3), rest]


@SEPARATE
def test_a_sale_may_have_a_method_of_its_own_and_the_next_has_the_portfolios_again(method):
    ledger = three(method=method).trade("sell", 10, 12, 40, method="lofo").sell(11, 1, 40)
    after = {"fifo": 2, "specific": 2, "lofo": 3, "lifo": 3, "hifo": 2}[method]
    assert taken(ledger.book()) == [(1, 10), (3, 2), (after, 1)]


def test_a_transfer_may_name_its_lots_as_well():
    ledger = three(method="fifo").event("transfer_out", 10, instrument=1, quantity=5, lots=lot_choices("2:5"))
    assert [(one.buy_id, one.quantity, one.cost) for one in ledger.book().transfers] == [(2, 5, 150)]


def test_several_lots_of_one_entry_are_named_together():
    from portfolios.ledger.events import Arriving

    lots = (Arriving(day("2019-01-02"), D(2), D(20), D(20)), Arriving(day("2020-01-02"), D(3), D(60), D(60)))
    ledger = Ledger(method="specific").buy(1, 5, 1).transfer_in(3, 5, 0, gross=80, lots=lots).trade("sell", 5, 4, 30, lots=lot_choices("2:4"))
    assert [(m.buy_id, m.opened_on, m.quantity, m.cost) for m in ledger.book().matches] == [
        (2, day("2019-01-02"), 2, 20),
        (2, day("2020-01-02"), 2, 40),
    ]


@pytest.mark.parametrize(("choice", "lot", "left"), [("2:11", 2, 10), ("9:1", 9, 0), ("1:5 1:6", 1, 5)])
def test_a_lot_that_is_not_open_cannot_be_named(choice, lot, left):
    error = refusal(LotNotOpen, three(method="specific").trade("sell", 10, 20, 40, lots=lot_choices(choice)))
    assert (error.data["lot"], error.data["left"], error.data["event_id"], error.data["date"]) == (lot, left, 4, day(10))
    assert "Choose lots that are open on that day." in str(error)


def test_a_lot_that_was_sold_is_not_open():
    error = refusal(LotNotOpen, three(method="specific").sell(6, 10, 40).trade("sell", 10, 1, 40, lots=lot_choices("1:1")))
    assert (error.data["left"], error.data["quantity"]) == (0, 1)


def test_a_lot_that_is_bought_later_is_not_open():
    refusal(LotNotOpen, Ledger(method="specific").buy(3, 5, 10).trade("sell", 4, 1, 40, lots=(LotChoice(3, D(1)),)).buy(5, 5, 10))


def test_a_sale_cannot_name_more_than_it_sells():
    error = refusal(LotNotOpen, three(method="specific").trade("sell", 10, 5, 40, lots=lot_choices("1:4 2:2")))
    assert "names lots of more than its 5 units" in str(error)


def test_no_units_of_a_lot_cannot_be_named():
    refusal(LotNotOpen, three(method="specific").trade("sell", 10, 5, 40, lots=lot_choices("1:0")))


@POOLS
@pytest.mark.parametrize("asked", [{"lots": lot_choices("1:1")}, {"method": "fifo"}])
def test_a_portfolio_that_pools_has_no_lots_to_choose_from(method, asked):
    error = refusal(MethodPools, three(method=method).trade("sell", 10, 5, 40, **asked))
    assert "Leave the choice out, or change the portfolio's method." in str(error) and error.data["event_id"] == 4


@SEPARATE
def test_a_single_sale_cannot_pool(method):
    refusal(MethodPools, three(method=method).trade("sell", 10, 5, 40, method="average"))


@POOLS
def test_a_report_may_ask_for_a_pool_whatever_sales_name(method):
    ledger = three(method="specific").trade("sell", 10, 5, 40, lots=lot_choices("2:5")).trade("sell", 11, 1, 40, method="lifo")
    assert taken(replay(ledger.events, ledger.rules.under(method))) == [(None, 5), (None, 1)]


def test_a_report_that_asks_for_another_order_leaves_named_lots_named():
    ledger = three(method="specific").trade("sell", 10, 5, 40, lots=lot_choices("1:5")).sell(11, 1, 40)
    assert taken(replay(ledger.events, ledger.rules.under("hifo"))) == [(1, 5), (2, 1)]


def test_the_portfolios_own_method_named_on_a_sale_changes_nothing():
    assert taken(three(method="average").trade("sell", 10, 5, 40, method="average").book()) == [(None, 5)]
