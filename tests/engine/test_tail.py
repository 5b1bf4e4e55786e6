"""Value at risk, expected shortfall and the back-test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.tail import Method, back_test, kupiec, moments, tail
from tests.engine.drawn import series
from tests.engine.recorded import EMPYRICAL, PERIODS, returns_in

METHODS: tuple[Method, ...] = ("historical", "normal", "cornish_fisher")


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("share", [95, 99])
def test_what_happened_to_a_real_series_is_as_empyrical_counts_it(period: str, share: int) -> None:
    found, known = tail(returns_in(period), level=share / 100, method="historical"), EMPYRICAL[period]
    assert found.value_at_risk == pytest.approx(-known[f"value_at_risk_{share}"], rel=1e-9)
    assert found.expected_shortfall == pytest.approx(-known[f"shortfall_{share}"], rel=1e-9)


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("horizon", [1, 10])
@pytest.mark.parametrize("period", PERIODS)
def test_the_normal_tail_is_that_of_scipy(level: float, horizon: int, period: str) -> None:
    moves = returns_in(period)
    curve = stats.norm(moves.mean() * horizon, moves.std(ddof=1) * horizon**0.5)
    found = tail(moves, level=level, method="normal", horizon=horizon)
    assert found.value_at_risk == pytest.approx(-curve.ppf(1 - level), rel=1e-9)
    assert found.expected_shortfall == pytest.approx(-curve.expect(ub=curve.ppf(1 - level)) / (1 - level), rel=1e-6)


@pytest.mark.parametrize("level", [0.95, 0.99])
@pytest.mark.parametrize("horizon", [1, 10])
def test_the_bent_tail_is_its_expansion_and_the_integral_of_it(level: float, horizon: int) -> None:
    moves = returns_in("calm")
    skew, kurtosis = stats.skew(moves) / horizon**0.5, stats.kurtosis(moves) / horizon

    def quantile(share: float) -> float:
        z = stats.norm.ppf(share)
        bent = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
        return float(moves.mean() * horizon + moves.std(ddof=1) * horizon**0.5 * bent)

    found = tail(moves, level=level, method="cornish_fisher", horizon=horizon)
    assert found.value_at_risk == pytest.approx(-quantile(1 - level), rel=1e-9)
    area, _ = integrate.quad(quantile, 0, 1 - level, epsabs=1e-14, limit=500)
    assert found.expected_shortfall == pytest.approx(-area / (1 - level), rel=1e-7)


def test_ten_days_of_history_are_all_runs_of_ten_days() -> None:
    moves = returns_in("crash")
    runs = [np.prod(1 + moves[k : k + 10]) - 1 for k in range(len(moves) - 9)]
    found = tail(moves, level=0.95, method="historical", horizon=10)
    worst = np.quantile(runs, 0.05)
    assert found.value_at_risk == pytest.approx(-worst, rel=1e-9)
    assert found.expected_shortfall == pytest.approx(-np.mean([run for run in runs if run <= worst]), rel=1e-9)


@given(series(40), st.sampled_from(METHODS), st.sampled_from([1, 10]))
def test_the_shortfall_is_no_smaller_and_a_higher_level_loses_no_less(moves: np.ndarray, method: Method, horizon: int) -> None:
    try:
        lower, higher = (tail(moves, level=level, method=method, horizon=horizon) for level in (0.95, 0.99))
    except Undefined as answer:
        assert method == "cornish_fisher" and "Cornish" in answer.reason
        return
    rounding = 1e-12
    assert lower.value_at_risk <= min(lower.expected_shortfall, higher.value_at_risk) + rounding
    assert higher.expected_shortfall >= max(higher.value_at_risk, lower.expected_shortfall) - rounding


@given(series(40), st.sampled_from(METHODS), st.floats(min_value=0.05, max_value=1.0))
def test_moves_half_as_large_lose_half_as_much(moves: np.ndarray, method: Method, factor: float) -> None:
    try:
        once = tail(moves, level=0.95, method=method)
    except Undefined:
        return
    again = tail(moves * factor, level=0.95, method=method)
    assert again.value_at_risk == pytest.approx(once.value_at_risk * factor, rel=1e-9, abs=1e-12)
    assert again.expected_shortfall == pytest.approx(once.expected_shortfall * factor, rel=1e-9, abs=1e-12)


@given(series())
def test_skewness_and_kurtosis_are_those_of_scipy(moves: np.ndarray) -> None:
    if np.ptp(moves) > 1e-6:
        assert moments(moves) == pytest.approx((stats.skew(moves), stats.kurtosis(moves)), rel=1e-9, abs=1e-9)


def test_a_series_without_movement_loses_what_it_always_loses() -> None:
    for method in METHODS:
        found = tail(np.full(60, -0.001), level=0.99, method=method, horizon=1)
        assert found.value_at_risk == pytest.approx(0.001) == found.expected_shortfall


def test_tails_without_an_answer_say_why() -> None:
    moves = returns_in("calm")
    with pytest.raises(Undefined, match="fewer than 20 trading days lie in the period: 19"):
        tail(moves[:19], level=0.95, method="normal")
    with pytest.raises(Undefined, match="fewer than 20 runs of 10 days"):
        tail(moves[:28], level=0.95, method="historical", horizon=10)
    with pytest.raises(Undefined, match="everything was lost inside the period"):
        tail(np.array([-1.0, *moves]), level=0.95, method="historical", horizon=10)
    upward = np.array([1.0, *np.resize([0.0, 0.001], 99)])  # one enormous gain: its mirror image is no loss
    with pytest.raises(Undefined, match="too skewed or too often extreme"):
        tail(upward, level=0.95, method="cornish_fisher")
    for level in (0.4, 1.0):
        with pytest.raises(MalformedSeries):
            tail(moves, level=level, method="normal")


# ── the back-test ───────────────────────────────────────────────────────────


@given(st.integers(20, 2000).flatmap(lambda days: st.tuples(st.just(days), st.integers(0, days))), st.sampled_from([0.95, 0.99]))
def test_the_statistic_is_the_ratio_of_likelihoods(case: tuple[int, int], level: float) -> None:
    days, failures = case
    found = kupiec(failures, days, level=level)
    expected = 2 * (stats.binom.logpmf(failures, days, failures / days) - stats.binom.logpmf(failures, days, 1 - level))
    assert found.statistic == pytest.approx(max(expected, 0), rel=1e-7, abs=1e-7)
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 1), rel=1e-9, abs=1e-300)
    assert found.expected == pytest.approx(days * (1 - level))


def test_the_table_of_kupiec_is_met() -> None:
    # non-rejection regions at 95 % confidence for 255 days: 99 % level N < 7; 95 % level 6 < N < 21
    assert [n for n in range(256) if kupiec(n, 255, level=0.99).accepted] == list(range(1, 7))
    assert [n for n in range(256) if kupiec(n, 255, level=0.95).accepted] == list(range(7, 21))


@pytest.mark.parametrize("method", METHODS)
def test_a_back_test_counts_what_a_loop_over_evenings_counts(method: Method) -> None:
    moves = returns_in("sudden")
    failures = tested = 0
    for day in range(100, len(moves)):
        try:
            limit = tail(moves[day - 100 : day], level=0.95, method=method).value_at_risk
        except Undefined:
            continue
        tested += 1
        failures += -moves[day] > limit
    found = back_test(moves, level=0.95, method=method, window=100)
    assert (found.days, found.failures) == (tested, failures)


def test_a_back_test_needs_days_after_its_window() -> None:
    moves = returns_in("calm")
    with pytest.raises(Undefined, match="to test the value at risk on: 19"):
        back_test(moves[:119], level=0.95, method="historical", window=100)
    with pytest.raises(Undefined, match="to test the value at risk on: 0"):
        back_test(moves[:100], level=0.95, method="historical", window=100)
    with pytest.raises(MalformedSeries, match="a window has 20 days or more"):
        back_test(moves, level=0.95, method="historical", window=10)
    with pytest.raises(MalformedSeries):
        kupiec(30, 20, level=0.95)
