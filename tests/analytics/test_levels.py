"""Levels of benchmarks: close × rate with dividends and splits, blends of them, and the days that are not known."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from analytics.engine.errors import Undefined
from analytics.levels import Level, level_of, rebalancing_closes
from market.selectors import ActionView, BenchmarkView, PartView, Twin, day_number
from tests.analytics.worlds import D, closes, day, market, rates

ONE, TWO, TWIN = 1, 2, 3


def part(pk: int = ONE, weight: str = "1", **more: Any) -> PartView:
    return PartView(pk, f"P{pk}", f"Part {pk}", **{"currency": "EUR", "asset_class": "etf", "is_own": False, "weight": D(weight), **more})


def index(**more: Any) -> BenchmarkView:
    return BenchmarkView(None, "Index", "EUR", (part(**more),))


def blend(rebalancing: str = "never", *parts: PartView) -> BenchmarkView:
    return BenchmarkView(7, "60/40", "EUR", parts or (part(ONE, "0.6"), part(TWO, "0.4")), True, rebalancing)


def dividend(on: str, amount: str, pk: int = ONE) -> ActionView:
    return ActionView(1, pk, "dividend", day(on), None, None, Decimal(amount), "test")


def split(on: str, new: str, old: str = "1", pk: int = ONE) -> ActionView:
    return ActionView(2, pk, "split", day(on), Decimal(new), Decimal(old), None, "test")


def told(benchmark: BenchmarkView, world: Any, *actions: ActionView, first: str = "2024-01-02", length: int = 4, currency: str = "EUR") -> Level:
    return level_of(benchmark, world, actions, currency=currency, first=day(first), length=length)


WORLD = market(closes(ONE, d2024_01_02=100.0, d2024_01_03=98.0, d2024_01_04=50.0))


def test_it_is_the_close_times_the_rate_of_the_day() -> None:
    world = market(
        closes(ONE, d2024_01_02=100.0, d2024_01_04=110.0), rates("USD", d2024_01_02=1.25, d2024_01_03=1.28, d2024_01_04=1.1), quoted={ONE: "USD"}
    )
    level = told(index(currency="USD"), world, length=3)
    assert level.values == pytest.approx([80, 100 / 1.28, 100]) and level.known.all()


def test_a_dividend_is_reinvested_at_the_close_of_its_day_and_a_split_is_no_loss() -> None:
    level = told(index(), WORLD, dividend("2024-01-03", "2"), split("2024-01-04", "2"))
    assert level.values == pytest.approx([100, 100, 102.0408163265306, 102.0408163265306])
    assert level.is_total and level.notes == ()


def test_what_was_paid_on_the_first_day_or_before_belongs_to_others() -> None:
    assert told(index(), WORLD, dividend("2024-01-02", "5"), split("2023-06-01", "3")).values.tolist() == [100, 98, 50, 50]


def test_what_is_paid_on_a_day_without_a_close_buys_at_the_next() -> None:
    world = market(closes(ONE, d2024_01_02=100.0, d2024_01_05=50.0))
    level = told(index(), world, dividend("2024-01-03", "4"), split("2024-01-04", "2"))
    assert level.values == pytest.approx([100, 100, 100, 104])  # 4 for an old unit is 2 for a new one: 2 · (1 + 2/50) · 50


@pytest.mark.parametrize(
    ("more", "actions", "said"),
    [
        ({}, (), "No dividends of P1 are known for these days: its prices alone count."),
        ({"asset_class": "index"}, (), "P1 is told without dividends: its total return is not known."),
        ({"asset_class": "index", "kind": "total"}, (), ""),
        ({"asset_class": "crypto"}, (), ""),
        ({}, (dividend("2024-01-03", "2"),), ""),
    ],
)
def test_it_says_whether_dividends_are_counted(more: dict[str, Any], actions: tuple[ActionView, ...], said: str) -> None:
    level = told(index(**more), WORLD, *actions)
    assert (level.is_total, level.notes) == (not said, (said,) if said else ())


def test_dividends_that_are_known_only_lately_do_not_make_it_a_total_return() -> None:
    world = market(closes(ONE, d2022_01_03=100.0, d2024_01_03=98.0))
    level = told(index(), world, dividend("2024-01-03", "2"), first="2022-01-03", length=800)
    assert level.notes == ("Dividends of P1 are known from 3 Jan 2024 on; before that its prices alone count.",) and not level.is_total


def test_a_twin_stands_in_where_it_reaches_as_far_back() -> None:
    twin = Twin(TWIN, "P1TR", "EUR")
    early = market(*WORLD.prices.values(), closes(TWIN, d2024_01_01=200.0, d2024_01_04=210.0))
    late = market(*WORLD.prices.values(), closes(TWIN, d2024_01_03=200.0, d2024_01_04=210.0))
    assert told(index(asset_class="index", twin=twin), early).values.tolist() == [200, 200, 210, 210]
    assert told(index(asset_class="index", twin=twin), early).is_total
    assert told(index(asset_class="index", twin=twin), late).values.tolist() == [100, 98, 50, 50]
    assert not told(index(asset_class="index", twin=twin), WORLD).is_total


# ── what is not known ───────────────────────────────────────────────────────


def why(level: Level, begin: int, end: int) -> str:
    with pytest.raises(Undefined) as refused:
        level.require(begin, end)
    return refused.value.reason


def test_before_its_first_price_there_is_nothing_and_it_says_so() -> None:
    level = told(index(), WORLD, first="2024-01-01", length=3)
    assert level.values.tolist() == [0, 100, 98] and level.known.tolist() == [False, True, True]
    assert why(level, 0, 2) == "no price of P1 in EUR is known for 1 Jan 2024 or before"
    level.require(1, 3)


def test_a_close_stands_for_a_fortnight_and_of_ones_own_pricing_a_year() -> None:
    level = told(index(), WORLD, length=40)
    assert level.known.sum() == 17  # to 18 January
    assert why(level, 0, 40) == "no price of P1 is known for 19 Jan 2024: the last one is of 4 Jan 2024"
    assert told(index(is_own=True), WORLD, length=360).known.all()


def test_a_rate_stands_for_seven_days() -> None:
    world = market(closes(ONE, d2024_01_02=100.0, d2024_01_09=100.0), rates("USD", d2024_01_02=1.25), quoted={ONE: "USD"})
    level = told(index(currency="USD"), world, length=12)
    assert why(level, 0, 12) == "no USD/EUR rate is known for 10 Jan 2024 or the 7 days before"
    level.require(0, 8)
    assert told(index(currency="USD"), world, length=12, currency="USD").known.all()


def test_nothing_known_at_all_is_nothing() -> None:
    level = told(index(), market(), length=3)
    assert not level.known.any() and level.values.tolist() == [0, 0, 0] and why(level, 2, 3).startswith("no price of P1")


# ── blends ──────────────────────────────────────────────────────────────────

PAIR = market(
    closes(ONE, d2024_01_30=100.0, d2024_01_31=110.0, d2024_02_01=121.0, d2024_02_02=108.9),
    closes(TWO, d2024_01_30=100.0, d2024_01_31=100.0, d2024_02_01=102.0, d2024_02_02=102.0),
)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("never", [1, 1.06, 1.134, 1.0614]),
        ("daily", [1, 1.06, 1.06 * 1.068, 1.06 * 1.068 * 0.94]),
        ("monthly", [1, 1.06, 1.06 * 1.068, 1.06 * (0.6 * 0.99 + 0.4 * 1.02)]),
        ("quarterly", [1, 1.06, 1.134, 1.0614]),
    ],
)
def test_a_blend_goes_back_to_its_weights_by_its_rule(rule: str, expected: list[float]) -> None:
    assert told(blend(rule), PAIR, first="2024-01-30").values == pytest.approx(expected)


def test_a_blend_of_one_grows_as_that_one() -> None:
    alone = told(index(), WORLD, dividend("2024-01-03", "2"))
    assert told(blend("monthly", part()), WORLD, dividend("2024-01-03", "2")).values == pytest.approx(alone.values / alone.values[0])


def test_a_blend_begins_when_all_of_it_is_known() -> None:
    world = market(*PAIR.prices.values())
    level = told(blend("daily"), world, first="2024-01-28", length=5)
    assert level.values == pytest.approx([0, 0, 1, 1.06, 1.06 * 1.068])
    assert [one.reason for one in level.unknown] == [f"no price of P{pk} in EUR is known for 28 Jan 2024 or before" for pk in (ONE, TWO)]


def test_its_notes_are_those_of_its_parts() -> None:
    level = told(blend("never", part(ONE, "0.6", asset_class="crypto"), part(TWO, "0.4")), PAIR, first="2024-01-30")
    assert not level.is_total and level.notes == ("No dividends of P2 are known for these days: its prices alone count.",)


@pytest.mark.parametrize(
    ("rule", "count", "at"),
    [("monthly", 12, "2024-01-31"), ("quarterly", 4, "2024-03-31"), ("yearly", 1, "2024-12-31"), ("daily", 366, "2024-01-01")],
)
def test_weights_come_back_at_the_last_close_of_each_period(rule: str, count: int, at: str) -> None:
    marks = rebalancing_closes(rule, day_number(date(2024, 1, 1)), 366)
    assert marks.sum() == count and date(2024, 1, 1) + timedelta(days=int(np.argmax(marks))) == day(at)
    assert not rebalancing_closes("never", 0, 366).any()
