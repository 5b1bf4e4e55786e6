"""From the ledger to daily series: what is counted when, at which price and rate, and what is left out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.border import day_numbers, to_float64
from analytics.engine.returns import time_weighted_return
from analytics.series import Daily, daily
from portfolios.selectors import CostChange
from tests.analytics.worlds import book, closes, day, event, market, rates

SHARE, FUND, COIN = 1, 2, 3


def twr(series: Daily) -> float:
    return time_weighted_return(series.value, series.inflow, series.outflow)


def simple_market(**more: object) -> object:
    return market(closes(SHARE, d2024_01_02=10.0, d2024_01_03=11.0, d2024_01_05=12.0), **more)


# ── the border ──────────────────────────────────────────────────────────────


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=18, min_value=-(10**15), max_value=10**15)))
def test_an_exact_number_becomes_the_nearest_double(numbers: list[Decimal]) -> None:
    crossed = to_float64(numbers)
    assert crossed.dtype == np.float64
    assert all(
        abs(Decimal(float(double)) - number) <= Decimal(float(np.spacing(abs(double)))) for double, number in zip(crossed, numbers, strict=True)
    )


def test_days_become_numbers_since_1970() -> None:
    assert day_numbers([date(1970, 1, 1), date(2024, 2, 29), date(1969, 12, 31)]).tolist() == [0, 19782, -1]


# ── value and flows ─────────────────────────────────────────────────────────


def test_units_are_valued_each_day_at_the_last_close_and_cash_is_added() -> None:
    ledger = book(
        event("deposit", "2024-01-02", amount=1000),
        event("buy", "2024-01-02", instrument=SHARE, quantity=50, gross=500, fees=5),
        event("sell", "2024-01-05", instrument=SHARE, quantity=20, gross=240),
    )
    series = daily([ledger], currency="EUR", market=simple_market(), last=day("2024-01-06"))
    assert series.first == day("2024-01-01")
    assert series.last == day("2024-01-06")
    assert series.value.tolist() == [0, 995, 1045, 1045, 495 + 30 * 12 + 240, 495 + 30 * 12 + 240]
    assert series.inflow.tolist() == [1000, 0, 0, 0, 0]
    assert series.outflow.tolist() == [0, 0, 0, 0, 0]
    assert series.invested.tolist() == [0, 1000, 1000, 1000, 1000, 1000]
    assert twr(series) == pytest.approx(1095 / 1000 - 1)


def test_without_cash_tracking_each_trade_is_a_flow() -> None:
    ledger = book(
        event("buy", "2024-01-02", instrument=SHARE, quantity=50, gross=500),
        event("dividend", "2024-01-04", instrument=SHARE, gross=30, taxes=5),
        event("sell", "2024-01-05", instrument=SHARE, quantity=50, gross=600, fees=1),
        tracks_cash=False,
    )
    series = daily([ledger], currency="EUR", market=simple_market(), last=day("2024-01-06"))
    assert series.value.tolist() == [0, 500, 550, 550, 0, 0]
    assert series.inflow.tolist() == [500, 0, 0, 0, 0]
    assert series.outflow.tolist() == [0, 0, 25, 599, 0]
    assert twr(series) == pytest.approx(550 / 500 * 575 / 550 * 599 / 550 - 1)


def test_a_split_changes_units_and_nothing_else() -> None:
    ledger = book(
        event("buy", "2024-01-02", instrument=SHARE, quantity=10, gross=100),
        event("split", "2024-01-03", instrument=SHARE, ratio_new=4, ratio_old=1),
        tracks_cash=False,
    )
    world = market(closes(SHARE, d2024_01_02=10.0, d2024_01_03=2.5))
    series = daily([ledger], currency="EUR", market=world, last=day("2024-01-04"))
    assert series.value.tolist() == [0, 100, 100, 100]
    assert twr(series) == 0


def test_each_day_is_converted_at_its_own_rate() -> None:
    ledger = book(
        event("deposit", "2024-01-02", amount=1000, currency="USD", fx_rate="0.5"),
        event("buy", "2024-01-02", instrument=SHARE, quantity=50, gross=500, currency="USD", fx_rate="0.5"),
    )
    world = market(closes(SHARE, d2024_01_02=10.0, d2024_01_03=11.0), rates("USD", d2024_01_01=2.0, d2024_01_04=1.0), quoted={SHARE: "USD"})
    series = daily([ledger], currency="EUR", market=world, last=day("2024-01-04"))
    assert series.value.tolist() == [0, 500, (500 + 550) / 2, 1050]
    assert series.inflow.tolist() == [500, 0, 0]


def test_a_rate_goes_over_the_euro_of_the_same_day() -> None:
    ledger = book(event("deposit", "2024-01-02", amount=100, currency="USD", fx_rate="0.8"), base="GBP")
    world = market(rates("USD", d2024_01_02=1.25, d2024_01_03=1.0), rates("GBP", d2024_01_02=1.0, d2024_01_03=0.9))
    series = daily([ledger], currency="GBP", market=world, last=day("2024-01-03"))
    assert series.value.tolist() == pytest.approx([0, 80, 90])


def test_two_portfolios_together_are_the_sum_of_both() -> None:
    first = book(event("deposit", "2024-01-02", amount=1000), event("buy", "2024-01-03", instrument=SHARE, quantity=50, gross=550))
    second = book(event("buy", "2024-01-05", instrument=SHARE, quantity=5, gross=60), tracks_cash=False)
    world, last = simple_market(), day("2024-01-06")
    both = daily([first, second], currency="EUR", market=world, last=last)
    alone = [daily([one], currency="EUR", market=world, last=last) for one in (first, second)]
    assert both.value[-2:].tolist() == (alone[0].value[-2:] + alone[1].value[-2:]).tolist()
    assert both.inflow.sum() == alone[0].inflow.sum() + alone[1].inflow.sum()


def test_units_that_come_in_kind_count_with_their_value_of_that_day() -> None:
    arrival = event("transfer_in", "2024-01-03", instrument=SHARE, quantity=10, gross=20)
    ledger = book(event("deposit", "2024-01-02", amount=100), arrival)
    series = daily([ledger], currency="EUR", market=simple_market(), last=day("2024-01-04"), transfers=frozenset({arrival.id}))
    assert series.inflow.tolist() == [100, 110, 0]
    assert twr(series) == 0


def test_a_transfer_between_two_portfolios_of_the_series_is_no_flow() -> None:
    leaves = event("transfer_out", "2024-01-03", instrument=SHARE, quantity=10)
    comes = event("transfer_in", "2024-01-03", instrument=SHARE, quantity=10, gross=100)
    first = book(event("buy", "2024-01-02", instrument=SHARE, quantity=30, gross=300), leaves, tracks_cash=False)
    second = book(event("deposit", "2024-01-02", amount=100), comes)
    series = daily([first, second], currency="EUR", market=simple_market(), last=day("2024-01-04"), transfers=frozenset({leaves.id, comes.id}))
    assert series.inflow.tolist() == [400, 0, 0]
    assert series.outflow.tolist() == [0, 0, 0]
    assert series.value.tolist() == [0, 400, 430, 430]


def test_what_happens_after_the_last_day_is_not_seen() -> None:
    ledger = book(event("deposit", "2024-01-02", amount=100), event("deposit", "2024-01-09", amount=900))
    series = daily([ledger], currency="EUR", market=market(), last=day("2024-01-04"))
    assert series.value.tolist() == [0, 100, 100, 100]
    assert series.inflow.tolist() == [100, 0, 0]


def test_an_empty_ledger_and_one_that_starts_later_are_worth_nothing() -> None:
    for ledgers in ([], [book()], [book(event("deposit", "2024-02-01", amount=5))]):
        series = daily(ledgers, currency="EUR", market=market(), last=day("2024-01-04"))
        assert (series.value.tolist(), len(series.inflow), series.first, series.last) == ([0], 0, day("2024-01-04"), day("2024-01-04"))


def test_a_period_is_a_slice_that_starts_at_the_close_before_it() -> None:
    ledger = book(event("deposit", "2024-01-02", amount=100), event("deposit", "2024-01-04", amount=900))
    whole = daily([ledger], currency="EUR", market=market(), last=day("2024-01-08"))
    part = whole.between(day("2024-01-03"), day("2024-01-05"))
    assert (part.first, part.last) == (day("2024-01-03"), day("2024-01-05"))
    assert part.value.tolist() == [100, 1000, 1000]
    assert part.inflow.tolist() == [900, 0]
    assert whole.between(day("1999-01-01"), day("2030-01-01")).value.tolist() == whole.value.tolist()
    assert whole.ending_at(1234.0).value.tolist() == [*whole.value[:-1].tolist(), 1234.0]


# ── what cannot be valued ───────────────────────────────────────────────────


def test_an_instrument_without_any_price_stands_at_its_cost_and_is_named() -> None:
    ledger = book(
        event("buy", "2024-01-02", instrument=SHARE, quantity=50, gross=500),
        event("buy", "2024-01-03", instrument=FUND, quantity=1, gross=700),
        tracks_cash=False,
    )
    series = daily(
        [ledger],
        currency="EUR",
        market=simple_market(quoted={FUND: "EUR"}),
        last=day("2024-01-05"),
        costs=lambda _: [CostChange(FUND, day("2024-01-03"), Decimal(700))],
    )
    assert series.value.tolist() == [0, 500, 1250, 1250, 1300]
    assert series.inflow.tolist() == [500, 700, 0, 0]
    assert twr(series) == pytest.approx(1250 / 1200 * 1300 / 1250 - 1)
    (gap,) = series.gaps
    assert (gap.instrument, gap.since, gap.until, gap.wants_rate) == (FUND, day("2024-01-03"), None, False)


def test_its_first_price_brings_what_it_gained_so_far() -> None:
    ledger = book(
        event("deposit", "2024-01-02", amount=1000),
        event("buy", "2024-01-02", instrument=FUND, quantity=10, gross=400),
        event("sell", "2024-01-03", instrument=FUND, quantity=4, gross=180),
    )
    world = market(closes(FUND, d2024_01_05=50.0, d2024_01_06=55.0))
    asked: list[frozenset[int]] = []

    def answer(instruments: frozenset[int]) -> list[CostChange]:
        asked.append(instruments)
        return [CostChange(FUND, day("2024-01-02"), Decimal(400)), CostChange(FUND, day("2024-01-03"), Decimal(-160))]

    series = daily([ledger], currency="EUR", market=world, last=day("2024-01-06"), costs=answer)
    assert asked == [frozenset({FUND})]
    assert series.value.tolist() == [0, 1000, 780 + 240, 780 + 240, 780 + 300, 780 + 330]
    assert (series.inflow.tolist(), series.outflow.tolist()) == ([1000, 0, 0, 0, 0], [0, 0, 0, 0, 0])
    assert series.index.tolist() == pytest.approx([1, 1, 1.02, 1.02, 1.08, 1.11])
    assert series.gaps[0].until == day("2024-01-05")


def test_units_in_kind_that_cannot_be_valued_move_at_their_cost() -> None:
    arrival = event("transfer_in", "2024-01-03", instrument=FUND, quantity=10, gross=20)
    ledger = book(event("deposit", "2024-01-02", amount=100), arrival)
    series = daily(
        [ledger],
        currency="EUR",
        market=market(quoted={FUND: "EUR"}),
        last=day("2024-01-04"),
        transfers=frozenset({arrival.id}),
        costs=lambda _: [CostChange(FUND, day("2024-01-03"), Decimal(20))],
    )
    assert (series.inflow.tolist(), series.value.tolist()) == ([100, 20, 0], [0, 100, 120, 120])


def test_a_price_without_a_rate_is_no_value_either() -> None:
    ledger = book(event("buy", "2024-01-02", instrument=SHARE, quantity=1, gross=10, currency="USD", fx_rate="0.9"), tracks_cash=False)
    world = market(closes(SHARE, d2024_01_02=10.0), rates("USD", d2024_01_04=2.0), quoted={SHARE: "USD"})
    series = daily([ledger], currency="EUR", market=world, last=day("2024-01-05"), costs=lambda _: [CostChange(SHARE, day("2024-01-02"), Decimal(9))])
    assert series.value.tolist() == [0, 9, 9, 5, 5]
    assert series.inflow.tolist() == [9, 0, 0, 0]
    assert (series.gaps[0].wants_rate, series.gaps[0].currency, series.gaps[0].until) == (True, "USD", day("2024-01-04"))


def test_days_with_cash_that_has_no_rate_are_not_known() -> None:
    ledger = book(
        event("deposit", "2024-01-02", amount=100, currency="USD", fx_rate="0.9"),
        event("withdrawal", "2024-01-04", amount=100, currency="USD", fx_rate="0.9"),
    )
    series = daily([ledger], currency="EUR", market=market(), last=day("2024-01-05"))
    assert series.known.tolist() == [True, False, False, True, True]
    assert (series.gaps[0].instrument, series.gaps[0].since, series.gaps[0].until) == (None, day("2024-01-02"), day("2024-01-04"))


# ── business days ───────────────────────────────────────────────────────────


def test_business_days_are_weekdays_on_which_something_was_priced() -> None:
    ledger = book(
        event("buy", "2024-01-04", instrument=SHARE, quantity=1, gross=10),
        event("buy", "2024-01-04", instrument=COIN, quantity=1, gross=10),
        tracks_cash=False,
    )
    world = market(
        closes(SHARE, d2024_01_04=1.0, d2024_01_05=1.0, d2024_01_09=1.0),
        closes(COIN, d2024_01_04=1.0, d2024_01_06=1.0, d2024_01_08=1.0),
        coins=frozenset({COIN}),
    )
    series = daily([ledger], currency="EUR", market=world, last=day("2024-01-09"))
    assert series.trading.tolist() == [False, True, True, False, False, False, True]  # Monday the 8th: a holiday of the share
    assert series.periods == 252


def test_crypto_alone_trades_every_day_of_the_year() -> None:
    ledger = book(event("buy", "2024-01-04", instrument=COIN, quantity=1, gross=10), tracks_cash=False)
    series = daily([ledger], currency="EUR", market=market(closes(COIN, d2024_01_04=1.0), coins=frozenset({COIN})), last=day("2024-01-09"))
    assert series.trading.all()
    assert series.periods == 365


# ── a second implementation ─────────────────────────────────────────────────

moves = st.lists(
    st.tuples(st.integers(0, 39), st.sampled_from([SHARE, FUND]), st.sampled_from(["buy", "sell", "split"]), st.integers(1, 50)),
    min_size=1,
    max_size=25,
)


@settings(deadline=None)
@given(moves, st.integers(0, 2**32 - 1))
def test_pandas_comes_to_the_same_value_and_return(plan: list[tuple[int, int, str, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    days = pd.date_range("2023-12-31", periods=42)
    table = pd.DataFrame(rng.uniform(5, 50, (42, 2)).round(4), index=days, columns=[SHARE, FUND])
    fx = pd.Series(rng.uniform(0.8, 1.3, 42).round(4), index=days)
    held = pd.DataFrame(0.0, index=days, columns=[SHARE, FUND])
    inflow, outflow = pd.Series(0.0, index=days), pd.Series(0.0, index=days)
    have, events = {SHARE: 0, FUND: 0}, []
    for offset, instrument, kind, quantity in sorted(plan, key=lambda row: (row[0], {"split": 0, "buy": 1, "sell": 2}[row[2]])):
        when = days[offset + 1]
        if kind == "split":
            if not have[instrument]:
                continue
            have[instrument] *= 2
            events.append(event("split", f"{when:%Y-%m-%d}", instrument=instrument, ratio_new=2, ratio_old=1))
        else:
            quantity = quantity if kind == "buy" else min(quantity, have[instrument])
            if not quantity:
                continue
            have[instrument] += quantity if kind == "buy" else -quantity
            gross, rate = quantity * table.loc[when, instrument], 1 / fx[when] if instrument == FUND else 1.0
            (inflow if kind == "buy" else outflow)[when] += gross * rate
            currency = "USD" if instrument == FUND else "EUR"
            exact_rate = {"fx_rate": repr(float(rate))} if instrument == FUND else {}
            events.append(
                event(kind, f"{when:%Y-%m-%d}", instrument=instrument, quantity=quantity, gross=repr(float(gross)), currency=currency, **exact_rate)
            )
        held.loc[when:, instrument] = have[instrument]
    if not events:
        return
    numbers = day_numbers([d.date() for d in days]).astype(np.int32)
    world = market(
        *(closes(i).__class__(i, 1, numbers, table[i].to_numpy(), None) for i in (SHARE, FUND)),
        rates("USD").__class__("USD", 1, numbers, fx.to_numpy(), None),
        quoted={FUND: "USD"},
    )
    series = daily([book(*events, tracks_cash=False)], currency="EUR", market=world, last=days[-1].date())
    worth = held[SHARE] * table[SHARE] + held[FUND] * table[FUND] / fx
    base = worth.shift(1, fill_value=0.0) + inflow
    grown = ((worth + outflow) / base.where(base != 0)).fillna(1.0).cumprod()
    since = pd.Timestamp(series.first)
    assert series.value == pytest.approx(worth[since:].to_numpy(), rel=1e-9, abs=1e-9)
    assert series.index == pytest.approx((grown[since:] / grown[since]).to_numpy(), rel=1e-9)
