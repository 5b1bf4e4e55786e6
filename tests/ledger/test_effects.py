"""What each change of a ledger did to its figures, and that the effects add up."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings

from portfolios.errors import LedgerRefused
from portfolios.ledger import effects as module
from portfolios.ledger.effects import NOTHING, Change, Effects, Figures, Table, effects_of, figures_of
from portfolios.ledger.events import Event
from portfolios.ledger.replay import Rules
from tests.ledger.build import EUR, Ledger, leg
from tests.ledger.strategies import SEEDS, ledgers

RULES = Rules(base_currency=EUR, method="fifo", tracks_cash=False)


def by_number(ledger: Ledger) -> dict[int, Any]:
    return {event.id: event for event in ledger.events}


def sums(told: Effects) -> Table:
    total: Table = {}
    for effect in told.effects:
        for pk, figures in effect.by_instrument.items():
            total[pk] = total.get(pk, NOTHING).plus(figures)
    return {pk: figures for pk, figures in total.items() if any(figures)}


def differences(told: Effects) -> Table:
    every = told.before.keys() | told.after.keys()
    found = {pk: told.after.get(pk, NOTHING).less(told.before.get(pk, NOTHING)) for pk in every}
    return {pk: figures for pk, figures in found.items() if any(figures)}


def test_a_corrected_price_moves_the_cost_and_the_gain_of_a_later_sale() -> None:
    ledger = Ledger(method="fifo").buy(3, 10, 100).sell(5, 4, 130)
    before = by_number(ledger)
    told = effects_of(before, [Change((1,), (replace(before[1], gross=Decimal(900)),))], RULES)
    assert told.effects[0].by_instrument == {1: Figures(Decimal(0), Decimal(-60), Decimal(40), Decimal(0), Decimal(0))}
    assert sums(told) == differences(told)


def test_other_instruments_are_neither_replayed_nor_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger().buy(3, 10, 100, 1).buy(3, 5, 10, 2)
    seen: list[set[int]] = []

    def counted(events: list[Event], rules: Rules) -> Table:
        read = list(events)
        seen.append({event.id for event in read})
        return figures_of(read, rules)

    monkeypatch.setattr(module, "figures_of", counted)
    told = effects_of(by_number(ledger), [Change((1,))], RULES)
    assert set(told.before) == {1} and all(2 not in ids for ids in seen)


def test_a_change_that_leaves_no_ledger_is_told_with_the_next() -> None:
    ledger = Ledger(method="fifo").buy(3, 10, 100).sell(5, 10, 130)
    told = effects_of(by_number(ledger), [Change((1,)), Change((2,))], RULES)
    first, second = told.effects
    assert first.with_next and not first.by_instrument
    assert second.by_instrument == {1: Figures(Decimal(0), Decimal(0), Decimal(-300), Decimal(0), Decimal(0))}


def test_a_ledger_that_the_rules_of_now_refuse_is_said() -> None:
    ledger = Ledger().sell(5, 10, 130)
    told = effects_of(by_number(ledger), [Change((1,))], RULES)
    assert told.problem and told.effects[0].by_instrument == {}


def test_an_entry_that_moves_to_another_instrument_is_told_of_both() -> None:
    ledger = Ledger().buy(3, 10, 100, 1)
    before = by_number(ledger)
    told = effects_of(before, [Change((1,), (replace(before[1], instrument=2),))], RULES)
    moved = told.effects[0].by_instrument
    assert moved[1].units == -10 and moved[2].units == 10


def test_interest_and_fees_of_no_instrument_have_an_effect_too() -> None:
    ledger = Ledger().interest(3, 10, taxes="2").fee(4, 5)
    told = effects_of({}, [Change((), (event,)) for event in ledger.events], RULES)
    assert [effect.by_instrument[None] for effect in told.effects] == [
        Figures(income=Decimal(10), expenses=Decimal(2)),
        Figures(expenses=Decimal(5)),
    ]


def test_instruments_that_a_merger_connects_are_replayed_together() -> None:
    ledger = Ledger().buy(3, 10, 100, 1).event("merger", 5, instrument=1, legs=(leg(2, "1:2", 1),))
    before = by_number(ledger)
    told = effects_of(before, [Change((1,), (replace(before[1], gross=Decimal(800)),))], RULES)
    assert told.effects[0].by_instrument == {2: Figures(cost=Decimal(-200))}


def test_too_many_changes_of_the_same_instrument_are_taken_together(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger()
    for n in range(1, 10):
        ledger.buy(n, 1, 10)
    monkeypatch.setattr(module, "MOST_EVENTS", 5)
    told = effects_of({}, [Change((), (event,)) for event in ledger.events], RULES)
    assert all(effect.with_next for effect in told.effects[:-1])
    assert told.effects[-1].by_instrument[1].units == 9 and sums(told) == differences(told)


@settings(deadline=None, max_examples=60)
@given(ledgers(most=14), SEEDS)
def test_effects_add_up_whatever_is_recorded_edited_and_voided(events: list[Event], seed: int) -> None:
    random = Random(seed)
    known = {event.id: event for event in events if random.random() < 0.6}
    changes = []
    for event in events:
        if event.id not in known:
            changes.append(Change((), (event,)))
        elif random.random() < 0.5:
            changes.append(Change((event.id,)))
    if not changes:
        return
    told = effects_of(known, changes, RULES)
    if told.problem:
        return
    assert sums(told) == differences(told)
    left = dict(known)
    for change in changes:
        for number in change.out:
            left.pop(number)
        left |= {event.id: event for event in change.into}
    try:
        after = figures_of(left.values(), RULES)
    except LedgerRefused:
        return
    assert {pk: figures for pk, figures in told.after.items() if pk is not None} == {pk: after[pk] for pk in told.after if pk is not None}
