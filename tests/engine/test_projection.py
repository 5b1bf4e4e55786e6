"""The fan of futures and the days unlike the past."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analytics.engine.anomaly import LIMIT, deviations_from_own_past, robust_deviation, robust_deviations, unusual
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.projection import LEVELS, projection, steps_of_the_past
from tests.engine.drawn import series
from tests.engine.recorded import returns_in

# ── projection ──────────────────────────────────────────────────────────────


def test_the_same_seed_makes_the_same_futures_and_another_does_not() -> None:
    past = returns_in("crash")
    once, again, other = (projection(past, start=1000.0, contribution=10.0, days=21, steps=60, futures=300, seed=seed) for seed in (7, 7, 8))
    assert once.worth.tolist() == again.worth.tolist() != other.worth.tolist()
    assert (once.seed, once.futures, once.levels) == (7, 300, LEVELS)


def test_every_step_is_a_stretch_of_the_past_and_a_block_keeps_its_steps_in_order() -> None:
    past = returns_in("calm")
    circle = np.concatenate((past, past))
    stretches = np.array([np.prod(1 + circle[k : k + 21]) for k in range(len(past))])
    drawn = steps_of_the_past(past, days=21, steps=7, futures=40, block=3, seed=1)
    assert drawn.shape == (40, 7)
    for future in drawn:
        places = [int(np.argmin(np.abs(stretches - step))) for step in future]
        assert stretches[places] == pytest.approx(future, rel=1e-12)
        for first in (0, 3):
            assert places[first + 1] == (places[first] + 21) % len(past)
            assert places[first + 2] == (places[first] + 42) % len(past)


@given(series(252, 300), st.floats(min_value=0, max_value=1e6), st.floats(min_value=-100, max_value=1e3), st.integers(1, 24))
def test_the_fan_is_made_of_the_futures_written_out(past: np.ndarray, start: float, contribution: float, steps: int) -> None:
    goal = start * 1.1
    fan = projection(past, start=start, contribution=contribution, days=21, steps=steps, futures=50, seed=3, goal=goal)
    growth = steps_of_the_past(past, days=21, steps=steps, futures=50, block=1, seed=3)
    worth = [[start] for _ in range(50)]
    for future, path in zip(growth, worth, strict=True):
        for step in future:
            path.append(max(path[-1] * step + contribution, 0.0))
    table = np.array(worth)
    assert fan.worth == pytest.approx(np.quantile(table, LEVELS, axis=0), rel=1e-9, abs=1e-9)
    assert fan.mean == pytest.approx(table.mean(axis=0), rel=1e-9, abs=1e-9)
    assert fan.reached is not None and fan.reached == pytest.approx((table >= goal).mean(axis=0))
    assert fan.paid[-1] == pytest.approx(start + steps * contribution)
    assert (np.diff(fan.worth, axis=0) >= 0).all()


def test_a_past_without_movement_has_one_future() -> None:
    fan = projection(np.full(252, 0.001), start=100.0, contribution=0.0, days=21, steps=12, futures=20)
    assert fan.worth[:, -1] == pytest.approx(np.full(5, 100 * 1.001**252), rel=1e-9)
    assert fan.reached is None


def test_projections_without_an_answer_say_why() -> None:
    with pytest.raises(Undefined, match="the past has 251 days; a projection needs 252"):
        projection(np.zeros(251), start=1.0, contribution=0.0, days=21, steps=12)
    with pytest.raises(Undefined, match="fewer than the 1050 that are drawn together"):
        projection(np.zeros(300), start=1.0, contribution=0.0, days=21, steps=12, block=50)
    with pytest.raises(Undefined, match="beyond all numbers"):
        projection(np.full(252, 1e20), start=1.0, contribution=0.0, days=21, steps=12)
    with pytest.raises(MalformedSeries, match="zero or more"):
        projection(np.zeros(252), start=-1.0, contribution=0.0, days=21, steps=12)
    with pytest.raises(MalformedSeries, match="at most"):
        projection(np.zeros(252), start=1.0, contribution=0.0, days=21, steps=12, futures=10**8)


# ── days unlike the past ────────────────────────────────────────────────────


@given(series(21, 120), st.floats(min_value=-0.5, max_value=0.5))
def test_a_robust_deviation_is_that_of_scipy(past: np.ndarray, today: float) -> None:
    unit = stats.median_abs_deviation(past, scale="normal")
    if unit <= 1e-12:
        with pytest.raises(Undefined, match="more than half of the days before"):
            robust_deviation(past, today)
        return
    assert robust_deviation(past, today) == pytest.approx((today - np.median(past)) / unit, rel=1e-9, abs=1e-9)


@given(series(25, 90), st.integers(20, 30))
def test_every_day_is_measured_against_those_before_it_alone(moves: np.ndarray, window: int) -> None:
    if len(moves) <= window:
        return
    found = robust_deviations(moves, window=window)
    assert len(found) == len(moves) - window
    for place in {0, len(found) // 2, len(found) - 1}:
        try:
            alone = robust_deviation(moves[place : place + window], moves[place + window])
        except Undefined as answer:
            assert found.why_not(place) == answer.reason
            continue
        assert found.at(place) == pytest.approx(alone, rel=1e-9, abs=1e-9)


def test_the_spring_of_2020_is_unusual_and_its_wild_days_do_not_hide_each_other() -> None:
    moves = returns_in("sudden", "SPX")
    found = robust_deviations(np.concatenate((returns_in("calm", "SPX"), moves)), window=120)
    marked = unusual(found)
    assert marked.any() and np.abs(found.values[marked]).min() > LIMIT
    wild = int(np.argmin(moves))  # 16 March 2020, -12 %
    assert found.at(len(found) - len(moves) + wild) < -8
    assert abs(moves[wild] - np.mean(moves)) / np.std(moves, ddof=1) < 8  # by mean and spread it is less far out


@given(series(), st.integers(20, 90))
def test_a_day_is_compared_with_all_that_lies_before_it_up_to_so_many_days(moves: np.ndarray, most: int) -> None:
    found = deviations_from_own_past(moves, most=most)
    assert len(found) == len(moves)
    for place in range(len(moves)):
        past = moves[max(place - most, 0) : place]
        try:
            alone = robust_deviation(past, float(moves[place]))
        except Undefined:
            assert found.why_not(place)
        else:
            assert found.at(place) == pytest.approx(alone, rel=1e-9, abs=1e-9)


def test_deviations_without_an_answer_say_why() -> None:
    with pytest.raises(Undefined, match="fewer than 20 trading days lie before this one: 19"):
        robust_deviation(np.zeros(19), 0.1)
    with pytest.raises(Undefined, match="each needs 60 before it"):
        robust_deviations(np.zeros(60), window=60)
    with pytest.raises(MalformedSeries, match="20 days or more"):
        robust_deviations(np.zeros(60), window=5)
    assert not unusual(robust_deviations(np.zeros(60), window=30)).any()
