"""Beta, alpha, R², tracking error, information ratio and capture."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.relative import down_capture, information_ratio, line, r_squared, tracking_error, up_capture
from tests.engine.drawn import tables
from tests.engine.recorded import EMPYRICAL, PERIODS, returns_in

pairs = tables(2)


@pytest.mark.parametrize("period", PERIODS)
def test_real_series_against_their_index_are_as_empyrical_says(period: str) -> None:
    ours, theirs, known = returns_in(period), returns_in(period, "SPX"), EMPYRICAL[period]
    found = line(ours, theirs, periods_per_year=252, risk_free=known["risk_free"])
    assert found.beta == pytest.approx(known["beta"], rel=1e-9)
    assert found.alpha / 252 == pytest.approx(np.expm1(np.log1p(known["alpha_compounded"]) / 252), rel=1e-8)
    assert tracking_error(ours, theirs, periods_per_year=252) == pytest.approx(known["tracking_error"], rel=1e-9)
    assert information_ratio(ours, theirs, periods_per_year=252) == pytest.approx(known["mean_excess_over_spread"] * 252**0.5, rel=1e-9)


@pytest.mark.parametrize("period", PERIODS)
def test_capture_is_that_of_empyrical_without_its_compounding_to_a_year(period: str) -> None:
    ours, theirs, known = returns_in(period), returns_in(period, "SPX"), EMPYRICAL[period]
    for found, chosen, key in ((up_capture, theirs > 0, "up_capture_compounded"), (down_capture, theirs < 0, "down_capture_compounded")):
        yearly = [np.prod(1 + series[chosen]) ** (252 / chosen.sum()) - 1 for series in (ours, theirs)]
        assert yearly[0] / yearly[1] == pytest.approx(known[key], rel=1e-9)
        daily = [(1 + year) ** (1 / 252) - 1 for year in yearly]
        assert found(ours, theirs) == pytest.approx(daily[0] / daily[1], rel=1e-9)


@given(pairs, st.floats(min_value=-1e-3, max_value=1e-3))
def test_the_line_is_the_regression_of_scipy(pair: np.ndarray, rate: float) -> None:
    ours, theirs = pair.T
    if np.ptp(theirs) <= 1e-4 or np.ptp(ours) <= 1e-4:
        return
    found, reference = line(ours, theirs, periods_per_year=252, risk_free=rate), stats.linregress(theirs - rate, ours - rate)
    assert found.beta == pytest.approx(reference.slope, rel=1e-9, abs=1e-9)
    assert found.alpha == pytest.approx(reference.intercept * 252, rel=1e-9, abs=1e-9)
    assert found.r_squared == pytest.approx(reference.rvalue**2, rel=1e-9, abs=1e-9)


@given(pairs)
def test_a_benchmark_against_itself_has_beta_one_alpha_zero_error_zero(pair: np.ndarray) -> None:
    series = pair[:, 0]
    if np.ptp(series) <= 1e-4:
        return
    found = line(series, series, periods_per_year=252)
    assert found.beta == pytest.approx(1.0, rel=1e-12)
    assert found.alpha == pytest.approx(0.0, abs=1e-12)
    assert found.r_squared == pytest.approx(1.0, rel=1e-12)
    assert tracking_error(series, series, periods_per_year=252) == 0.0
    with pytest.raises(Undefined, match="the difference from the benchmark does not vary"):
        information_ratio(series, series, periods_per_year=252)
    for capture, there in ((up_capture, (series > 0).any()), (down_capture, (series < 0).any())):
        if there:
            assert capture(series, series) == pytest.approx(1.0, rel=1e-12)


@given(pairs, st.floats(min_value=0.1, max_value=3.0))
def test_moves_twice_as_large_have_twice_the_beta_and_alpha(pair: np.ndarray, factor: float) -> None:
    ours, theirs = pair.T
    if np.ptp(theirs) <= 1e-4:
        return
    once, more = line(ours, theirs, periods_per_year=252), line(ours * factor, theirs, periods_per_year=252)
    assert (more.beta, more.alpha) == (pytest.approx(once.beta * factor, abs=1e-9), pytest.approx(once.alpha * factor, abs=1e-9))


def test_a_portfolio_of_half_cash_captures_half_of_small_moves() -> None:
    theirs = np.resize([1e-6, -2e-6, 3e-6], 30)
    assert up_capture(theirs / 2, theirs) == pytest.approx(0.5, rel=1e-5)
    assert down_capture(theirs / 2, theirs) == pytest.approx(0.5, rel=1e-5)


def test_comparisons_without_an_answer_say_why() -> None:
    still, moving = np.full(30, 0.001), np.resize([0.01, 0.02], 30)
    with pytest.raises(Undefined, match="the benchmark does not vary"):
        line(moving, still, periods_per_year=252)
    assert line(still, moving, periods_per_year=252).r_squared is None
    with pytest.raises(Undefined, match="no movement to explain"):
        r_squared(still, moving)
    assert r_squared(moving * 2, moving) == pytest.approx(1.0)
    with pytest.raises(Undefined, match="the benchmark fell on no day"):
        down_capture(moving, moving)
    with pytest.raises(Undefined, match="the benchmark rose on no day"):
        up_capture(moving, -moving)
    with pytest.raises(Undefined, match="everything was lost"):
        up_capture(np.array([-1.0, *moving[1:]]), moving)
    with pytest.raises(Undefined, match="fewer than 20"):
        tracking_error(moving[:19], moving[:19], periods_per_year=252)
    with pytest.raises(MalformedSeries, match="benchmark has 29 entries"):
        tracking_error(moving, moving[1:], periods_per_year=252)
