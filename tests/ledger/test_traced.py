"""A trace in detail: whom it tells of, what it leaves out, and on which side."""

from __future__ import annotations

from portfolios.ledger.records import Change, LotChange
from portfolios.ledger.replay import replay
from tests.ledger.build import USD, D, Ledger, day, leg


def traced(ledger):
    return replay(ledger.events, ledger.rules, trace=True)


def test_an_event_with_legs_is_told_of_each_instrument_that_it_changed():
    book = traced(Ledger(method="fifo").buy(3, 8, 100).event("spin_off", 5, instrument=1, legs=(leg(2, "1:4", "0.2"),)))
    assert book.changes[1:] == (
        Change(2, day(5), 1, "spin_off", D(0), D(-160), D(-160), D(0), D(0), D(0)),
        Change(2, day(5), 2, "spin_off", D(2), D(160), D(160), D(0), D(0), D(0)),
    )
    assert book.lot_changes == (
        LotChange(1, day(3), 1, "buy", 1, day(3), D(8), D(800), D(800)),
        LotChange(2, day(5), 1, "spin_off", 1, day(3), D(0), D(-160), D(-160)),
        LotChange(2, day(5), 2, "spin_off", 1, day(3), D(2), D(160), D(160)),
    )


def test_what_changes_nothing_of_an_instrument_is_not_told():
    ledger = Ledger().buy(3, 10, 10).split(4, 1, 1).deposit(5, 5).interest(6, 5)
    assert [change.event_id for change in traced(ledger).changes] == [1]


def test_what_changes_only_the_local_cost_or_only_the_units_is_told():
    ledger = Ledger(method="fifo").event("airdrop", 3, USD, "0.5", instrument=1, quantity=10, gross=0).split(4, 2, 1)
    assert [tuple(change[4:]) for change in traced(ledger).changes] == [(10, 0, 0, 0, 0, 0), (10, 0, 0, 0, 0, 0)]
    moved = Ledger().transfer_in(3, 10, 0, currency=USD, fx="0.5", cost_local="7")
    assert [tuple(change[4:7]) for change in traced(moved).changes] == [(10, 0, 7)]


def test_lots_of_one_transfer_with_one_date_are_told_apart_in_a_trace():
    from portfolios.ledger.events import Arriving

    lots = (Arriving(day(1), D(2), D(20), D(20)), Arriving(day(1), D(3), D(60), D(60)), Arriving(day(2), D(1), D(5), D(5)))
    ledger = Ledger(method="fifo").transfer_in(3, 6, 0, gross=85, lots=lots).sell(5, 4, 20)
    assert [(c.lot_event_id, c.opened_on, c.nth, c.quantity, c.cost) for c in traced(ledger).lot_changes] == [
        (1, day(1), 1, 2, 20),
        (1, day(1), 2, 3, 60),
        (1, day(2), 1, 1, 5),
        (1, day(1), 1, -2, -20),
        (1, day(1), 2, -2, -40),
    ]


def test_what_is_short_is_told_lot_by_lot_below_zero_until_it_is_covered():
    ledger = Ledger(method="fifo", allows_short=True).sell(3, 10, 7).sell(4, 5, 8).buy(5, 12, 6)
    assert [(c.event_id, c.lot_event_id, c.quantity, c.cost) for c in traced(ledger).lot_changes] == [
        (1, 1, -10, -70),
        (2, 2, -5, -40),
        (3, 1, 10, 70),
        (3, 2, 2, 16),
    ]
