"""Time-weighted, money-weighted and modified Dietz returns: identities, reference values, and when there is no answer."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
import pyxirr
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize import brentq

from analytics.engine.errors import MalformedSeries, Undefined
from analytics.engine.returns import annualised, daily_growth, growth_index, modified_dietz, money_weighted_return, time_weighted_return
from tests.engine import slow

money = st.floats(min_value=1.0, max_value=1e7)
flow = st.one_of(st.just(0.0), st.floats(min_value=0.01, max_value=1e6))


@st.composite
def histories(draw: st.DrawFn, worth: st.SearchStrategy[float] = money) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """value (n + 1,), inflow (n,), outflow (n,)"""
    days = draw(st.integers(min_value=1, max_value=40))
    value = draw(st.lists(worth, min_size=days + 1, max_size=days + 1))
    inflow = draw(st.lists(flow, min_size=days, max_size=days))
    outflow = draw(st.lists(flow, min_size=days, max_size=days))
    return np.array(value), np.array(inflow), np.array(outflow)


# ── time-weighted ───────────────────────────────────────────────────────────


@given(st.lists(money, min_size=2, max_size=60))
def test_without_flows_the_return_is_end_over_start_less_one(values: list[float]) -> None:
    value, none = np.array(values), np.zeros(len(values) - 1)
    assert time_weighted_return(value, none, none) == pytest.approx(values[-1] / values[0] - 1, rel=1e-12, abs=1e-12)


@given(histories())
def test_it_equals_the_chain_of_days_written_out(history: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    value, inflow, outflow = history
    assert time_weighted_return(value, inflow, outflow) == pytest.approx(slow.chained_return(*(list(x) for x in history)), rel=1e-9, abs=1e-9)


@given(histories(), st.floats(min_value=1e-3, max_value=1e3))
def test_counting_in_another_unit_of_money_changes_nothing(history: tuple[np.ndarray, np.ndarray, np.ndarray], factor: float) -> None:
    once = time_weighted_return(*history)
    assert time_weighted_return(*(series * factor for series in history)) == pytest.approx(once, rel=1e-9, abs=1e-12)


@given(histories(st.floats(min_value=1e6, max_value=1e7)), st.integers(min_value=0, max_value=39))
def test_two_periods_link_to_the_whole(history: tuple[np.ndarray, np.ndarray, np.ndarray], cut: int) -> None:
    value, inflow, outflow = history
    cut = min(cut, len(inflow) - 1)
    assume(cut > 0)
    first = time_weighted_return(value[: cut + 1], inflow[:cut], outflow[:cut])
    second = time_weighted_return(value[cut:], inflow[cut:], outflow[cut:])
    assert (1 + first) * (1 + second) == pytest.approx(1 + time_weighted_return(value, inflow, outflow), rel=1e-6)


def test_an_inflow_works_from_the_start_of_its_day_and_an_outflow_leaves_at_its_end() -> None:
    # 100 grows by 10 % to 110 on a day that began with 50 more: 150 → 165; then 65 leave at the end of a day that adds 10 %
    value, inflow, outflow = np.array([100.0, 165.0, 116.5]), np.array([50.0, 0.0]), np.array([0.0, 65.0])
    assert time_weighted_return(value, inflow, outflow) == pytest.approx(1.1 * 1.1 - 1, rel=1e-15)


def test_a_flow_recorded_in_two_parts_changes_nothing() -> None:
    value = np.array([0.0, 110.0, 140.0])
    whole = time_weighted_return(value, np.array([100.0, 20.0]), np.zeros(2))
    parts = time_weighted_return(value, np.array([30.0 + 70.0, 5.0 + 15.0]), np.zeros(2))
    assert whole == parts == pytest.approx(1.1 * 140 / 130 - 1)


def test_days_without_money_are_skipped_and_break_no_chain() -> None:
    value = np.array([0.0, 0.0, 110.0, 0.0, 0.0, 42.0])
    inflow, outflow = np.array([0.0, 100.0, 0.0, 0.0, 40.0]), np.array([0.0, 0.0, 121.0, 0.0, 0.0])
    growth, working = daily_growth(value, inflow, outflow)
    assert working.tolist() == [False, True, True, False, True]
    assert growth.tolist() == pytest.approx([1.0, 1.1, 1.1, 1.0, 1.05])
    assert time_weighted_return(value, inflow, outflow) == pytest.approx(1.1 * 1.1 * 1.05 - 1)
    assert growth_index(value, inflow, outflow).tolist() == pytest.approx([1, 1, 1.1, 1.21, 1.21, 1.21 * 1.05])


def test_a_total_loss_is_minus_one_hundred_percent() -> None:
    assert time_weighted_return(np.array([100.0, 0.0]), np.zeros(1), np.zeros(1)) == -1.0


def test_a_period_without_money_at_work_has_no_return() -> None:
    with pytest.raises(Undefined, match="no day in the period had money at work"):
        time_weighted_return(np.zeros(4), np.zeros(3), np.zeros(3))
    with pytest.raises(Undefined, match="no day"):
        time_weighted_return(np.array([100.0]), np.zeros(0), np.zeros(0))


def test_growth_that_no_number_can_hold_is_undefined_and_not_infinite() -> None:
    with pytest.raises(Undefined, match="beyond all numbers"):
        time_weighted_return(np.array([1e-300, 1e300]), np.zeros(1), np.zeros(1))
    steep = np.array([1e-100, 1e100, 1e-100, 1e100, 1.0])
    with pytest.raises(Undefined, match="beyond all numbers"):
        growth_index(steep, np.array([0.0, 0.0, 0.0, 0.0]), np.array([0.0, 1e100, 0.0, 0.0]))


@pytest.mark.parametrize(
    ("value", "inflow", "outflow"),
    [
        ([1.0, 2.0], [0.0, 0.0], [0.0]),
        ([1.0, 2.0], [0.0], []),
        ([1.0, 2.0], [-1.0], [0.0]),
        ([1.0, 2.0], [0.0], [-1.0]),
        ([1.0, math.nan], [0.0], [0.0]),
        ([1.0, 2.0], [math.inf], [0.0]),
        ([], [], []),
    ],
)
def test_series_that_do_not_fit_together_are_refused(value: list[float], inflow: list[float], outflow: list[float]) -> None:
    with pytest.raises(MalformedSeries):
        time_weighted_return(np.array(value), np.array(inflow), np.array(outflow))


def test_a_table_in_place_of_a_series_is_refused() -> None:
    with pytest.raises(MalformedSeries, match="dimensions"):
        time_weighted_return(np.ones((2, 2)), np.zeros(1), np.zeros(1))


# ── a year ──────────────────────────────────────────────────────────────────


def test_a_return_a_year_is_shown_from_365_days_on() -> None:
    assert annualised(0.21, 730) == pytest.approx(0.1, rel=1e-12)
    assert annualised(0.1, 365) == pytest.approx(0.1, rel=1e-15)
    assert annualised(-1.0, 800) == -1.0
    with pytest.raises(Undefined, match="needs 365 days or more; the period has 364"):
        annualised(0.1, 364)
    with pytest.raises(Undefined, match="more than everything was lost"):
        annualised(-1.2, 800)


# ── modified Dietz ──────────────────────────────────────────────────────────


@given(histories())
def test_modified_dietz_equals_its_definition_written_out(history: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    value, inflow, outflow = history
    try:
        result = modified_dietz(value[0], value[-1], inflow, outflow)
    except Undefined:
        assume(False)
    assert result == pytest.approx(slow.dietz(value[0], value[-1], list(inflow), list(outflow)), rel=1e-6, abs=1e-9)


def test_over_one_day_modified_dietz_is_the_return_of_the_day() -> None:
    value, inflow = np.array([100.0, 165.0]), np.array([50.0])
    assert modified_dietz(100.0, 165.0, inflow, np.zeros(1)) == pytest.approx(time_weighted_return(value, inflow, np.zeros(1)))


def test_modified_dietz_of_a_textbook_period() -> None:
    # 100,000 for 30 days, 30,000 more from the start of day 11 (20 days left), worth 135,000: 5,000 / 120,000
    inflow = np.zeros(30)
    inflow[10] = 30_000.0
    assert modified_dietz(100_000.0, 135_000.0, inflow, np.zeros(30)) == pytest.approx(5_000 / 120_000)


def test_modified_dietz_without_money_or_days_is_undefined() -> None:
    with pytest.raises(Undefined, match="no money was at work on average"):
        modified_dietz(0.0, 0.0, np.zeros(3), np.zeros(3))
    with pytest.raises(Undefined, match="no day"):
        modified_dietz(1.0, 1.0, np.zeros(0), np.zeros(0))


# ── money-weighted ──────────────────────────────────────────────────────────

ORIGIN = dt.date(2010, 1, 1)


def _dated(days: list[int]) -> list[dt.date]:
    return [ORIGIN + dt.timedelta(days=day) for day in days]


@given(
    st.lists(st.tuples(st.integers(0, 3000), st.floats(min_value=1.0, max_value=1e5)), min_size=1, max_size=30),
    st.floats(min_value=0.2, max_value=6.0),
)
def test_savings_with_one_receipt_give_the_rate_of_pyxirr(paid: list[tuple[int, float]], multiple: float) -> None:
    days = [day for day, _ in paid] + [3650]
    amounts = [-much for _, much in paid] + [multiple * sum(much for _, much in paid)]
    ours = money_weighted_return(np.array(days), np.array(amounts))
    theirs = pyxirr.xirr(_dated(days), amounts)
    assert ours == pytest.approx(theirs, rel=1e-9, abs=1e-9)


@given(
    st.lists(st.tuples(st.integers(0, 2999), st.floats(min_value=-1e4, max_value=1e4)), min_size=1, max_size=25),
    st.floats(min_value=1.0, max_value=1e5),
)
def test_at_the_rate_found_everything_balances(moves: list[tuple[int, float]], closing: float) -> None:
    days, amounts = np.array([0, *(day for day, _ in moves), 3000]), np.array([-1e4, *(much for _, much in moves), closing])
    try:
        rate = money_weighted_return(days, amounts)
    except Undefined:
        assume(False)
    terms = amounts * (1 + rate) ** (-days / 365)
    # a rate next to −100 % multiplies its own last digit by the days: what is left is measured against what was summed
    assert abs(terms.sum()) <= 1e-8 * np.abs(terms).sum()


@given(st.floats(min_value=0.5, max_value=3.0), st.integers(min_value=1, max_value=364))
def test_under_a_year_it_is_the_return_of_the_period(multiple: float, days: int) -> None:
    assert money_weighted_return(np.array([0, days]), np.array([-100.0, 100.0 * multiple])) == pytest.approx(multiple - 1, abs=1e-12)


def test_over_a_year_it_is_a_return_a_year() -> None:
    assert money_weighted_return(np.array([0, 730]), np.array([-100.0, 121.0])) == pytest.approx(0.1, rel=1e-13)


def test_flows_split_merged_or_in_another_order_give_the_same_rate() -> None:
    days, amounts = np.array([0, 100, 400, 900]), np.array([-100.0, -50.0, 20.0, 170.0])
    whole = money_weighted_return(days, amounts)
    parts = money_weighted_return(np.array([900, 0, 100, 100, 400, 400, 400]), np.array([170.0, -100.0, -20.0, -30.0, 5.0, 7.0, 8.0]))
    assert parts == pytest.approx(whole, rel=1e-13)


def test_of_two_rates_the_one_nearest_the_modified_dietz_return_is_taken() -> None:
    # -100 + 230/(1+r) - 132/(1+r)² = 0 at 10 % and at 20 %
    days, amounts = np.array([0, 365, 730]), np.array([-100.0, 230.0, -132.0])
    assert money_weighted_return(days, amounts, near=0.22) == pytest.approx(0.1, rel=1e-9)  # 22 % over two years: 10.5 % a year
    assert money_weighted_return(days, amounts, near=0.44) == pytest.approx(0.2, rel=1e-9)  # 20 % a year
    assert money_weighted_return(days, amounts) == pytest.approx(0.1, rel=1e-9)


def test_two_rates_closer_together_than_the_grid_are_both_found() -> None:
    low, high = 0.1, 0.1005
    amounts = np.array([-1.0, (1 + low) + (1 + high), -(1 + low) * (1 + high)])
    days = np.array([0, 365, 730])
    assert money_weighted_return(days, amounts, near=1.0) == pytest.approx(high, rel=1e-7)
    assert money_weighted_return(days, amounts, near=-0.5) == pytest.approx(low, rel=1e-7)


@pytest.mark.parametrize(
    ("amounts", "reason"),
    [
        ([-100.0, -50.0, 0.0], "nothing came back or is left"),
        ([100.0, 50.0, 1.0], "none was paid in"),
        ([0.0, 0.0, 0.0], "no money moved"),
        ([-100.0, 150.0, -100.0], "no rate between"),
        ([-100.0, 0.0, 1e16], "no rate between"),
    ],
)
def test_without_a_rate_the_figure_is_undefined_and_says_why(amounts: list[float], reason: str) -> None:
    with pytest.raises(Undefined, match=reason):
        money_weighted_return(np.array([0, 365, 730]), np.array(amounts))


def test_in_and_out_on_the_same_day_leaves_no_time_and_no_rate() -> None:
    with pytest.raises(Undefined):
        money_weighted_return(np.array([5, 5]), np.array([-100.0, 110.0]))
    with pytest.raises(Undefined):
        money_weighted_return(np.array([5, 5]), np.array([-100.0, 100.0]))


def test_a_loss_of_nearly_everything_still_has_a_rate() -> None:
    assert money_weighted_return(np.array([0, 365]), np.array([-1e6, 1.0])) == pytest.approx(1e-6 - 1, rel=1e-12)


def test_thirty_years_of_monthly_savings_agree_with_scipy() -> None:
    days = np.arange(0, 30 * 365, 30)
    amounts = np.append(np.full(len(days), -250.0), 400_000.0)
    when = np.append(days, 30 * 365)
    reference = brentq(lambda r: float((amounts * (1 + r) ** (-when / 365)).sum()), -0.9, 1.0, xtol=1e-14)
    assert money_weighted_return(when, amounts) == pytest.approx(reference, abs=1e-11)


def test_days_and_amounts_of_different_length_are_refused() -> None:
    with pytest.raises(MalformedSeries, match="3 days stand beside 2 amounts"):
        money_weighted_return(np.array([0, 1, 2]), np.array([-1.0, 2.0]))
