"""What lists and previews say that an entry does to cash is what the ledger does, long and short."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules, replay
from portfolios.ledger.sides import goes_by_side, short_then
from portfolios.selectors.rows import cash_moves
from tests.ledger.build import EUR
from tests.ledger.strategies import EVERY, histories

Drawn = tuple[Rules, list[Event]]
OFTEN = f"{EVERY} short_sell short_sell return_of_capital return_of_capital split spin_off merger"


def cash(events: list[Event], rules: Rules) -> dict[str, Decimal]:
    return {str(code): pool.amount for code, pool in replay(events, rules).cash.items()}


@settings(max_examples=150, deadline=None)
@given(drawn=histories(most=14, kinds=OFTEN))
def test_each_entry_moves_the_cash_that_it_is_said_to_move(drawn: Drawn) -> None:
    rules, events = replace(drawn[0], tracks_cash=True), drawn[1]
    short = short_then(events, events, EUR)
    before: dict[str, Decimal] = {}
    for place, event in enumerate(events):
        after = cash(events[: place + 1], rules)
        told: dict[str, Decimal] = defaultdict(Decimal)
        for move in cash_moves(event, short=short[place]):
            told[str(move.currency)] += move.amount
        booked = {code: amount - before.get(code, Decimal(0)) for code, amount in after.items()}
        assert {code: amount for code, amount in told.items() if amount} == {code: amount for code, amount in booked.items() if amount}, event
        before = after


@settings(max_examples=150, deadline=None)
@given(drawn=histories(kinds=OFTEN), seed=st.integers(0, 10**6))
def test_the_side_is_that_of_the_ledger_before_the_entry_in_whatever_order_it_is_asked(drawn: Drawn, seed: int) -> None:
    """Also of an entry that does not count."""
    rules, events = drawn
    chance = Random(seed)
    asked = chance.sample(range(len(events)), min(len(events), 4))
    shuffled = chance.sample(events, len(events))
    found = short_then([events[place] for place in asked], shuffled, EUR)
    for place, is_short in zip(asked, found, strict=True):
        event: Any = events[place]
        held = replay(events[:place], rules).positions.get(getattr(event, "instrument", None))
        assert is_short == (held is not None and held.quantity < 0)
    last: Any = events[-1]
    assert short_then([last], events[:-1], EUR) == short_then([last], events, EUR)


@settings(max_examples=100, deadline=None)
@given(drawn=histories(kinds=OFTEN))
def test_only_money_that_turns_round_makes_anybody_ask(drawn: Drawn) -> None:
    for event in drawn[1]:
        assert goes_by_side(event) == (cash_moves(event) != cash_moves(event, short=True))
