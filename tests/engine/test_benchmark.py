"""The benchmark's own return, and the same money in it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.benchmark import index_return, same_money
from analytics.engine.errors import MalformedSeries
from analytics.engine.returns import time_weighted_return

closes = st.lists(st.floats(min_value=1.0, max_value=1e4), min_size=2, max_size=40)


@given(closes, st.data())
def test_a_portfolio_that_is_the_benchmark_is_worth_the_same_money_each_day(values: list[float], data: st.DataObject) -> None:
    index = np.array(values)
    days = len(index) - 1
    trades = np.array(data.draw(st.lists(st.floats(min_value=0.0, max_value=50.0), min_size=days + 1, max_size=days + 1)))
    sold = np.array([0.0, *(0.3 * trades[1:])])
    units = np.cumsum(trades - sold)
    inflow, outflow = trades[1:] * index[1:], sold[1:] * index[1:]
    assert same_money(units[0] * index[0], inflow, outflow, index) == pytest.approx(units * index, rel=1e-9, abs=1e-9)


@given(closes, st.floats(min_value=0.5, max_value=1e5))
def test_units_of_the_benchmark_without_flows_earn_its_return(values: list[float], units: float) -> None:
    index, none = np.array(values), np.zeros(len(values) - 1)
    assert time_weighted_return(index * units, none, none) == pytest.approx(index_return(index), rel=1e-9, abs=1e-12)


@given(closes, st.floats(min_value=0.01, max_value=100.0))
def test_a_benchmark_counted_from_another_base_changes_nothing(values: list[float], factor: float) -> None:
    index = np.array(values)
    inflow, outflow = np.full(len(index) - 1, 10.0), np.full(len(index) - 1, 3.0)
    assert same_money(100.0, inflow, outflow, index * factor) == pytest.approx(same_money(100.0, inflow, outflow, index), rel=1e-9)
    assert index_return(index * factor) == pytest.approx(index_return(index), rel=1e-9, abs=1e-12)


def test_each_flow_buys_or_sells_at_the_close_of_its_day() -> None:
    worth = same_money(0.0, np.array([100.0, 0.0, 0.0]), np.array([0.0, 0.0, 30.0]), np.array([9.0, 10.0, 11.0, 12.0]))
    assert worth.tolist() == pytest.approx([0.0, 100.0, 110.0, 90.0])


@pytest.mark.parametrize("index", [[1.0, 0.0], [1.0, -2.0], [1.0, float("nan")], []])
def test_an_index_at_or_below_zero_is_refused(index: list[float]) -> None:
    with pytest.raises(MalformedSeries):
        index_return(np.array(index))
