"""Blends and reinvested dividends: worked by hand, held against slow loops, and true whatever the numbers."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.blends import blended, units_reinvested
from analytics.engine.errors import MalformedSeries


def row(*numbers: float) -> np.ndarray:
    return np.array(numbers, dtype=np.float64)


def marks(days: int, *at: int) -> np.ndarray:
    found = np.zeros(days, dtype=bool)
    found[list(at)] = True
    return found


# ── worked by hand ──────────────────────────────────────────────────────────

SHARES, BONDS = row(100, 110, 121, 108.9), row(100, 100, 102, 102)
SIXTY_FORTY = np.vstack((SHARES, BONDS))


def test_never_rebalanced_is_what_was_bought_once() -> None:
    # 0.6 · 108.9/100 + 0.4 · 102/100
    level = blended(SIXTY_FORTY, row(0.6, 0.4), marks(4))
    assert level == pytest.approx([1, 1.06, 1.134, 1.0614], abs=1e-15)


def test_rebalanced_every_day_is_the_weighted_return_of_each_day() -> None:
    # 1 · 1.06 · (1 + 0.6·10 % + 0.4·2 %) · (1 − 0.6·10 %)
    level = blended(SIXTY_FORTY, row(0.6, 0.4), np.ones(4, dtype=bool))
    assert level == pytest.approx([1, 1.06, 1.06 * 1.068, 1.06 * 1.068 * 0.94], abs=1e-15)


def test_rebalanced_once_goes_on_from_what_it_had_come_to() -> None:
    # up to the close of day 2: 1.134; then 60/40 again: 1.134 · (0.6 · 0.9 + 0.4)
    level = blended(SIXTY_FORTY, row(0.6, 0.4), marks(4, 2))
    assert level == pytest.approx([1, 1.06, 1.134, 1.134 * 0.94], abs=1e-15)


def test_a_dividend_buys_at_the_close_of_its_day_and_a_split_changes_nothing() -> None:
    # 100; ex 2 at 98 buys 2/98; then two for one at 50; worth 2·(1 + 2/98)·50
    units = units_reinvested(row(100, 98, 50), row(1, 1, 2), row(0, 2, 0))
    assert units == pytest.approx([1, 100 / 98, 200 / 98], abs=1e-15)
    assert units[2] * 50 == pytest.approx(102.0408163265306)


def test_what_is_paid_without_a_price_counts_as_nothing() -> None:
    assert units_reinvested(row(0, 10), row(1, 1), row(3, 0)).tolist() == [1, 1]


# ── whatever the numbers ────────────────────────────────────────────────────

prices = st.floats(0.01, 1e6, allow_nan=False)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    parts, days = draw(st.integers(1, 5)), draw(st.integers(1, 12))
    levels = np.array(draw(st.lists(st.lists(prices, min_size=days, max_size=days), min_size=parts, max_size=parts)))
    raw = np.array(draw(st.lists(st.integers(1, 100), min_size=parts, max_size=parts)), dtype=np.float64)
    return levels, raw / raw.sum(), np.array(draw(st.lists(st.booleans(), min_size=days, max_size=days)))


def slowly(levels: np.ndarray, weights: np.ndarray, rebalanced: np.ndarray) -> list[float]:
    """Holds units, day by day."""
    worth, units = 1.0, weights / levels[:, 0]
    found = [worth]
    for day in range(1, levels.shape[1]):
        worth = float(units @ levels[:, day])
        if rebalanced[day]:
            units = worth * weights / levels[:, day]
        found.append(worth)
    return found


@given(worlds())
def test_it_is_what_somebody_with_units_would_have(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    assert blended(*world) == pytest.approx(slowly(*world), rel=1e-9)


@given(worlds())
def test_all_of_the_weight_on_one_is_that_one(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    levels, _, rebalanced = world
    assert blended(levels[:1], row(1), rebalanced) == pytest.approx(levels[0] / levels[0, 0], rel=1e-9)


@given(worlds())
def test_daily_is_weighted_returns_and_never_is_weighted_holdings(world: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    levels, weights, _ = world
    days = levels.shape[1]
    growth = weights @ (levels[:, 1:] / levels[:, :-1])  # not 1 + returns, which forgets the digits of a level that falls to nearly nothing
    assert blended(levels, weights, np.ones(days, dtype=bool))[1:] == pytest.approx(np.cumprod(growth), rel=1e-9)
    assert blended(levels, weights, np.zeros(days, dtype=bool)) == pytest.approx(weights @ (levels / levels[:, :1]), rel=1e-9)


@given(worlds(), st.data())
def test_another_currency_only_scales_it(world: tuple[np.ndarray, np.ndarray, np.ndarray], data: st.DataObject) -> None:
    levels, weights, rebalanced = world
    rate = np.array(data.draw(st.lists(st.floats(0.1, 10), min_size=levels.shape[1], max_size=levels.shape[1])))
    assert blended(levels * rate, weights, rebalanced) == pytest.approx(blended(levels, weights, rebalanced) * rate / rate[0], rel=1e-9)


@given(st.lists(st.tuples(prices, st.sampled_from([0.1, 0.5, 1.0, 2.0, 4.0]), st.floats(0, 10)), min_size=1, max_size=12))
def test_a_level_with_dividends_grows_by_price_and_payment(days: list[tuple[float, float, float]]) -> None:
    closes, splits, paid = (np.array(column) for column in zip(*days, strict=True))
    level = units_reinvested(closes, splits, paid) * closes
    growth = splits[1:] * (closes[1:] + paid[1:]) / closes[:-1]
    assert level[1:] == pytest.approx(level[0] * np.cumprod(growth), rel=1e-9)


# ── what no caller would pass ───────────────────────────────────────────────


@pytest.mark.parametrize(
    ("levels", "weights", "rebalanced"),
    [
        (SIXTY_FORTY, row(0.6, 0.3), marks(4)),
        (SIXTY_FORTY, row(1.2, -0.2), marks(4)),
        (SIXTY_FORTY, row(1), marks(4)),
        (SIXTY_FORTY, row(0.6, 0.4), marks(3)),
        (np.vstack((SHARES, BONDS * 0)), row(0.6, 0.4), marks(4)),
        (SHARES, row(1), marks(4)),
        (np.zeros((2, 0)), row(0.6, 0.4), marks(0)),
    ],
)
def test_malformed_blends_are_refused(levels: np.ndarray, weights: np.ndarray, rebalanced: np.ndarray) -> None:
    with pytest.raises(MalformedSeries):
        blended(levels, weights, rebalanced)


@pytest.mark.parametrize(("splits", "paid"), [(row(1, 0), row(0, 0)), (row(1), row(0, 0)), (row(1, 1), row(0, -1))])
def test_malformed_actions_are_refused(splits: np.ndarray, paid: np.ndarray) -> None:
    with pytest.raises(MalformedSeries):
        units_reinvested(row(1, 1), splits, paid)
