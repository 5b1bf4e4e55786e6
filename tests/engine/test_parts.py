"""Contribution, attribution and drivers: the parts add up to the whole."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.attribution import brinson_fachler
from analytics.engine.contribution import contributions, holding_gains, linking_factors
from analytics.engine.drivers import drivers
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.returns import time_weighted_return
from tests.engine.drawn import series

seeds = st.integers(0, 2**32 - 1)

# ── contribution ────────────────────────────────────────────────────────────


def _portfolio(seed: int, holdings: int, days: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """value (m, n + 1), bought and sold (m, n) of each, paid in and taken out (n,) of the whole; the last one is the cash."""
    chance = np.random.default_rng(seed)
    value = np.zeros((holdings + 1, days + 1))
    bought, sold = np.zeros((holdings + 1, days)), np.zeros((holdings + 1, days))
    paid, taken = np.zeros(days), np.zeros(days)
    value[:, 0] = chance.uniform(0, 1000, holdings + 1)
    for day in range(days):
        paid[day] = chance.uniform(0, 500) * (chance.random() < 0.3)
        taken[day] = chance.uniform(0, 10) * (chance.random() < 0.3)
        value[-1, day + 1] = value[-1, day] + paid[day] - taken[day]
        for row in range(holdings):
            spent, got = chance.uniform(0, 50, 2) * (chance.random(2) < 0.3)
            grown = (value[row, day] + spent) * chance.uniform(0.9, 1.1)
            got = min(got, grown)
            value[row, day + 1] = grown - got
            value[-1, day + 1] += got - spent
            bought[row, day], sold[row, day] = spent, got
        change = value[-1, day + 1] - value[-1, day]
        bought[-1, day], sold[-1, day] = max(change, 0.0), max(-change, 0.0)
    return value, bought, sold, paid, taken


@given(seeds, st.integers(1, 6), st.integers(1, 40))
def test_contributions_add_up_to_the_time_weighted_return(seed: int, holdings: int, days: int) -> None:
    value, bought, sold, paid, taken = _portfolio(seed, holdings, days)
    whole = value.sum(axis=0)
    parts = contributions(holding_gains(value, bought, sold), whole[:-1] + paid)
    assert parts.sum() == pytest.approx(time_weighted_return(whole, paid, taken), rel=1e-9, abs=1e-9)
    assert parts[-1] == pytest.approx(0.0, abs=1e-9)  # cash earns nothing


@given(seeds, st.integers(1, 4), st.integers(1, 20), st.floats(min_value=1e-3, max_value=1e3))
def test_counting_in_another_unit_changes_no_contribution(seed: int, holdings: int, days: int, factor: float) -> None:
    value, bought, sold, paid, _ = _portfolio(seed, holdings, days)
    once = contributions(holding_gains(value, bought, sold), value.sum(axis=0)[:-1] + paid)
    again = contributions(holding_gains(value * factor, bought * factor, sold * factor), (value.sum(axis=0)[:-1] + paid) * factor)
    assert again == pytest.approx(once, rel=1e-9, abs=1e-12)


@given(series(1, 60))
def test_linked_days_are_the_return_of_the_period(moves: np.ndarray) -> None:
    assert linking_factors(moves) @ moves == pytest.approx(np.prod(1 + moves) - 1, rel=1e-9, abs=1e-12)


def test_over_one_day_a_contribution_is_the_gain_over_what_was_at_work() -> None:
    assert contributions(np.array([[6.0], [-1.0]]), np.array([100.0])).tolist() == pytest.approx([0.06, -0.01])


def test_a_holding_that_lost_everything_has_its_contribution_and_days_without_money_have_none() -> None:
    gains = np.array([[-50.0, 0.0, 0.0], [0.0, 0.0, 5.0]])
    parts = contributions(gains, np.array([100.0, 0.0, 50.0]))
    assert parts.sum() == pytest.approx(0.5 * 1.1 - 1)
    assert parts[0] < -0.5 < 0 < parts[1]


def test_contributions_without_an_answer_say_why() -> None:
    with pytest.raises(Undefined, match="no day in the period had money at work"):
        contributions(np.ones((2, 3)), np.zeros(3))
    with pytest.raises(Undefined, match="everything was lost"):
        contributions(np.array([[-100.0, 1.0]]), np.array([100.0, 10.0]))
    with pytest.raises(MalformedSeries, match="gains of 2 days stand beside 3 days"):
        contributions(np.ones((1, 2)), np.ones(3))
    with pytest.raises(MalformedSeries, match="negative"):
        holding_gains(np.ones((1, 2)), -np.ones((1, 1)), np.zeros((1, 1)))
    with pytest.raises(MalformedSeries, match="the one before"):
        holding_gains(np.ones((1, 0)), np.ones((1, 0)), np.zeros((1, 0)))


# ── attribution ─────────────────────────────────────────────────────────────


def _weights_and_returns(seed: int, periods: int, categories: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    held, other = (chance.dirichlet(np.ones(categories), periods) for _ in range(2))
    for table in (held, other):
        if categories > 1:
            empty = chance.random(periods) < 0.3
            table[empty, -2] += table[empty, -1]
            table[empty, -1] = 0.0
    return held, chance.normal(0, 0.1, held.shape).clip(-0.8), other, chance.normal(0, 0.1, held.shape).clip(-0.8)


@given(seeds, st.integers(1, 24), st.integers(1, 6))
def test_the_three_effects_add_up_to_the_excess_over_all_periods(seed: int, periods: int, categories: int) -> None:
    held, ours, other, theirs = _weights_and_returns(seed, periods, categories)
    found = brinson_fachler(held, ours, other, theirs)
    portfolio = np.prod(1 + (held * ours)[:, :].sum(axis=1)) - 1 if not (held == 0).any() else None
    total = found.allocation.sum() + found.selection.sum() + found.interaction.sum()
    assert total == pytest.approx(found.excess, rel=1e-9, abs=1e-9)
    assert found.benchmark == pytest.approx(np.prod(1 + (other * theirs).sum(axis=1)) - 1, rel=1e-9, abs=1e-12)
    assert portfolio is None or found.portfolio == pytest.approx(portfolio, rel=1e-9, abs=1e-12)


@given(seeds, st.integers(1, 24), st.integers(1, 6))
def test_a_portfolio_that_is_the_benchmark_has_no_effects(seed: int, periods: int, categories: int) -> None:
    held, ours, _, _ = _weights_and_returns(seed, periods, categories)
    found = brinson_fachler(held, ours, held, ours)
    for effect in (found.allocation, found.selection, found.interaction):
        assert effect == pytest.approx(np.zeros(categories), abs=1e-15)
    assert found.excess == 0.0


def test_one_period_is_the_textbook_example() -> None:
    # weights 60/40 against 50/50, returns 10 %/2 % against 8 %/1 %, benchmark 4.5 %
    found = brinson_fachler(np.array([[0.6, 0.4]]), np.array([[0.10, 0.02]]), np.array([[0.5, 0.5]]), np.array([[0.08, 0.01]]))
    assert found.allocation.tolist() == pytest.approx([0.1 * (0.08 - 0.045), -0.1 * (0.01 - 0.045)])
    assert found.selection.tolist() == pytest.approx([0.5 * 0.02, 0.5 * 0.01])
    assert found.interaction.tolist() == pytest.approx([0.1 * 0.02, -0.1 * 0.01])
    assert found.excess == pytest.approx(0.068 - 0.045)


def test_what_the_benchmark_holds_alone_is_allocation_and_what_it_lacks_is_interaction() -> None:
    found = brinson_fachler(np.array([[0.0, 1.0]]), np.array([[9.0, 0.05]]), np.array([[1.0, 0.0]]), np.array([[0.08, 9.0]]))
    assert found.allocation.tolist() == pytest.approx([0.0, 0.0]) == found.selection.tolist()
    assert found.interaction.tolist() == pytest.approx([0.0, 0.05 - 0.08])
    assert found.excess == pytest.approx(-0.03)


def test_attribution_without_an_answer_says_why() -> None:
    one = np.ones((1, 1))
    with pytest.raises(Undefined, match="everything was lost"):
        brinson_fachler(one, -one, one, one)
    with pytest.raises(Undefined, match="no period"):
        brinson_fachler(*(np.ones((0, 2)) for _ in range(4)))
    with pytest.raises(MalformedSeries, match="add up to one"):
        brinson_fachler(one * 0.9, one, one, one)
    with pytest.raises(MalformedSeries, match="shape"):
        brinson_fachler(one, np.ones((1, 2)), one, one)


# ── drivers ─────────────────────────────────────────────────────────────────


def _books(seed: int, holdings: int, days: int) -> dict[str, np.ndarray]:
    """Holdings in three currencies, and the cash of each: purchases, dividends and costs go through it."""
    chance = np.random.default_rng(seed)
    money = chance.integers(0, 3, holdings)
    currency = np.concatenate((money, [0, 1, 2]))
    rates = np.cumprod(np.column_stack((chance.uniform(0.5, 2, 3), chance.uniform(0.97, 1.03, (3, days)))), axis=1)
    rates[0] = 1.0
    own, put = np.zeros((holdings + 3, days + 1)), np.zeros((holdings + 3, days))
    own[:, 0] = chance.uniform(0, 1e4, holdings + 3)
    flows, income, costs = np.zeros(days), np.zeros(days), np.zeros(days)
    for day in range(days):
        rate = rates[:, day + 1]
        for row in range(holdings):
            cash, bought = holdings + money[row], chance.uniform(-100, 100) * (chance.random() < 0.4)
            paid, fee = chance.uniform(0, 20, 2) * (chance.random(2) < 0.2)
            put[row, day] += bought
            put[cash, day] += paid - fee - bought
            income[day] += paid * rate[money[row]]
            costs[day] += fee * rate[money[row]]
            own[row, day + 1] = (own[row, day] + bought) * chance.uniform(0.95, 1.05)
        deposit = chance.uniform(-500, 500) * (chance.random() < 0.2)
        put[holdings, day] += deposit
        flows[day] += deposit
        own[holdings:, day + 1] = own[holdings:, day] + put[holdings:, day]
    return {"own": own, "rate": rates[currency], "put_in": put, "flows": flows, "income": income, "costs": costs}


@given(seeds, st.integers(1, 5), st.integers(1, 40))
def test_drivers_add_up_to_the_change_of_value(seed: int, holdings: int, days: int) -> None:
    books = _books(seed, holdings, days)
    found = drivers(**books)
    value = (books["own"] * books["rate"]).sum(axis=0)
    assert (found.start, found.end) == (pytest.approx(value[0]), pytest.approx(value[-1]))
    assert abs(found.unexplained) <= math.ulp(abs(found.start) + abs(found.end) + abs(found.price))
    assert found.price == pytest.approx(found.price_by_holding.sum(), rel=1e-9, abs=1e-6)
    assert found.currency == pytest.approx(found.currency_by_holding.sum(), rel=1e-12, abs=1e-9)
    cash = found.price_by_holding[holdings:]
    assert cash == pytest.approx(np.zeros(3), abs=1e-6)  # money has no price of its own


def test_one_day_of_one_holding_is_split_as_numbers_says() -> None:
    # 10 units from 5 to 6 in a currency from 2 to 3: price (6 - 5)·2·10, currency 6·(3 - 2)·10
    found = drivers(np.array([[50.0, 60.0]]), np.array([[2.0, 3.0]]), np.zeros((1, 1)), flows=np.zeros(1), income=np.zeros(1), costs=np.zeros(1))
    assert (found.start, found.price, found.currency, found.end) == (100.0, 20.0, 60.0, 180.0)


def test_a_bridge_with_a_missing_step_is_refused() -> None:
    books = _books(3, 2, 10)
    with pytest.raises(MalformedSeries, match="is not what came from outside"):
        drivers(**{**books, "income": books["income"] + 1.0})
    with pytest.raises(Undefined, match="no day"):
        drivers(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 0)), flows=np.zeros(0), income=np.zeros(0), costs=np.zeros(0))
