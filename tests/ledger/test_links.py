"""Which instruments are replayed together."""

from __future__ import annotations

from portfolios.ledger.links import connected, groups, instrument_ids_of, links_of
from tests.ledger.build import Ledger, leg

LEGS = (leg(2, "1:1", "0.1"), leg(3, "1:1", "0.1"))


def test_an_event_touches_its_own_instrument_first_and_then_those_of_its_legs():
    events = (
        Ledger().buy(3, 1, 1, instrument=7).event("spin_off", 4, instrument=1, legs=LEGS).deposit(5, 1).interest(6, 1).interest(7, 1, instrument=8)
    )
    assert [instrument_ids_of(event) for event in events.events] == [(7,), (1, 2, 3), (), (), (8,)]


def test_links_are_those_between_an_instrument_and_the_legs_of_what_became_of_it():
    events = (
        Ledger().buy(3, 1, 1).event("spin_off", 4, instrument=1, legs=LEGS).event("merger", 5, instrument=2, legs=(leg(4, "1:1", 1),)).split(6, 2, 1)
    )
    assert links_of(events.events) == {(1, 2), (1, 3), (2, 4)}


def test_links_connect_however_far_and_in_either_direction():
    links = [(1, 2), (3, 2), (3, 4), (5, 6)]
    for one in (1, 2, 3, 4):
        assert connected([one], links) == {1, 2, 3, 4}
    assert connected([6], links) == {5, 6}
    assert connected([7], links) == {7}
    assert connected([1, 7], links) == {1, 2, 3, 4, 7}
    assert connected([], links) == set()


def test_groups_do_not_touch_each_other_and_are_all_there_is():
    assert groups([7, 6, 4, 1], [(1, 2), (3, 2), (3, 4), (5, 6)]) == [{1, 2, 3, 4}, {5, 6}, {7}]
    assert groups([], [(1, 2)]) == []
