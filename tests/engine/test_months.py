"""Months and years of the calendar; best and worst; simple and gross returns."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.engine.answers import Answers
from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.months import best_and_worst, calendar_returns
from analytics.engine.returns import before_costs, daily_growth, simple_return, time_weighted_return
from tests.engine.drawn import series
from tests.engine.recorded import EMPYRICAL, PERIODS, closes_in


@pytest.mark.parametrize("period", PERIODS)
def test_months_of_a_real_series_are_those_of_empyrical(period: str) -> None:
    closes = closes_in(period, "AAPL").asfreq("D").ffill()
    growth = (closes / closes.shift(1)).dropna()
    found = calendar_returns(growth.to_numpy(), np.ones(len(growth), dtype=bool), growth.index[0].date())
    expected = EMPYRICAL[period]["monthly"]  # from the first trading day on; in 2016 one day of the calendar lies before it
    assert found.months.values[found.months.known][-len(expected) :] == pytest.approx(expected, rel=1e-9)


@given(series(20, 1500), st.dates(date(1995, 1, 1), date(2020, 12, 31)))
def test_the_table_is_what_pandas_groups(moves: np.ndarray, first: date) -> None:
    found = calendar_returns(1 + moves, np.ones(len(moves), dtype=bool), first)
    days = pd.date_range(first, periods=len(moves))
    by_month = pd.Series(1 + moves, days).groupby([days.year, days.month]).prod() - 1
    assert found.years.tolist() == sorted(set(days.year))
    assert int(found.months.known.sum()) == len(by_month)
    for (year, month), expected in by_month.items():
        assert found.months.at(year - found.years[0], month - 1) == pytest.approx(expected, rel=1e-9, abs=1e-12)
        whole = date(year, month, 1) >= first and pd.Timestamp(year, month, 1).days_in_month == ((days.year == year) & (days.month == month)).sum()
        assert found.whole_months[year - found.years[0], month - 1] == whole
    linked = np.where(found.months.known, 1 + found.months.values, 1.0).prod(axis=1) - 1
    assert found.totals.values == pytest.approx(linked, rel=1e-9, abs=1e-12)


def test_months_outside_the_period_or_without_money_say_so() -> None:
    first, working = date(2023, 12, 31), np.ones(32, dtype=bool)
    working[1:] = False
    found = calendar_returns(np.full(32, 1.01), working, first)
    assert found.months.why_not(0, 0) == "this part of the calendar lies outside the period"
    assert found.months.why_not(1, 0) == "no money was at work then"
    assert found.months.at(0, 11) == pytest.approx(0.01)
    assert found.whole_months[0, 11] == np.False_ and found.whole_months[1, 0] == np.True_
    assert found.whole_years.tolist() == [False, False]
    assert calendar_returns(np.ones(366), np.ones(366, dtype=bool), date(2024, 1, 1)).whole_years.tolist() == [True]


def test_a_month_beyond_all_numbers_is_no_number() -> None:
    found = calendar_returns(np.full(31, 1e30), np.ones(31, dtype=bool), date(2024, 1, 1))
    assert found.months.why_not(0, 0) == "the figure is beyond all numbers"


def test_a_period_without_days_has_no_table() -> None:
    with pytest.raises(Undefined, match="no day"):
        calendar_returns(np.zeros(0), np.zeros(0, dtype=bool), date(2024, 1, 1))
    with pytest.raises(MalformedSeries, match="1 marks stand beside 2 days"):
        calendar_returns(np.ones(2), np.ones(1, dtype=bool), date(2024, 1, 1))


def test_best_and_worst_are_found_among_those_that_are_known() -> None:
    table = Answers.of(np.array([[0.1, 9.0], [-0.3, 0.1]]), (np.array([[False, True], [False, False]]), "it is not known"))
    found = best_and_worst(table)
    assert (found.best, found.best_at, found.worst, found.worst_at) == (0.1, (0, 0), -0.3, (1, 0))
    assert (found.gained, found.lost, found.counted) == (2, 1, 3)
    with pytest.raises(Undefined, match="no return is known"):
        best_and_worst(Answers.of(np.zeros(0)))


# ── simple and gross ────────────────────────────────────────────────────────


def test_the_simple_return_is_the_gain_over_all_that_was_put_in() -> None:
    # 100 held, 50 paid in, 30 taken out, 135 left: 15 earned on 150
    assert simple_return(100.0, 135.0, np.array([50.0, 0.0]), np.array([0.0, 30.0])) == pytest.approx(0.1)
    with pytest.raises(Undefined, match="no money was put to work"):
        simple_return(0.0, 0.0, np.zeros(2), np.zeros(2))


@given(st.integers(0, 2**32 - 1), st.integers(1, 40))
def test_gross_is_net_with_the_costs_given_back_at_the_end_of_each_day(seed: int, days: int) -> None:
    chance = np.random.default_rng(seed)
    value, none = chance.uniform(50, 150, days + 1), np.zeros(days)
    costs = chance.uniform(0, 1, days) * (chance.random(days) < 0.5)
    gross, working = daily_growth(value, *before_costs(none, none, costs))
    net, _ = daily_growth(value, none, none)
    assert working.all()
    assert gross - net == pytest.approx(costs / value[:-1], rel=1e-9, abs=1e-12)
    assert np.prod(net) - 1 == pytest.approx(time_weighted_return(value, none, none), rel=1e-9)


def test_a_fee_that_comes_back_is_money_paid_in() -> None:
    paid_in, taken_out = before_costs(np.array([1.0, 0.0]), np.array([0.0, 5.0]), np.array([-2.0, 3.0]))
    assert (paid_in.tolist(), taken_out.tolist()) == ([3, 0], [0, 8])
