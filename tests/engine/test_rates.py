"""The rates of many positions at once are the rates of each."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
import pyxirr
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.answers import Answers
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.rates import money_weighted_returns, one_rate
from analytics.engine.returns import money_weighted_return

ORIGIN = dt.date(2006, 1, 1)


def _world(seed: int, positions: int, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Purchases, sales and dividends of positions that are worth something, little or nothing in the end; some without any flow."""
    chance = np.random.default_rng(seed)
    counts = chance.integers(0, most, positions)
    owner = np.repeat(np.arange(positions), counts)
    days = chance.integers(0, 4000, len(owner))
    amounts = -chance.lognormal(5, 1, len(owner)).round(2)
    back = chance.random(len(owner)) < 0.4
    amounts[back] *= -chance.choice([0.02, 0.5, 1.0], back.sum())
    amounts[chance.random(len(owner)) < 0.05] = 0.0
    ends = np.flatnonzero(chance.random(positions) < 0.9)
    paid = -np.bincount(owner, amounts, positions)[ends]
    owner, days = np.concatenate((owner, ends)), np.concatenate((days, np.full(len(ends), 4000)))
    amounts = np.concatenate((amounts, np.maximum(paid, 1.0) * chance.lognormal(0, 1, len(ends))))
    order = chance.permutation(len(owner))
    return owner[order], days[order], amounts[order]


@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.integers(2, 30))
def test_each_position_has_the_rate_it_has_alone(seed: int, positions: int, most: int) -> None:
    owner, days, amounts = _world(seed, positions, most)
    dietz = np.random.default_rng(seed).normal(0.5, 1.0, positions)
    near = Answers.of(dietz, (dietz < -0.5, "no money was at work on average"))
    found = money_weighted_returns(owner, days, amounts, positions=positions, near=near)
    assert len(found) == positions
    for place in range(positions):
        part = owner == place
        try:
            alone = money_weighted_return(days[part], amounts[part], near=near.at(place) if near.known[place] else None)
        except Undefined as answer:
            assert found.why_not(place) == answer.reason
            continue
        assert found.at(place) == pytest.approx(alone, rel=1e-9, abs=1e-9)


def test_five_hundred_positions_have_the_rates_of_pyxirr() -> None:
    owner, days, amounts, expected = [], [], [], []
    for position in range(500):
        chance = np.random.default_rng(position)
        when = np.sort(chance.integers(0, 7300, 40))
        when[0], when[-1] = 0, 7300
        much = -chance.lognormal(6, 0.7, 40)
        much[chance.random(40) < 0.3] *= -0.05
        much[0], much[-1] = -abs(much[0]), 0.0
        much[-1] = -(much * 1.07 ** ((7300 - when) / 365)).sum()
        much = much.round(2)
        owner += [position] * 40
        days += when.tolist()
        amounts += much.tolist()
        expected.append(pyxirr.xirr([ORIGIN + dt.timedelta(days=int(day)) for day in when], much.tolist()))
    near = Answers.of(np.full(500, 1.07**20 - 1))
    found = money_weighted_returns(np.array(owner), np.array(days), np.array(amounts), positions=500, near=near)
    assert found.known.all()
    assert found.values == pytest.approx(expected, abs=1e-9)


def test_flows_in_any_order_split_or_merged_give_the_same_rates() -> None:
    owner, days, amounts = _world(7, 10, 20)
    once = money_weighted_returns(owner, days, amounts, positions=10)
    turned = money_weighted_returns(owner[::-1], days[::-1] + 1000, amounts[::-1] * 3, positions=10)
    halves = money_weighted_returns(np.repeat(owner, 2), np.repeat(days, 2), np.repeat(amounts / 2, 2), positions=10)
    assert turned.values == pytest.approx(once.values, rel=1e-9, abs=1e-12) == halves.values
    assert turned.code.tolist() == once.code.tolist() == halves.code.tolist()


def test_every_reason_has_its_position() -> None:
    # 0 without flows · 1 nothing came back · 2 none paid in · 3 no root · 4 a rate · 5 a loss of nearly all · 6 in and out on one day
    owner = np.array([1, 1, 2, 3, 3, 3, 4, 4, 5, 5, 6, 6])
    days = np.array([0, 10, 5, 0, 365, 730, 0, 730, 0, 365, 4, 4])
    amounts = np.array([-1.0, -2.0, 3.0, -100.0, 150.0, -100.0, -100.0, 121.0, -1e6, 1.0, -100.0, 100.0])
    found = money_weighted_returns(owner, days, amounts, positions=7)
    assert found.why_not(0) == found.why_not(6) == "no money moved and nothing was held"
    assert "nothing came back or is left" in found.why_not(1)
    assert "none was paid in" in found.why_not(2)
    assert "no rate between −100 %" in found.why_not(3)
    assert found.at(4) == pytest.approx(0.1, rel=1e-13)
    assert found.at(5) == pytest.approx(1e-6 - 1, rel=1e-12)
    with pytest.raises(Undefined, match="nothing came back"):
        found.at(1)


def test_of_several_rates_each_position_takes_the_one_nearest_its_modified_dietz_return() -> None:
    # -100 + 230/(1+r) - 132/(1+r)² = 0 at 10 % and at 20 %
    owner, days, amounts = np.repeat([0, 1, 2], 3), np.tile([0, 365, 730], 3), np.tile([-100.0, 230.0, -132.0], 3)
    near = Answers.of(np.array([0.22, 0.44, 0.44]), (np.array([False, False, True]), "it is not known"))
    found = money_weighted_returns(owner, days, amounts, positions=3, near=near)
    assert found.values == pytest.approx([0.1, 0.2, 0.1], rel=1e-9)


def test_no_position_has_no_rate() -> None:
    empty = np.zeros(0)
    assert len(money_weighted_returns(empty.astype(np.int64), empty.astype(np.int64), empty, positions=0)) == 0


def test_flows_that_belong_to_nobody_are_refused() -> None:
    for owner in ([3], [-1]):
        with pytest.raises(MalformedSeries, match="none of the 3 positions"):
            money_weighted_returns(np.array(owner), np.array([0]), np.array([1.0]), positions=3)
    with pytest.raises(MalformedSeries, match="2 days stand beside 1 amounts"):
        money_weighted_returns(np.array([0]), np.array([0, 1]), np.array([1.0]), positions=1)
    with pytest.raises(MalformedSeries, match="not a finite number"):
        money_weighted_returns(np.array([0]), np.array([0]), np.array([np.nan]), positions=1)


@given(st.integers(0, 2**32 - 1), st.integers(2, 30))
def test_one_position_by_itself_is_answered_as_the_search_for_every_rate_answers_it(seed: int, most: int) -> None:
    _, days, amounts = _world(seed, 1, most)
    try:
        expected = money_weighted_return(days, amounts, near=0.1)
    except Undefined as answer:
        with pytest.raises(Undefined) as said:
            one_rate(days, amounts, near=0.1)
        assert said.value.reason == answer.reason
        return
    assert one_rate(days, amounts, near=0.1) == pytest.approx(expected, rel=1e-9, abs=1e-9)
