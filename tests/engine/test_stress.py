"""Present holdings through past periods and under shocks."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.stress import past_period, shocked
from tests.engine.drawn import index_of, tables
from tests.engine.recorded import closes


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=20))
def test_parts_of_a_shock_add_up_and_causes_multiply(rows: list[tuple[float, float, float]]) -> None:
    held, first, second = np.array(rows).T
    found = shocked(held, first, second)
    assert found.parts.sum() == pytest.approx(found.change, abs=1e-12)
    assert found.parts == pytest.approx([w * ((1 + a) * (1 + b) - 1) for w, a, b in rows], abs=1e-12)


def test_a_fall_of_a_fifth_in_a_currency_that_loses_a_tenth_is_one_of_28_percent() -> None:
    assert shocked(np.array([1.0]), np.array([-0.2]), np.array([-0.1])).change == pytest.approx(-0.28)
    assert shocked(np.array([0.5, 0.5])).change == 0.0


@given(tables(5), st.integers(0, 2**32 - 1))
def test_a_past_period_is_bought_then_and_held(table: np.ndarray, seed: int) -> None:
    chance = np.random.default_rng(seed)
    prices = np.array([index_of(column) for column in table.T]) * chance.uniform(1, 300, (5, 1))
    held, priced = chance.dirichlet(np.ones(5)), np.array([True, True, True, True, bool(seed % 2)])
    found = past_period(held, prices, priced)
    worth = [
        sum(w * (row[day] / row[0] if known else 1.0) for w, row, known in zip(held, prices, priced, strict=True)) for day in range(len(table) + 1)
    ]
    assert found.path == pytest.approx(worth, rel=1e-9)
    assert found.change == pytest.approx(worth[-1] - 1, abs=1e-9) == found.parts.sum()
    assert found.covered == pytest.approx(held[priced].sum())
    assert found.deepest == pytest.approx(min(x / max(worth[: k + 1]) - 1 for k, x in enumerate(worth)), abs=1e-9)


def test_march_2020_with_half_in_the_index_is_half_its_fall() -> None:
    index = closes()["SPX"].loc["2020-02-19":"2020-03-23"].to_numpy()
    found = past_period(np.array([0.5]), index[None, :], np.array([True]))
    assert found.change == pytest.approx((index[-1] / index[0] - 1) / 2, rel=1e-12)
    assert found.change == pytest.approx(-0.1696, abs=1e-4)


def test_questions_without_an_answer_say_why() -> None:
    with pytest.raises(Undefined, match="had a price then"):
        past_period(np.ones(2), np.ones((2, 5)), np.zeros(2, dtype=bool))
    with pytest.raises(Undefined, match="no day"):
        past_period(np.ones(2), np.ones((2, 1)), np.ones(2, dtype=bool))
    with pytest.raises(Undefined, match="beyond all numbers"):
        shocked(np.ones(1), np.array([1e300]), np.array([1e300]))
    with pytest.raises(MalformedSeries, match="more than all"):
        shocked(np.ones(1), np.array([-1.1]))
    with pytest.raises(MalformedSeries, match="above zero"):
        past_period(np.ones(1), np.zeros((1, 5)), np.ones(1, dtype=bool))
    with pytest.raises(MalformedSeries, match="beside 3 weights"):
        past_period(np.ones(3), np.ones((2, 5)), np.ones(3, dtype=bool))
