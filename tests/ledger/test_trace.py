"""What each event changed, from the run itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from portfolios.ledger.records import Change
from portfolios.ledger.replay import replay
from tests.ledger.build import D, Ledger, day
from tests.ledger.strategies import ledgers
from tests.ledger.test_properties import every_rule


def test_a_book_has_no_changes_unless_they_are_asked_for():
    assert (Ledger().buy(3, 1, 10).book().changes, Ledger().buy(3, 1, 10).book().lot_changes) == ((), ())


def test_each_event_says_what_it_changed_of_the_position():
    ledger = Ledger(method="fifo").buy(3, 10, 100, fees=5).sell(4, 4, 120).dividend(5, 20, taxes=3).deposit(6, 5)
    assert replay(ledger.events, ledger.rules, trace=True).changes == (
        Change(1, day(3), 1, "buy", D(10), D(1005), D(1005), D(0), D(0), D(0)),
        Change(2, day(4), 1, "sell", D(-4), D(-402), D(-402), D(78), D(0), D(0)),
        Change(3, day(5), 1, "dividend", D(0), D(0), D(0), D(0), D(20), D(3)),
    )


def test_each_lot_says_what_changed_it():
    ledger = Ledger(method="fifo").buy(3, 10, 1).buy(4, 10, 2).sell(5, 12, 3).split(6, 2, 1)
    found = [(c.event_id, c.lot_event_id, c.quantity, c.cost) for c in replay(ledger.events, ledger.rules, trace=True).lot_changes]
    assert found == [(1, 1, 10, 10), (2, 2, 10, 20), (3, 1, -10, -10), (3, 2, -2, -4), (4, 2, 8, 0)]


@settings(max_examples=60, deadline=None)
@given(events=ledgers(), rules=every_rule)
def test_changes_add_up_to_the_positions_and_to_the_lots(events, rules):
    book = replay(events, rules, trace=True)
    assert book == replay(events, rules)
    for pk, position in book.positions.items():
        mine = [change for change in book.changes if change.instrument == pk]
        sums = [sum(column) for column in zip(*(change[4:] for change in mine), strict=True)] or [0] * 6
        assert sums == [position.quantity, position.cost, position.cost_local, position.realised, position.income, position.expenses]
        lots = {}
        for change in book.lot_changes:
            if change.instrument == pk:
                key = (change.lot_event_id, change.opened_on, change.nth)
                lots[key] = tuple(a + b for a, b in zip(lots.get(key, (0, 0, 0)), change[6:], strict=True))
        assert {key: kept for key, kept in lots.items() if any(kept)} == {
            (lot.event_id, lot.opened_on, lot.nth): tuple(lot[2:]) for lot in position.lots
        }


@pytest.mark.parametrize("method", ["fifo", "lifo", "specific"])
def test_what_stays_is_not_added_up_again_however_many_lots_are_open(method, monkeypatch):
    """Ten thousand purchases of what has no price are traced for the dashboard: lots times entries would be minutes."""
    ledger = Ledger(method=method)
    for number in range(300):
        ledger.buy(3 + number // 100, 1, 10)
    ledger.sell(7, 2, 12).dividend(8, 5).sell(8, "0.5", 12)
    looked_at = []
    monkeypatch.setattr("portfolios.ledger.trace.nth_of", lambda opener: looked_at.append(opener) or 1)
    book = replay(ledger.events, ledger.rules, trace=True)
    assert len(book.lot_changes) == 303 and len(looked_at) == 300 + 2 + 0 + 2


@pytest.mark.parametrize("method", ["average", "fifo", "hifo"])
def test_what_is_short_changes_below_zero(method):
    ledger = Ledger(method=method, allows_short=True).sell(3, 10, 7).buy(4, 4, 5)
    first, second = replay(ledger.events, ledger.rules, trace=True).changes
    assert (first.quantity, first.cost, first.realised) == (-10, -70, 0)
    assert (second.quantity, second.cost, second.realised) == (4, 28, 8)
