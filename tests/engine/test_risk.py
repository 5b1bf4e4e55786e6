"""Volatility and the risk level."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.risk import annual_volatility, returns_between, risk_level

returns = st.lists(st.floats(min_value=-0.5, max_value=0.5), min_size=20, max_size=300)


@given(returns)
def test_volatility_is_the_sample_deviation_of_pandas_over_a_year(values: list[float]) -> None:
    reference = pd.Series(values).std(ddof=1) * 252**0.5
    assert annual_volatility(np.array(values), periods_per_year=252) == pytest.approx(reference, rel=1e-9, abs=1e-12)


@given(returns, st.floats(min_value=0.0, max_value=1.5))
def test_moves_twice_as_large_are_twice_as_volatile(values: list[float], factor: float) -> None:
    once = annual_volatility(np.array(values), periods_per_year=252)
    assert annual_volatility(np.array(values) * factor, periods_per_year=252) == pytest.approx(once * factor, rel=1e-9, abs=1e-12)


def test_nineteen_days_are_too_few() -> None:
    assert annual_volatility(np.zeros(20), periods_per_year=252) == 0.0
    with pytest.raises(Undefined, match="fewer than 20 trading days lie in the period: 19"):
        annual_volatility(np.zeros(19), periods_per_year=252)


@pytest.mark.parametrize(
    ("volatility", "level"),
    [
        (0.0, 1),
        (0.00499, 1),
        (0.005, 2),
        (0.0199, 2),
        (0.02, 3),
        (0.0499, 3),
        (0.05, 4),
        (0.0999, 4),
        (0.1, 5),
        (0.1499, 5),
        (0.15, 6),
        (0.2499, 6),
        (0.25, 7),
        (3.0, 7),
    ],
)
def test_the_level_follows_the_classes_of_the_european_indicator(volatility: float, level: int) -> None:
    assert risk_level(volatility) == level


def test_a_volatility_below_zero_or_not_a_number_has_no_level() -> None:
    for value in (-0.1, float("nan")):
        with pytest.raises(MalformedSeries):
            risk_level(value)


def test_what_happens_over_a_weekend_belongs_to_monday() -> None:
    index = np.array([1.0, 1.1, 1.21, 1.331, 1.4641])
    assert returns_between(index, np.array([True, False, False, True, True])).tolist() == pytest.approx([0.331, 0.1])
    assert len(returns_between(index, np.zeros(5, dtype=bool))) == 0


def test_after_a_total_loss_nothing_is_left_to_vary() -> None:
    with pytest.raises(Undefined, match="everything was lost"):
        returns_between(np.array([1.0, 0.0, 0.0]), np.ones(3, dtype=bool))
    assert returns_between(np.array([1.0, 0.0]), np.ones(2, dtype=bool)).tolist() == [-1.0]


def test_marks_and_index_of_different_length_are_refused() -> None:
    with pytest.raises(MalformedSeries):
        returns_between(np.ones(3), np.ones(2, dtype=bool))
    with pytest.raises(MalformedSeries):
        annual_volatility(np.array([np.nan] * 30), periods_per_year=252)
