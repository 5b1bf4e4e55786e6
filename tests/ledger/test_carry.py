"""A balance that is carried on equals one that is replayed, whatever came before."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.ledger.carry import carried_on, is_plain, payments_of
from portfolios.ledger.events import EVENT_TYPES, Event
from portfolios.ledger.records import CashPool
from portfolios.ledger.replay import Rules, replay
from portfolios.selectors.rows import cash_moves
from tests.ledger.build import CHF, EUR, JPY, USD
from tests.ledger.strategies import EVERY, histories

# the kinds whose cash goes by what is held; those that take units out of nothing are left to the replay as well
BY_LEDGER = {"split", "stock_dividend", "spin_off", "merger", "symbol_change", "return_of_capital", "transfer_out", "adjustment_out"}
ABROAD = (USD, CHF, JPY)
Drawn = tuple[Rules, list[Event]]


def balances(events: list[Event], rules: Rules) -> dict[Any, CashPool]:
    """Of all currencies but the base, also where nothing is."""
    cash = replay(events, rules).cash
    return {code: cash.get(code, CashPool(code, Decimal(0), Decimal(0))) for code in ABROAD}


def plain_end(events: list[Event], longest: int) -> int:
    """Where the plain events begin with which a history ends; at most so many."""
    start = len(events)
    while start and len(events) - start < longest and is_plain(events[start - 1]):
        start -= 1
    return start


@settings(max_examples=400, deadline=None)
@given(drawn=histories(kinds=f"{EVERY} buy sell dividend deposit fx_exchange"), longest=st.integers(1, 8))
def test_what_is_carried_on_is_what_a_replay_of_everything_says(drawn: Drawn, longest: int) -> None:
    rules, events = replace(drawn[0], tracks_cash=True), drawn[1]
    start = plain_end(events, longest)
    before, wanted = balances(events[:start], rules), balances(events, rules)
    carried = {pool.currency: pool for pool in carried_on(before.values(), events[start:], EUR)}
    assert {code: (pool.amount, pool.cost) for code, pool in carried.items()} == {code: (pool.amount, pool.cost) for code, pool in wanted.items()}
    assert all(carried[code].realised == wanted[code].realised - before[code].realised for code in ABROAD)


@settings(max_examples=200, deadline=None)
@given(drawn=histories())
def test_a_plain_event_pays_what_lists_say_it_does(drawn: Drawn) -> None:
    for event in filter(is_plain, drawn[1]):
        paid: dict[Any, Decimal] = defaultdict(Decimal)
        told: dict[Any, Decimal] = defaultdict(Decimal)
        for payment in payments_of(event, EUR):
            paid[payment.currency] += payment.amount
        for move in cash_moves(event):
            told[move.currency] += move.amount
        assert {code: amount for code, amount in paid.items() if amount} == {code: amount for code, amount in told.items() if amount}


def test_every_kind_is_plain_but_those_that_pay_by_what_is_held() -> None:
    assert {kind for kind, cls in EVENT_TYPES.items() if cls not in _PLAIN} == BY_LEDGER


_PLAIN = {cls for cls in EVENT_TYPES.values() if is_plain(object.__new__(cls))}


def test_a_balance_that_nobody_asked_for_is_left_alone() -> None:
    deposit = EVENT_TYPES["deposit"](id=1, sequence=1, day=date(2024, 1, 1), currency=USD, fx_rate=Decimal("0.9"), amount=Decimal(10))
    held = CashPool(CHF, Decimal(5), Decimal(4))
    assert carried_on([held], [deposit], EUR) == [held]
