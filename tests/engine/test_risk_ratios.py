"""Downside deviation, Sharpe and Sortino, the reason of the risk level; drawdowns, Calmar, ulcer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.drawdown import calmar_ratio, drawdown_series, drawdowns, maximum_drawdown, ulcer_index
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.risk import annual_volatility, downside_deviation, risk_class, sharpe_ratio, sortino_ratio
from tests.engine import slow
from tests.engine.drawn import index_of, series
from tests.engine.recorded import EMPYRICAL, PERIODS, closes_in, returns_in

returns = series()
paths = series().map(index_of)


# ── ratios ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("period", PERIODS)
def test_ratios_of_real_series_are_those_of_empyrical(period: str) -> None:
    moves, known = returns_in(period), EMPYRICAL[period]
    rate = known["risk_free"]
    assert len(moves) == known["days"]
    assert annual_volatility(moves, periods_per_year=252) == pytest.approx(known["volatility"], rel=1e-9)
    assert downside_deviation(moves, periods_per_year=252, least=rate) == pytest.approx(known["downside"], rel=1e-9)
    assert sharpe_ratio(moves, periods_per_year=252, risk_free=rate) == pytest.approx(known["sharpe"], rel=1e-9)
    assert sortino_ratio(moves, periods_per_year=252, least=rate) == pytest.approx(known["sortino"], rel=1e-9)


@given(returns, st.floats(min_value=-0.01, max_value=0.01))
def test_ratios_are_their_definitions_written_out(moves: np.ndarray, rate: float) -> None:
    values = moves.tolist()
    expected = slow.downside(values, rate) * 252**0.5
    assert downside_deviation(moves, periods_per_year=252, least=rate) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    if np.ptp(moves) > 1e-6:
        sharpe = sharpe_ratio(moves, periods_per_year=252, risk_free=rate)
        assert sharpe == pytest.approx(slow.mean([x - rate for x in values]) / slow.spread(values) * 252**0.5, rel=1e-9, abs=1e-9)
    if min(values) < rate - 1e-6:
        sortino = sortino_ratio(moves, periods_per_year=252, least=rate)
        assert sortino == pytest.approx(slow.mean([x - rate for x in values]) * 252 / expected, rel=1e-9, abs=1e-9)


@given(returns, st.floats(min_value=0.1, max_value=3.0))
def test_moves_twice_as_large_have_the_same_ratios(moves: np.ndarray, factor: float) -> None:
    for ratio in (sharpe_ratio, sortino_ratio):
        try:
            once = ratio(moves, periods_per_year=252)
        except Undefined:
            continue
        assert ratio(moves * factor, periods_per_year=252) == pytest.approx(once, rel=1e-9, abs=1e-12)


def test_a_rate_for_each_day_is_the_same_as_one_for_all() -> None:
    series = returns_in("calm")
    one = sharpe_ratio(series, periods_per_year=252, risk_free=1e-4)
    assert sharpe_ratio(series, periods_per_year=252, risk_free=np.full(len(series), 1e-4)) == pytest.approx(one, rel=1e-12)
    with pytest.raises(MalformedSeries, match="the rate has 3 entries"):
        sharpe_ratio(series, periods_per_year=252, risk_free=np.zeros(3))
    with pytest.raises(MalformedSeries, match="not a finite number"):
        sharpe_ratio(series, periods_per_year=252, risk_free=float("nan"))


def test_ratios_that_have_nothing_to_divide_by_are_undefined_and_say_so() -> None:
    steady = 1.01 ** np.arange(60)
    same = steady[1:] / steady[:-1] - 1  # not equal to the last bit, and still no spread
    with pytest.raises(Undefined, match="the returns do not vary"):
        sharpe_ratio(same, periods_per_year=252)
    with pytest.raises(Undefined, match="no day fell short of the least acceptable return"):
        sortino_ratio(same, periods_per_year=252)
    assert downside_deviation(same, periods_per_year=252) == 0.0
    for figure in (sharpe_ratio, sortino_ratio, downside_deviation):
        with pytest.raises(Undefined, match="fewer than 20 trading days lie in the period: 19"):
            figure(np.linspace(-1e-2, 1e-2, 19), periods_per_year=252)


@pytest.mark.parametrize(
    ("volatility", "level", "reason"),
    [
        (0.0, 1, "a volatility of 0.0 % a year is below 0.5 %"),
        (0.005, 2, "a volatility of 0.5 % a year lies between 0.5 % and 2 %"),
        (0.123, 5, "a volatility of 12.3 % a year lies between 10 % and 15 %"),
        (0.25, 7, "a volatility of 25.0 % a year is 25 % or more"),
    ],
)
def test_a_level_says_by_which_edges_it_was_reached(volatility: float, level: int, reason: str) -> None:
    found = risk_class(volatility)
    assert (found.level, found.reason) == (level, reason)
    assert found.at_least <= volatility and (found.below is None or volatility < found.below)


# ── drawdowns ───────────────────────────────────────────────────────────────


@pytest.mark.parametrize("period", PERIODS)
def test_the_deepest_fall_of_real_series_is_that_of_empyrical(period: str) -> None:
    series, known = closes_in(period, "AAPL").to_numpy(), EMPYRICAL[period]
    assert maximum_drawdown(series) == pytest.approx(known["maximum_drawdown"], rel=1e-9)
    # its year has 252 days; ours are days of the calendar, so that as many years make the same ratio
    years = known["days"] / 252
    yearly = (series[-1] / series[0]) ** (1 / years) - 1
    assert yearly / -maximum_drawdown(series) == pytest.approx(known["calmar_with_252_days_a_year"], rel=1e-9)
    assert calmar_ratio(series, days=730) == pytest.approx(((series[-1] / series[0]) ** 0.5 - 1) / -maximum_drawdown(series), rel=1e-12)


@given(paths)
def test_falls_are_those_found_by_walking_day_by_day(index: np.ndarray) -> None:
    found = drawdowns(index)
    walked = slow.falls(list(index))
    assert sorted((fall.peak, fall.trough, fall.recovery) for fall in found) == sorted(fall[:3] for fall in walked)
    assert [fall.depth for fall in found] == sorted(fall.depth for fall in found)
    assert maximum_drawdown(index) == (found[0].depth if found else 0.0)
    assert sum(fall.length - (fall.recovery is not None) for fall in found) == np.count_nonzero(drawdown_series(index))


@given(paths, st.floats(min_value=1e-3, max_value=1e3))
def test_a_fall_does_not_depend_on_where_the_index_starts(index: np.ndarray, factor: float) -> None:
    assert drawdown_series(index * factor) == pytest.approx(drawdown_series(index), rel=1e-9, abs=1e-12)
    assert ulcer_index(index) == pytest.approx(slow.ulcer(list(index)), rel=1e-9, abs=1e-12)
    assert -1.0 <= maximum_drawdown(index) <= -ulcer_index(index) + 1e-12


def test_a_fall_knows_its_peak_trough_recovery_and_how_long_each_took() -> None:
    index = np.array([1.0, 1.2, 1.2, 0.9, 0.6, 0.6, 1.1, 1.2, 1.3, 1.17, 1.2])
    deep, open_one = drawdowns(index)
    assert (deep.peak, deep.trough, deep.recovery, deep.depth) == (2, 4, 7, pytest.approx(-0.5))
    assert (deep.falling, deep.recovering, deep.length) == (2, 3, 5)
    assert (open_one.peak, open_one.trough, open_one.recovery, open_one.depth) == (8, 9, None, pytest.approx(-0.1))
    assert (open_one.recovering, open_one.length) == (None, 2)
    assert drawdowns(index, 1) == [deep]


def test_a_total_loss_is_a_fall_of_everything() -> None:
    index = np.concatenate((np.linspace(1.0, 2.0, 30), np.zeros(5)))
    assert maximum_drawdown(index) == -1.0
    assert calmar_ratio(index, days=400) == -1.0


def test_without_a_fall_or_enough_days_there_is_nothing_to_divide_by() -> None:
    rising = np.linspace(1.0, 2.0, 30)
    assert drawdowns(rising) == []
    assert maximum_drawdown(rising) == ulcer_index(rising) == 0.0
    with pytest.raises(Undefined, match="never fell below a peak"):
        calmar_ratio(rising, days=400)
    with pytest.raises(Undefined, match="needs 365 days or more; the period has 364"):
        calmar_ratio(np.array([*rising, 1.0]), days=364)
    for figure in (maximum_drawdown, ulcer_index):
        with pytest.raises(Undefined, match="fewer than 20 days lie in the period: 19"):
            figure(rising[:20])


@pytest.mark.parametrize("index", [[], [0.0, 1.0], [-1.0, 1.0], [1.0, float("nan")]])
def test_an_index_that_does_not_begin_above_zero_is_refused(index: list[float]) -> None:
    with pytest.raises(MalformedSeries):
        drawdown_series(np.array(index))
