"""Weights with what is unclassified, concentration, and the score with its parts."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.diversification import (
    Weights,
    effective_number,
    herfindahl,
    holding_weights,
    in_one_category,
    score,
    spread_score,
    weights,
)
from analytics.engine.errors import MalformedSeries, Undefined


@st.composite
def portfolios(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """worth (m,), some short; parts (m, k): single ones, funds whose weights fall short of the whole, empty rows"""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    m, k = draw(st.integers(1, 12)), draw(st.integers(1, 6))
    worth = chance.normal(1000, 2000, m)
    parts = chance.dirichlet(np.ones(k + 1), m)[:, :k]
    single = chance.random(m) < 0.5
    parts[single] = in_one_category(chance.integers(-1, k, m), k)[single]
    return worth, parts


@given(portfolios())
def test_weights_and_what_is_unclassified_add_up_to_one(case: tuple[np.ndarray, np.ndarray]) -> None:
    worth, parts = case
    found = weights(worth, parts)
    assert found.known.sum() + found.unclassified == pytest.approx(1.0, abs=1e-12)
    total = sum(abs(x) for x in worth)
    for place in range(parts.shape[1]):
        assert found.known[place] == pytest.approx(sum(abs(x) / total * row[place] for x, row in zip(worth, parts, strict=True)), abs=1e-12)


@given(portfolios(), st.floats(min_value=1e-3, max_value=1e3))
def test_the_unit_of_money_and_the_side_of_a_holding_change_nothing(case: tuple[np.ndarray, np.ndarray], factor: float) -> None:
    worth, parts = case
    assert weights(-worth * factor, parts).known == pytest.approx(weights(worth, parts).known, rel=1e-9, abs=1e-15)


@given(portfolios())
def test_concentration_lies_between_one_place_and_all_alike(case: tuple[np.ndarray, np.ndarray]) -> None:
    shares = holding_weights(case[0])
    assert 1 / len(shares) - 1e-12 <= herfindahl(shares) <= 1 + 1e-12
    assert effective_number(shares) == pytest.approx(1 / sum(x * x for x in shares), rel=1e-12)


def test_a_fund_is_looked_through_and_its_rest_is_unclassified() -> None:
    # 600 in a fund of 50 % a and 30 % b, 300 in a itself, 100 nobody knows of
    found = weights(np.array([600.0, 300.0, -100.0]), np.array([[0.5, 0.3], [1.0, 0.0], [0.0, 0.0]]))
    assert found.known.tolist() == pytest.approx([0.6, 0.18])
    assert found.unclassified == pytest.approx(0.22)


def test_alike_holdings_count_as_many_as_they_are() -> None:
    assert effective_number(np.full(8, 0.125)) == pytest.approx(8.0)
    assert herfindahl(np.array([1.0, 0.0])) == 1.0


def test_the_score_is_the_mean_of_its_four_parts() -> None:
    alike, single = Weights(np.full(4, 0.25), 0.0), Weights(np.array([1.0, 0.0]), 0.0)
    half = Weights(np.array([0.5, 0.0, 0.0]), 0.5)
    found = score(np.full(10, 0.1), classes=alike, sectors=single, countries=half, ratio=1.3)
    assert (found.holdings, found.classes, found.sectors, found.countries) == pytest.approx((90.0, 100.0, 0.0, 0.0))
    assert found.score == pytest.approx(47.5) and not found.halved
    assert score(np.full(10, 0.1), classes=alike, sectors=single, countries=half, ratio=1.09).score == pytest.approx(23.75)
    assert not score(np.full(10, 0.1), classes=alike, sectors=single, countries=half, ratio=None).halved


@given(st.integers(2, 20).flatmap(lambda k: st.tuples(st.just(k), st.integers(0, 2**32 - 1), st.floats(min_value=0, max_value=1))))
def test_evenness_is_entropy_over_its_most_by_what_is_classified(case: tuple[int, int, float]) -> None:
    k, seed, unknown = case
    shares = np.random.default_rng(seed).dirichlet(np.ones(k))
    found = spread_score(Weights(shares * (1 - unknown), unknown))
    expected = 100 * (1 - unknown) * -sum(x * math.log(x) for x in shares if x > 0) / math.log(k)
    assert found == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert 0 <= found <= 100


def test_what_nothing_is_known_of_earns_no_points() -> None:
    assert spread_score(Weights(np.zeros(5), 1.0)) == 0.0


def test_questions_without_an_answer_say_why() -> None:
    with pytest.raises(Undefined, match="nothing is held"):
        weights(np.zeros(2), np.zeros((2, 3)))
    with pytest.raises(Undefined, match="nothing is held"):
        holding_weights(np.zeros(0))
    with pytest.raises(Undefined, match="fewer than two categories"):
        spread_score(Weights(np.ones(1), 0.0))


@pytest.mark.parametrize("parts", [[[0.7, 0.4]], [[-0.1, 0.4]], [[0.5, 0.5], [0.5, 0.5]]])
def test_parts_that_are_no_parts_are_refused(parts: list[list[float]]) -> None:
    with pytest.raises(MalformedSeries):
        weights(np.array([100.0]), np.array(parts))


def test_shares_that_do_not_add_up_are_refused() -> None:
    for shares in ([0.5, 0.4], [1.5, -0.5]):
        with pytest.raises(MalformedSeries):
            herfindahl(np.array(shares))
    with pytest.raises(MalformedSeries):
        in_one_category(np.array([0, 3]), 3)
