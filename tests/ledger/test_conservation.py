"""What corporate actions and transfers conserve: cost, dates and order, on random ledgers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.ledger.events import Arriving, Reorganisation, TransferIn, TransferOut
from portfolios.ledger.replay import Rules, replay
from tests.ledger.build import EUR, D, Ledger, day, leg
from tests.ledger.strategies import APART, QUOTED, histories
from tests.ledger.test_properties import many

ACTIONS = {"split", "stock_dividend", "spin_off", "merger", "symbol_change", "return_of_capital"}


@many
@given(history=histories(kinds="buy buy sell short_sell split stock_dividend spin_off merger symbol_change return_of_capital"))
def test_no_action_makes_or_loses_cost(history):
    """L8: the cost after it, and the money that came, is the cost before and the gain, whatever was split, spun off or merged."""
    rules, events = replace(history[0], tracks_cash=False), history[1]
    for number, event in enumerate(events):
        if event.kind in ACTIONS:
            before, after = replay(events[:number], rules), replay(events[: number + 1], rules)
            received = before.net_flows - after.net_flows
            gain = (after.realised + after.income - after.expenses) - (before.realised + before.income - before.expenses)
            assert after.cost + received - gain == before.cost


@many
@given(history=histories(kinds="buy buy sell transfer_in spin_off merger symbol_change", methods=APART, shorts=False))
def test_lots_keep_their_date_and_their_purchase_through_reorganisations(history):
    rules, events = history
    for number, event in enumerate(events):
        if isinstance(event, Reorganisation):
            known = {(lot.event_id, lot.opened_on) for p in replay(events[:number], rules).positions.values() for lot in p.lots}
            after = {(lot.event_id, lot.opened_on) for p in replay(events[: number + 1], rules).positions.values() for lot in p.lots}
            assert after <= known


@many
@given(history=histories(kinds="buy buy sell transfer_in", instruments=1, methods=APART, shorts=False), part=st.integers(1, 1000))
def test_a_transfer_there_and_back_keeps_lots_dates_cost_and_order(history, part):
    """L7, in the core."""
    rules, events = history
    book = replay(events, rules)
    position = book.positions[1]
    if not position.quantity:
        return
    quantity = (position.quantity * part / 1000).quantize(D("1e-18")) or position.quantity
    out = TransferOut(id=1001, sequence=1001, day=events[-1].day + timedelta(1), currency=EUR, instrument=1, quantity=quantity)
    sent = replay([*events, out], rules)
    there = _arriving(2001, out.day, quantity, sent.transfers[-len(_of(sent, 1001)) :])
    back_out = replace(out, id=2002, sequence=2002, day=out.day + timedelta(1))
    other = replay([there, back_out], rules)
    assert other.positions[1].quantity == 0
    returned = _arriving(1002, out.day + timedelta(2), quantity, other.transfers)
    after = replay([*events, out, returned], rules)
    lots = [(lot.opened_on, lot.quantity, lot.cost, lot.cost_local) for lot in after.positions[1].lots]
    assert (sum(one[1] for one in lots), sum(one[2] for one in lots), sum(one[3] for one in lots)) == _totals(position)
    if quantity == position.quantity:
        assert lots == [(lot.opened_on, lot.quantity, lot.cost, lot.cost_local) for lot in position.lots]
    assert [one[0] for one in lots] == sorted(one[0] for one in lots)
    assert (after.realised, after.net_flows) == (book.realised, book.net_flows)


def _of(book, event_id):
    return [one for one in book.transfers if one.event_id == event_id]


def _totals(position):
    return position.quantity, position.cost, position.cost_local


def _arriving(number, on, quantity, sent):
    lots = sorted((Arriving(one.opened_on, one.quantity, one.cost, one.cost_local) for one in sent), key=lambda lot: lot.acquired_on)
    return TransferIn(
        id=number, sequence=number, day=on, currency=EUR, instrument=1, quantity=quantity, gross=sum((lot.cost for lot in lots), Decimal(0)),
        local_price=Decimal(1), local_currency=QUOTED[1], lots=tuple(lots),
    )  # fmt: skip


@many
@given(
    quantities=st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    ratios=st.lists(st.sampled_from([(2, 1), (4, 1), (5, 2), (8, 1), (1, 4)]), min_size=1, max_size=5),
    method=st.sampled_from(["average", "fifo", "section104"]),
)
def test_splits_one_after_the_other_are_one_split_by_their_product(quantities, ratios, method):
    ledger, once = Ledger(method=method), Ledger(method=method)
    new = old = 1
    for one in (ledger, once):
        for units in quantities:
            one.buy(1, str(units), 7)
    for n, (up, down) in enumerate(ratios):
        ledger.split(2 + n, up, down)
        new, old = new * up, old * down
    once.split(2, new, old)
    many_times, at_once = ledger.book().positions[1], once.book().positions[1]
    assert many_times.lots == at_once.lots


@pytest.mark.parametrize("method", ["fifo", "lifo", "hifo", "lofo", "specific"])
def test_lots_that_came_back_are_sold_in_the_order_in_which_they_were_bought(method):
    """There and back: the lot of 2019 goes before that of 2021 again, whatever came when."""
    ledger = Ledger(method=method).buy("2019-03-01", 5, 10).buy("2021-03-01", 5, 20).transfer_out("2022-01-03", 10)
    carried = ledger.book().transfers
    lots = tuple(sorted(Arriving(one.opened_on, one.quantity, one.cost, one.cost_local) for one in carried))
    ledger.transfer_in("2022-02-01", 10, 0, gross=150, lots=lots)
    sold = ledger.sell("2022-03-01", 5, 30).book().matches
    first = {"fifo": "2019-03-01", "specific": "2019-03-01", "lofo": "2019-03-01", "lifo": "2021-03-01", "hifo": "2021-03-01"}[method]
    assert [(match.opened_on, match.buy_id) for match in sold] == [(day(first), 4)]


def test_a_merger_of_three_lots_into_two_instruments_and_cash_loses_no_decimal():
    ledger = Ledger(method="fifo", tracks_cash=False).buy(1, 1, 10).buy(2, 1, "10.01").buy(3, 1, "33.333333333333333333")
    third = "0.333333333333333333"
    legs = (leg(2, "1:3", third), leg(3, "2:7", "0.333333333333333334"))
    book = ledger.event("merger", 5, instrument=1, legs=legs, cash=20, cash_share=third).book()
    assert (book.positions[1].quantity, book.positions[1].cost) == (0, 0)
    assert book.positions[2].cost + book.positions[3].cost + 20 - book.realised == D("53.343333333333333333")
    assert [lot.opened_on for lot in book.positions[2].lots] == [day(1), day(2), day(3)]


def test_every_method_keeps_all_cost_through_a_chain_of_actions():
    for method in ("average", *APART, "section104"):
        ledger = Ledger(method=method, tracks_cash=False).buy(1, 7, 11).buy(2, 5, 13)
        ledger.event("spin_off", 3, instrument=1, legs=(leg(2, "1:3", "0.21"),)).split(4, 3, 2).event(
            "symbol_change", 5, instrument=2, legs=(leg(3, "1:1", 1),)
        )
        ledger.event("merger", 6, instrument=3, legs=(leg(1, "2:1", 1),))
        book = replay(ledger.events, Rules(EUR, method, tracks_cash=False))
        assert (book.cost, book.realised, book.positions[1].quantity) == (142, 0, 26)
