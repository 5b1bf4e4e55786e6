"""Units × close × rate for every day at once, against pandas."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine import valuation
from analytics.engine.errors import MalformedSeries
from analytics.engine.valuation import converted, filled, held_each_day, worth_by_currency
from tests.engine import slow

DAYS, COLUMNS = 30, 5
steps = st.lists(st.tuples(st.integers(0, COLUMNS - 1), st.integers(0, DAYS - 1), st.integers(0, 1000).map(float)), max_size=60)


def _arrays(rows: list[tuple[int, int, float]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ordered = sorted(rows, key=lambda row: row[:2])
    return (
        np.array([row[0] for row in ordered], dtype=np.int64),
        np.array([row[1] for row in ordered], dtype=np.int64),
        np.array([row[2] for row in ordered], dtype=np.float64),
    )


@given(steps)
def test_units_are_carried_from_step_to_step_as_pandas_does(rows: list[tuple[int, int, float]]) -> None:
    ordered = sorted(rows, key=lambda row: row[:2])
    units = held_each_day(*_arrays(rows), first=0, last=COLUMNS, days=DAYS)
    assert np.array_equal(units, slow.units_each_day(ordered, COLUMNS, DAYS).to_numpy().T)


@given(steps, st.integers(min_value=1, max_value=400))
def test_worth_is_units_times_close_whatever_the_size_of_the_blocks(rows: list[tuple[int, int, float]], block: int) -> None:
    rng = np.random.default_rng(len(rows))
    closes = rng.uniform(1, 100, (COLUMNS, DAYS))
    currency = np.array([0, 1, 0, 2, 1])
    units = slow.units_each_day(sorted(rows, key=lambda row: row[:2]), COLUMNS, DAYS).to_numpy().T
    rates = rng.uniform(0.5, 2, (3, DAYS))
    before, valuation._BLOCK = valuation._BLOCK, block
    try:
        by_currency = worth_by_currency(*_arrays(rows), closes, currency, 3)
    finally:
        valuation._BLOCK = before
    for code in range(3):
        assert by_currency[code] == pytest.approx((units * closes)[currency == code].sum(axis=0), rel=1e-12)
    assert converted(by_currency, rates) == pytest.approx((units * closes * rates[currency]).sum(axis=0), rel=1e-12)


def test_everything_sold_leaves_exactly_nothing() -> None:
    units = held_each_day(np.array([0, 0, 0]), np.array([1, 2, 4]), np.array([0.1, 0.3, 0.0]), first=0, last=1, days=6)
    assert units.tolist() == [[0.0, 0.1, 0.3, 0.3, 0.0, 0.0]]


def test_a_close_is_carried_forward_and_never_back() -> None:
    starts, values = np.array([-3, 2, 5, 9]), np.array([1.0, 2.0, 3.0, 4.0])
    assert filled(starts, values, 0.0, 7).tolist() == [1, 1, 2, 2, 2, 3, 3]
    assert filled(starts[1:], values[1:], 0.0, 4).tolist() == [0, 0, 2, 2]
    assert filled(np.array([], dtype=np.int64), np.array([]), 7.0, 3).tolist() == [7, 7, 7]
    assert filled(np.array([0]), np.array([5.0]), 7.0, 2).tolist() == [5, 5]


def test_shapes_that_disagree_are_refused() -> None:
    none = np.array([], dtype=np.int64)
    with pytest.raises(MalformedSeries):
        worth_by_currency(none, none, np.array([]), np.ones((2, 3)), np.array([0]), 1)
    with pytest.raises(MalformedSeries):
        converted(np.ones((1, 3)), np.ones((2, 3)))
    with pytest.raises(MalformedSeries):
        filled(np.array([1]), np.array([]), 0.0, 3)
