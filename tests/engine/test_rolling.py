"""A figure of each window is the figure of that window alone."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.answers import Answers
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.relative import line, r_squared
from analytics.engine.returns import annualised
from analytics.engine.risk import annual_volatility, sharpe_ratio
from analytics.engine.rolling import rolling_beta, rolling_correlation, rolling_returns, rolling_sharpe, rolling_volatility
from tests.engine.drawn import index_of, tables
from tests.engine.recorded import EMPYRICAL, PERIODS, closes, returns_in


@pytest.mark.parametrize("period", PERIODS)
def test_rolling_volatility_of_a_real_series_is_that_of_empyrical(period: str) -> None:
    found = rolling_volatility(returns_in(period), window=63, periods_per_year=252)
    assert found[::40] == pytest.approx(EMPYRICAL[period]["rolling_volatility_63"], rel=1e-9)
    assert found == pytest.approx(pd.Series(returns_in(period)).rolling(63).std().dropna().to_numpy() * 252**0.5, rel=1e-9)


@given(tables(2, 25, 80), st.integers(20, 40))
def test_each_window_is_answered_as_if_it_stood_alone(table: np.ndarray, window: int) -> None:
    ours, theirs = table.T
    if len(ours) < window:
        return
    volatility = rolling_volatility(ours, window=window, periods_per_year=252)
    sharpe = rolling_sharpe(ours, window=window, periods_per_year=252, risk_free=1e-4)
    beta, correlation = rolling_beta(ours, theirs, window=window), rolling_correlation(ours, theirs, window=window)
    for k in {0, len(volatility) // 2, len(volatility) - 1}:
        part, other = ours[k : k + window], theirs[k : k + window]
        assert volatility[k] == pytest.approx(annual_volatility(part, periods_per_year=252), rel=1e-9, abs=1e-12)
        _same(sharpe, k, lambda part=part: sharpe_ratio(part, periods_per_year=252, risk_free=1e-4))
        _same(beta, k, lambda part=part, other=other: line(part, other, periods_per_year=252).beta)
        try:
            assert correlation.at(k) ** 2 == pytest.approx(r_squared(part, other), rel=1e-7, abs=1e-9)
        except Undefined:
            with pytest.raises(Undefined):
                r_squared(part, other)


def _same(answers: Answers, place: int, alone) -> None:  # type: ignore[no-untyped-def]
    try:
        expected = alone()
    except Undefined:
        assert not answers.known[place] and answers.values[place] == 0.0
        return
    assert answers.at(place) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(tables(1, 20, 200))
def test_a_stretch_under_a_year_is_its_own_return(table: np.ndarray) -> None:
    index = index_of(table[:, 0])
    found = rolling_returns(index, days=7)
    assert [found.at(k) for k in range(len(found))] == pytest.approx([index[k + 7] / index[k] - 1 for k in range(len(index) - 7)], rel=1e-12)


def test_a_stretch_of_years_is_a_rate_a_year() -> None:
    index = closes()["SPX"].loc["2015":"2019"].to_numpy()
    found = rolling_returns(index, days=730)
    for k in (0, 100, len(found) - 1):
        assert found.at(k) == pytest.approx(annualised(index[k + 730] / index[k] - 1, 730), rel=1e-12)


def test_a_stretch_that_begins_with_nothing_or_ends_below_it_has_no_answer() -> None:
    index = np.concatenate((np.ones(400), [0.0, 0.0, -1.0]))
    found = rolling_returns(index, days=2)
    assert found.at(398) == -1.0
    assert found.why_not(400) == "nothing was left at the start of this stretch"
    with pytest.raises(Undefined, match="nothing was left"):
        found.at(400)
    assert found.why_not(0) == ""
    with pytest.raises(Undefined, match="more than everything was lost"):
        rolling_returns(index, days=400).at(2)


def test_windows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(Undefined, match="the period has 30 days, fewer than the 63 of one window"):
        rolling_volatility(np.zeros(30), window=63, periods_per_year=252)
    with pytest.raises(Undefined, match="the period has 29 days, fewer than the 30 of one stretch"):
        rolling_returns(np.ones(30), days=30)
    with pytest.raises(MalformedSeries, match="20 periods or more"):
        rolling_volatility(np.zeros(30), window=19, periods_per_year=252)
    with pytest.raises(MalformedSeries, match="one day or more"):
        rolling_returns(np.ones(30), days=0)
    with pytest.raises(MalformedSeries):
        rolling_beta(np.zeros(30), np.zeros(29), window=20)


def test_what_is_no_number_is_no_answer() -> None:
    found = Answers.of(np.array([1.0, np.nan, np.inf]), (np.array([False, True, False]), "it is not known"))
    assert found.values.tolist() == [1.0, 0.0, 0.0]
    assert [found.why_not(place) for place in range(3)] == ["", "it is not known", "the figure is beyond all numbers"]
