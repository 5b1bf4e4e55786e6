"""A slice of a ledger: some instruments as a portfolio of their own, exactly as they are in the whole."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from portfolios.ledger.links import instrument_ids_of
from portfolios.ledger.replay import replay
from tests.ledger.build import D, Ledger, balance, day, leg
from tests.ledger.strategies import histories, valuations

some = st.frozensets(st.integers(1, 3))


def sliced(ledger, *only, **more):
    return replay(ledger.events, replace(ledger.rules, only=frozenset(only)), **more)


@given(history=histories(), only=some, known=valuations)
def test_every_decimal_of_a_slice_is_explained(history, only, known):
    rules, events = history
    assert balance(replay(events, replace(rules, only=only)), *known) == 0


@given(history=histories(), only=some)
def test_what_a_slice_tells_of_an_instrument_is_what_the_whole_ledger_tells(history, only):
    rules, events = history
    whole, part = replay(events, rules), replay(events, replace(rules, only=only))
    assert part.positions == {pk: position for pk, position in whole.positions.items() if pk in only}
    assert part.matches == tuple(match for match in whole.matches if match.instrument in only)
    assert part.steps == tuple(step for step in whole.steps if step.instrument in only)
    assert part.transfers == tuple(one for one in whole.transfers if one.instrument in only)
    assert part.postings == tuple(one for one in whole.postings if one.instrument in only)
    assert part.cash == {}


@given(history=histories(), only=some)
def test_what_comes_into_a_slice_from_another_instrument_leaves_the_slice_of_all_others(history, only):
    rules, events = history
    crossed = defaultdict(Decimal)
    for side in (only, frozenset({1, 2, 3}) - only):
        book = replay(events, replace(rules, only=side))
        for flow in book.flows:
            if flow.event_id in book.crossed and flow.quantity is not None:
                crossed[flow.event_id, flow.instrument, "units"] += flow.quantity
                crossed[flow.event_id, flow.instrument, "cost"] += flow.amount
    assert not any(crossed.values())


@given(history=histories())
def test_the_slice_of_everything_is_a_portfolio_without_cash(history):
    rules, events = history
    alone = [event for event in events if instrument_ids_of(event)]
    assert replay(events, replace(rules, only=frozenset({1, 2, 3}))) == replay(alone, replace(rules, tracks_cash=False))


@given(history=histories(most=12), only=some)
def test_a_slice_with_a_trace_is_the_same_slice(history, only):
    rules, events = history
    part = replace(rules, only=only)
    traced = replay(events, part, trace=True)
    assert traced == replay(events, part)
    assert {one.instrument for one in (*traced.changes, *traced.lot_changes)} <= only


def test_purchases_come_from_outside_and_what_is_earned_goes_there():
    ledger = Ledger().deposit(1, 5000).buy(3, 10, 100, fees=1).buy(3, 5, 10, instrument=2).dividend(4, 7).sell(5, 4, 120)
    assert [(flow.day, flow.amount) for flow in sliced(ledger, 1).flows] == [(day(3), -D(-1001)), (day(4), D(-7)), (day(5), D(-480))]


def test_units_of_a_spin_off_come_into_a_slice_with_their_cost_and_leave_that_of_what_they_came_from():
    ledger = Ledger(method="fifo").buy(3, 8, 100).event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.2"),))
    assert sliced(ledger, 2).flows[-1] == (day(5), D(160), 2, 2, D(2))
    assert sliced(ledger, 1).flows[-1] == (day(5), D(-160), 2, 2, D(-2))
    assert sliced(ledger, 1).crossed == sliced(ledger, 2).crossed == {2}
    assert sliced(ledger, 1, 2).crossed == frozenset()


def test_cash_paid_on_top_of_a_merger_is_paid_by_the_slice_of_what_left_and_goes_over_with_the_units():
    ledger = Ledger(method="fifo").buy(3, 10, 100).event("merger", 5, instrument=1, cash=-50, legs=(leg(2, "1:2", 1),))
    source, target = sliced(ledger, 1), sliced(ledger, 2)
    assert [flow.amount for flow in source.flows] == [1000, 50, -1050]
    assert [(flow.amount, flow.quantity) for flow in target.flows] == [(1050, 5)]
    assert target.positions[2].cost == 1050


def test_a_slice_of_nothing_is_empty():
    book = sliced(Ledger().deposit(1, 100).buy(3, 1, 10))
    assert (book.positions, book.flows, book.steps, book.net_flows) == ({}, (), (), 0)
