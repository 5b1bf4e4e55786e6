"""What effects tell in detail: every figure under its own name, nothing where nothing can be told, and the bound on replays."""

from __future__ import annotations

from dataclasses import replace

import pytest

from portfolios.ledger import effects as module
from portfolios.ledger.effects import Change, Figures, effects_of
from tests.ledger.build import D, Ledger
from tests.ledger.test_effects import RULES, by_number


def test_income_and_expenses_of_an_instrument_are_told_apart():
    before = by_number(Ledger().buy(3, 10, 100).dividend(5, 20, taxes=5))
    told = effects_of(before, [Change((2,), (replace(before[2], gross=D(30), taxes=D(7)),))], RULES)
    assert told.effects[0].by_instrument == {1: Figures(income=D(10), expenses=D(2))}
    assert told.before == {1: Figures(D(10), D(1000), D(0), D(20), D(5))}
    assert told.after == {1: Figures(D(10), D(1000), D(0), D(30), D(7))}


def test_a_change_that_does_nothing_is_told_as_nothing():
    before = by_number(Ledger().buy(3, 10, 100))
    (effect,) = effects_of(before, [Change((1,), (replace(before[1], sequence=9),))], RULES).effects
    assert effect.by_instrument == {} and not effect.with_next


def test_where_nothing_can_be_told_there_are_no_figures_but_the_reason():
    for ledger, changes in ((Ledger().sell(5, 10, 130), [Change((1,))]), (Ledger().buy(3, 1, 1), [Change(), Change((1,), ()), Change()])):
        told = effects_of(by_number(ledger), changes, RULES)
        assert len(told.effects) == len(changes)
    refused = effects_of(by_number(Ledger().sell(5, 10, 130)), [Change((1,)), Change()], RULES)
    assert (refused.before, refused.after, len(refused.effects)) == ({}, {}, 2)
    assert refused.problem == "On 5 Jun 2024 you held 0; the sale is of 10. Check the date, or record the missing purchase."


@pytest.mark.parametrize(("most", "together"), [(12, False), (11, True)])
def test_changes_are_told_one_by_one_as_long_as_the_replays_stay_within_the_bound(monkeypatch, most, together):
    ledger = Ledger().buy(1, 1, 10).buy(2, 1, 10).buy(3, 1, 10)
    monkeypatch.setattr(module, "MOST_EVENTS", most)  # three states of up to three events, and the one before them: 3 × 4
    told = effects_of({}, [Change((), (event,)) for event in ledger.events], RULES)
    assert [effect.with_next for effect in told.effects] == [together, together, False]


def test_the_bound_is_shared_by_the_instruments_that_are_touched(monkeypatch):
    ledger = Ledger().buy(1, 1, 10, 1).buy(2, 1, 10, 1).buy(3, 1, 10, 2).buy(4, 1, 10, 2)
    changes = [Change((), (event,)) for event in ledger.events]
    monkeypatch.setattr(module, "MOST_EVENTS", 12)  # 2 × 3 for each
    assert [effect.with_next for effect in effects_of({}, changes, RULES).effects] == [False] * 4
    monkeypatch.setattr(module, "MOST_EVENTS", 11)
    assert [effect.with_next for effect in effects_of({}, changes, RULES).effects] == [True, False, True, False]
