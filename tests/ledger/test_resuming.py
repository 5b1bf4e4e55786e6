"""A book that goes on from a mark is the book of a replay from the beginning: for each kind of entry, each cost method, each way to change a ledger."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portfolios.errors import LedgerRefused
from portfolios.ledger.replay import Rules, replay
from portfolios.ledger.resuming import can_go_on, gone_on, mark_before, replay_marked
from tests.ledger.build import EUR, Ledger
from tests.ledger.strategies import EVERY, METHODS, SEEDS, histories

OPERATIONS = st.lists(st.tuples(st.sampled_from(["append", "append", "void", "bring back", "move", "enlarge"]), SEEDS), max_size=12)


class Program:
    """A ledger that is changed again and again; `before` is its book, which only ever goes on where it can."""

    def __init__(self, rules, history, written):
        self.rules, self.waiting, self.out, self.went_on = rules, history[written:], [], 0
        self.events = {event.id: event for event in history[:written]}
        self.before = self.marked()

    def marked(self):
        return replay_marked(self.events.values(), self.rules, worth_it=1, nearest=1)

    def change(self, kind, random):
        """The events that are no more, and those that come."""
        if kind == "append":
            return [], self.waiting[:1]
        if kind == "bring back":
            return [], self.out[-1:]
        if not self.events:
            return [], []
        old = self.events[random.choice(sorted(self.events))]
        if kind == "void":
            return [old], []
        if kind == "move":
            return [old], [replace(old, day=old.day + timedelta(days=random.randint(-60, 60)))]
        return [old], [replace(old, quantity=old.quantity * 2)] if hasattr(old, "quantity") else []

    def run(self, kind, random):
        gone, come = self.change(kind, random)
        if not gone and not come:
            return
        after = {pk: event for pk, event in self.events.items() if pk not in {one.id for one in gone}} | {one.id: one for one in come}
        since = min(event.day for event in (*gone, *come))
        anew, refused = outcome(lambda: replay(after.values(), self.rules))
        mark = mark_before(self.before, since)
        if mark is not None:
            later = [event for event in after.values() if event.day > mark.day]
            found, refusal = outcome(lambda: gone_on(self.before, mark, later, self.rules, nearest=1))
            same(found, anew)
            assert str(refusal) == str(refused) and type(refusal) is type(refused)
            self.went_on += 1
        if refused is not None:
            return
        self.events = after
        self.before = found if mark is not None else self.marked()
        self.waiting = [event for event in self.waiting if event.id not in after]
        self.out = [one for one in (*self.out, *gone) if one.id not in after]


def outcome(make):
    try:
        return make(), None
    except LedgerRefused as refusal:
        return None, refusal


def same(found, anew):
    """To the last digit, and in the same order."""
    if anew is None:
        assert found is None
        return
    assert found == anew
    assert found.holdings == anew.holdings and list(found.positions) == list(anew.positions) and list(found.cash) == list(anew.cash)
    assert found.rows == anew.rows


@pytest.mark.parametrize("method", METHODS)
@given(data=st.data())
def test_whatever_is_added_edited_or_taken_out_the_book_is_that_of_all_entries_anew(method, data):
    rules, history = data.draw(histories(40, EVERY, methods=[method]))
    program = Program(rules, history, data.draw(st.integers(1, len(history))))
    assert bool(program.before.marks) == can_go_on(rules) == (method != "section104")
    for kind, seed in data.draw(OPERATIONS):
        program.run(kind, Random(seed))


def a_month():
    """A purchase each day."""
    ledger = Ledger()
    for day in range(1, 29):
        ledger.buy(day, 1, 10 + day)
    return ledger.events


def test_a_mark_may_be_gone_on_from_twice():
    events, rules = a_month(), Rules(EUR, "fifo")
    book = replay_marked(events, rules, worth_it=1, nearest=1)
    mark = mark_before(book, events[20].day)
    ways = [[event for event in events if event.day > mark.day][skipped:] for skipped in (0, 1, 0)]
    first, other, again = (gone_on(book, mark, later, rules) for later in ways)
    assert first == again == book != other


def test_a_book_from_a_cache_goes_on_too():
    events, rules = a_month(), Rules(EUR, "hifo")
    book = pickle.loads(pickle.dumps(replay_marked(events[:-1], rules, worth_it=1)))
    mark = mark_before(book, events[-1].day)
    assert gone_on(book, mark, [event for event in events if event.day > mark.day], rules) == replay(events, rules)


def test_marks_lie_the_farther_apart_the_farther_back_and_stay_few():
    events, rules = a_month(), Rules(EUR, "average")
    book = replay_marked(events[:5], rules, worth_it=1, nearest=1)
    for count in range(6, len(events) + 1):
        mark = mark_before(book, events[count - 1].day)
        book = gone_on(book, mark, [event for event in events[:count] if event.day > mark.day], rules, nearest=1)
    back = [len(events) - mark.events for mark in book.marks]
    assert back[-1] == 0 and len(back) <= 7
    assert all(farther >= 2 * nearer for farther, nearer in pairwise(back))


def test_before_its_first_mark_and_under_section_104_a_book_does_not_go_on():
    events = a_month()
    assert mark_before(replay_marked(events, Rules(EUR, "fifo"), worth_it=1), events[0].day) is None
    assert not replay_marked(events, Rules(EUR, "section104"), worth_it=1).marks
    assert not can_go_on(Rules(EUR, "fifo", only=frozenset({1})))
    assert not replay_marked(events, Rules(EUR, "fifo")).marks  # too small to be worth it
