"""Covariance by Ledoit and Wolf, what each holding adds to risk, correlations, the diversification ratio."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.covariance import ledoit_wolf as reference

from analytics.engine.covariance import average_correlation, correlations, diversification_ratio, ledoit_wolf, risk_parts
from analytics.engine.errors import MalformedSeries, Undefined
from tests.engine.drawn import tables
from tests.engine.recorded import closes

few = st.integers(1, 8).flatmap(lambda columns: tables(columns))


def _weights(seed: int, count: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 0.5, count)


@given(few)
def test_the_estimate_is_that_of_scikit_learn(table: np.ndarray) -> None:
    matrix, shrinkage = reference(table)
    found = ledoit_wolf(table)
    assert found.matrix == pytest.approx(matrix, rel=1e-9, abs=1e-18)
    if table.shape[1] > 1:  # of one thing there is nothing to draw together, and any number does
        assert found.shrinkage == pytest.approx(shrinkage, rel=1e-7, abs=1e-9)


def test_of_twenty_real_companies_too() -> None:
    table = closes().drop(columns="SPX").loc["2019":"2020"].pct_change().dropna().to_numpy()
    matrix, shrinkage = reference(table)
    found = ledoit_wolf(table)
    assert found.matrix == pytest.approx(matrix, rel=1e-9)
    assert found.shrinkage == pytest.approx(shrinkage, rel=1e-9)


@given(few, st.integers(0, 2**32 - 1))
def test_what_each_holding_adds_sums_to_the_volatility(table: np.ndarray, seed: int) -> None:
    held = _weights(seed, table.shape[1])
    matrix = ledoit_wolf(table).matrix
    try:
        found = risk_parts(held, matrix, periods_per_year=252)
    except Undefined:
        assert held @ matrix @ held < 1e-20
        return
    assert found.volatility == pytest.approx(float(held @ matrix @ held) ** 0.5 * 252**0.5, rel=1e-9)
    assert found.parts.sum() == pytest.approx(found.volatility, rel=1e-9)
    assert found.shares.sum() == pytest.approx(1.0, rel=1e-9)


def test_a_part_is_what_a_little_more_of_the_holding_would_add() -> None:
    table = closes().drop(columns="SPX").loc["2019":"2020"].pct_change().dropna().to_numpy()
    matrix, held, step = ledoit_wolf(table).matrix, np.full(20, 0.05), 1e-6
    found = risk_parts(held, matrix, periods_per_year=252)
    for place in range(20):
        more = held.copy()
        more[place] *= 1 + step
        slope = (risk_parts(more, matrix, periods_per_year=252).volatility - found.volatility) / step
        assert found.parts[place] == pytest.approx(slope, rel=1e-4)


@given(tables(4))
def test_correlations_are_those_of_numpy_where_there_is_movement(table: np.ndarray) -> None:
    table = np.column_stack((table, np.full(len(table), 0.01)))
    found = correlations(table)
    moving = np.ptp(table, axis=0) > 1e-12
    assert not found.known[~moving].any() and not found.known[:, ~moving].any()
    assert found.why_not(4, 0) == "one of the two does not vary"
    if moving.any():
        inner = np.ix_(moving, moving)
        assert found.values[inner] == pytest.approx(np.atleast_2d(np.corrcoef(table[:, moving].T)), rel=1e-9, abs=1e-9)
        assert np.diag(found.values[inner]).tolist() == [1.0] * int(moving.sum())
    if moving.sum() > 1:
        upper = np.corrcoef(table[:, moving].T)[np.triu_indices(int(moving.sum()), 1)]
        assert average_correlation(table) == pytest.approx(upper.mean(), rel=1e-9, abs=1e-9)


@given(few, st.integers(0, 2**32 - 1), st.floats(min_value=0.1, max_value=10.0))
def test_the_diversification_ratio_is_at_least_one_and_knows_no_unit(table: np.ndarray, seed: int, factor: float) -> None:
    held, matrix = np.abs(_weights(seed, table.shape[1])), ledoit_wolf(table).matrix
    try:
        once = diversification_ratio(held, matrix)
    except Undefined:
        return
    assert once >= 1 - 1e-9
    assert diversification_ratio(held * factor, matrix) == pytest.approx(once, rel=1e-9)
    assert diversification_ratio(held[:1], matrix[:1, :1]) == pytest.approx(1.0, rel=1e-12)


def test_holdings_that_go_together_even_nothing_out() -> None:
    one = np.resize([0.01, -0.02, 0.005], 30)
    alike = np.column_stack((one, 2 * one))
    sample = np.cov(alike.T)
    assert diversification_ratio(np.array([0.5, 0.5]), sample) == pytest.approx(1.0)
    with pytest.raises(Undefined, match="do not vary, and there is no spread"):
        diversification_ratio(np.array([2.0, -1.0]), sample)
    with pytest.raises(Undefined, match="do not vary, and there is no risk"):
        risk_parts(np.array([2.0, -1.0]), sample, periods_per_year=252)


def test_questions_without_an_answer_say_why() -> None:
    with pytest.raises(Undefined, match="fewer than 20 common trading days lie in the period: 19"):
        ledoit_wolf(np.zeros((19, 2)))
    with pytest.raises(Undefined, match="nothing is held"):
        correlations(np.zeros((30, 0)))
    with pytest.raises(Undefined, match="fewer than two holdings vary"):
        average_correlation(np.column_stack((np.zeros(30), np.arange(30.0))))
    assert ledoit_wolf(np.zeros((30, 3))).matrix.tolist() == np.zeros((3, 3)).tolist()
    with pytest.raises(MalformedSeries, match="symmetric"):
        risk_parts(np.ones(2), np.array([[1.0, 2.0], [0.0, 1.0]]), periods_per_year=252)
    with pytest.raises(MalformedSeries, match="shape"):
        risk_parts(np.ones(3), np.eye(2), periods_per_year=252)
