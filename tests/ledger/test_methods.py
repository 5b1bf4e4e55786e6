"""Which units leave when units leave, and what a sale may choose by itself."""

from __future__ import annotations

import pytest

from portfolios.errors import LotNotOpen, LotNotTold, MethodPools
from portfolios.ledger.events import LotChoice
from portfolios.ledger.replay import replay
from tests.ledger.build import USD, D, Ledger, day, leg, lot_choices
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


def brought() -> Ledger:
    """Three lots of one transfer, two of them of one day."""
    from portfolios.ledger.events import Arriving

    old, new = day("2019-01-02"), day("2020-01-02")
    lots = (Arriving(old, D(2), D(20), D(20)), Arriving(old, D(3), D(60), D(60)), Arriving(new, D(4), D(100), D(100)))
    return Ledger(method="specific").transfer_in(3, 9, 0, gross=180, lots=lots)


def test_lots_of_one_transfer_are_told_apart_by_day_and_place():
    assert [(lot.event_id, lot.opened_on.year, lot.nth, lot.quantity) for lot in brought().book().positions[1].lots] == [
        (1, 2019, 1, 2),
        (1, 2019, 2, 3),
        (1, 2020, 1, 4),
    ]


@pytest.mark.parametrize(
    ("opened_on", "nth", "cost"), [("2020-01-02", None, 50), ("2020-01-02", 1, 50), ("2019-01-02", 2, 40), ("2019-01-02", 1, 20), (None, None, 20)]
)
def test_a_sale_takes_the_lot_of_the_day_and_place_that_it_names(opened_on, nth, cost):
    choice = LotChoice(1, D(2), day(opened_on) if opened_on else None, nth)
    (match,) = brought().trade("sell", 5, 2, 30, lots=(choice,)).book().matches
    assert (match.quantity, match.cost, match.nth) == (2, cost, nth or 1)


def test_the_place_of_a_lot_stays_when_one_before_it_is_sold():
    first, second = LotChoice(1, D(2), day("2019-01-02"), 1), LotChoice(1, D(3), day("2019-01-02"), 2)
    ledger = brought().trade("sell", 5, 2, 30, lots=(first,)).trade("sell", 6, 3, 30, lots=(second,))
    assert [(one.nth, one.cost) for one in ledger.book().matches] == [(1, 20), (2, 60)]
    refusal(LotNotOpen, ledger.trade("sell", 7, 1, 30, lots=(first,)))


def test_a_place_or_a_day_that_no_lot_has_is_refused():
    refusal(LotNotOpen, brought().trade("sell", 5, 1, 30, lots=(LotChoice(1, D(1), day("2019-01-02"), 3),)))
    refusal(LotNotOpen, brought().trade("sell", 5, 1, 30, lots=(LotChoice(1, D(1), day("2019-01-03")),)))


@pytest.mark.parametrize(
    ("opened_on", "said"),
    [
        (
            None,
            "has 3 of them open: of 2 Jan 2019, number 1 (2 units); of 2 Jan 2019, number 2 (3 units); of 2 Jan 2020 (4 units). Say which by its day",
        ),
        ("2019-01-02", "has 2 of them open: of 2 Jan 2019, number 1 (2 units); of 2 Jan 2019, number 2 (3 units). Say which"),
    ],
)
def test_a_name_that_must_fit_one_lot_is_refused_where_it_fits_several(opened_on, said):
    choice = LotChoice(1, D(1), day(opened_on) if opened_on else None, None, True)
    error = refusal(LotNotTold, brought().trade("sell", 5, 1, 30, lots=(choice,)))
    assert said in str(error) and error.data["lots"][1] == {"transaction": 1, "opened_on": day("2019-01-02"), "nth": 2, "quantity": 3}
    left = brought().sell(4, 5, 30).trade("sell", 5, 1, 30, lots=(choice._replace(opened_on=None),))
    assert left.book().matches[-1].cost == 25  # one is left: there is nothing to tell apart


def test_units_of_one_purchase_that_come_in_two_ways_are_two_lots():
    ledger = Ledger(method="specific").buy(3, 8, 100)
    ledger = ledger.event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.2"),)).event("merger", 6, instrument=1, legs=(leg(2, "1:1", "1"),))
    assert [(lot.event_id, lot.nth, lot.quantity, lot.cost) for lot in ledger.book().positions[2].lots] == [(1, 1, 2, 160), (1, 2, 8, 640)]
    book = ledger.trade("sell", 8, 1, 30, instrument=2, lots=(LotChoice(1, D(1), day(3), 2),)).book()
    assert [(one.buy_id, one.nth, one.cost) for one in book.matches] == [(1, 2, 80)]


@pytest.mark.parametrize(("choice", "lot", "left"), [("2:11", 2, 10), ("9:1", 9, 0), ("1:5 1:6", 1, 5)])
def test_a_lot_that_is_not_open_cannot_be_named(choice, lot, left):
    error = refusal(LotNotOpen, three(method="specific").trade("sell", 10, 20, 40, lots=lot_choices(choice)))
    assert (error.data["lot"], error.data["left"], error.data["event_id"], error.data["date"]) == (lot, left, 4, day(10))
    assert "Choose lots that are open on that day: of 3 Jun 2024 (" in str(error) and error.data["lots"][0]["transaction"] == 1


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


@POOLS
def test_a_sale_of_what_is_not_held_cannot_choose_either(method):
    """A purchase recorded before it later would be refused for a sale that was taken."""
    refusal(MethodPools, Ledger(method=method, allows_short=True).trade("sell", 10, 5, 40, method="hifo"))


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


def test_a_report_that_asks_for_another_order_takes_what_is_left_of_a_named_lot_and_the_rest_by_that_order():
    ledger = three(method="fifo").sell(10, 8, 40).trade("sell", 11, 5, 40, lots=lot_choices("3:5"))
    assert taken(replay(ledger.events, ledger.rules.under("lifo"))) == [(3, 8), (3, 2), (2, 3)]
    assert taken(ledger.book()) == [(1, 8), (3, 5)]
    refusal(LotNotOpen, three(method="lifo").sell(10, 10, 40).trade("sell", 11, 5, 40, lots=lot_choices("3:5")))


def test_the_portfolios_own_method_named_on_a_sale_changes_nothing():
    assert taken(three(method="average").trade("sell", 10, 5, 40, method="average").book()) == [(None, 5)]
