"""Rates without risk: how published numbers are read, how long one stands, who is asked, and that zero is never supposed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from market.choices import RateBasis
from market.errors import InvalidRisklessRate, NoRisklessRate
from market.models import RisklessRate
from market.providers.base import Observation
from market.providers.failures import Failure, FailureKind, Unreachable
from market.providers.registry import RISK_FREE, RISK_FREE_BASIS
from market.riskless import earned_a_day
from market.selectors import risk_free
from market.services import RisklessRow, store_riskless
from market.services.refreshing import refresh_riskless
from tests.factories import D

NOW = datetime(2026, 11, 20, 16, tzinfo=UTC)


def rate(day: str, percent: str, currency: str = "EUR", **more: Any) -> RisklessRow:
    return RisklessRow(currency, date.fromisoformat(day), D(percent), **more)


def published(day: str, percent: str, **more: Any) -> RisklessRow:
    return rate(day, percent, basis=RateBasis.MONEY_360, source="fred", series="ESTR", **more)


# ── how a number is read ────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("percent", "basis", "days", "earned"),
    [
        (5.0, RateBasis.EFFECTIVE, 365, 0.05),
        (3.6, RateBasis.MONEY_360, 1, 0.0001),
        (3.65, RateBasis.MONEY_365, 1, 0.0001),
        (4.0, RateBasis.BILL_YIELD, 91, 0.04 * 91 / 365),
        (4.0, RateBasis.DISCOUNT, 91, 1 / (1 - 0.04 * 91 / 360) - 1),
        (-0.5, RateBasis.EFFECTIVE, 365, -0.005),
    ],
)
def test_each_basis_earns_what_it_says_over_its_own_time(percent: float, basis: str, days: int, earned: float) -> None:
    daily = earned_a_day(np.array([percent]), basis)[0]
    assert (1 + daily) ** days - 1 == pytest.approx(earned, rel=1e-12)


def test_every_series_that_is_asked_for_says_how_it_is_read() -> None:
    assert {name for series in RISK_FREE.values() for _, name in series} == RISK_FREE_BASIS.keys()


# ── day by day ──────────────────────────────────────────────────────────────


def test_a_published_rate_stands_until_the_next_and_seven_days_at_most(db: None) -> None:
    store_riskless([published("2026-11-12", "1.8"), published("2026-11-13", "3.6")])
    found = risk_free("EUR", date(2026, 11, 12), date(2026, 11, 21))
    assert found.rates == pytest.approx([0.00005] + [0.0001] * 8) and found.newest == date(2026, 11, 13) and found.sources == ("fred",)
    assert found.earned == pytest.approx(1.00005 * 1.0001**8 - 1, rel=1e-12)
    with pytest.raises(NoRisklessRate, match="for EUR on 21 Nov 2026: the last one is of 13 Nov 2026"):
        risk_free("EUR", date(2026, 11, 12), date(2026, 11, 22))


def test_one_that_an_administrator_entered_stands_until_another_follows(db: None) -> None:
    store_riskless([rate("2020-01-01", "1"), rate("2025-01-01", "2")])
    found = risk_free("EUR", date(2024, 12, 31), date(2025, 1, 2))
    assert found.rates == pytest.approx([1.01 ** (1 / 365) - 1, 1.02 ** (1 / 365) - 1])


@pytest.mark.parametrize("currency", ["CHF", "EUR"])
def test_where_none_is_known_there_is_a_reason_and_no_zero(currency: str, db: None) -> None:
    store_riskless([rate("2026-01-02", "2")])
    with pytest.raises(NoRisklessRate, match=f"for {currency} on 1 Jan 2026 or before. An administrator can enter one."):
        risk_free(currency, date(2026, 1, 1), date(2026, 1, 5))


def test_a_span_without_a_day_is_refused(db: None) -> None:
    with pytest.raises(NoRisklessRate, match="no day"):
        risk_free("EUR", date(2026, 1, 5), date(2026, 1, 5))


def test_thirty_years_cost_one_query(db: None, django_assert_num_queries: Any) -> None:
    begin = date(1996, 1, 1)
    store_riskless(published((begin + timedelta(days=n)).isoformat(), "1") for n in range(0, 11_000, 7))
    with django_assert_num_queries(1):
        assert len(risk_free("EUR", date(1996, 1, 3), date(2026, 1, 1)).rates) == 10_956


# ── stored ──────────────────────────────────────────────────────────────────


def test_equal_rates_are_left_alone_and_an_administrators_stays(db: None) -> None:
    assert store_riskless([published("2026-11-12", "1.8"), published("2026-11-13", "1.9")]) == 2
    assert store_riskless([published("2026-11-12", "1.8"), published("2026-11-13", "2")]) == 1
    assert store_riskless([rate("2026-11-12", "3")]) == 1
    assert store_riskless([published("2026-11-12", "1.8")]) == 0
    assert RisklessRate.objects.get(day=date(2026, 11, 12)).percent == 3


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (rate("2026-11-12", "250"), "percent"),
        (rate("2026-11-12", "NaN"), "percent"),
        (rate("1800-01-01", "1"), "day"),
        (rate("2999-01-01", "1"), "day"),
        (rate("2026-11-12", "1", "XXQ"), "currency"),
        (rate("2026-11-12", "1", basis="guess"), "basis"),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(row: RisklessRow, field: str, db: None) -> None:
    with pytest.raises(InvalidRisklessRate) as refused:
        store_riskless([rate("2026-11-11", "1"), row])
    assert [error.field for error in refused.value.errors] == [field] and not RisklessRate.objects.exists()


# ── fetched ─────────────────────────────────────────────────────────────────


class Told:
    """A source of series, which remembers what it was asked for."""

    def __init__(self, name: str, values: Mapping[str, list[tuple[str, str]]], problem: Failure | None = None, *, down: bool = False) -> None:
        self.name, self.values, self.problem, self.down = name, values, problem, down
        self.asked: list[Mapping[str, date | None]] = []

    def series(self, after: Mapping[str, date | None]) -> Mapping[str, Any]:
        self.asked.append(after)
        if self.down:
            raise Unreachable("Down.")
        return {
            name: self.problem or tuple(Observation(date.fromisoformat(day), D(value)) for day, value in self.values.get(name, ())) for name in after
        }


def test_each_currency_is_fetched_once_whole_and_then_from_a_week_before(db: None) -> None:
    fred = Told("fred", {"DTB3": [("2026-11-18", "3.8"), ("2026-11-19", "999")], "IUDSOIA": [("2026-11-18", "3.97")]})
    assert refresh_riskless(NOW, ["fred"], lambda _: fred) == 2
    assert {one.currency: one.basis for one in RisklessRate.objects.all()} == {"USD": RateBasis.DISCOUNT, "GBP": RateBasis.MONEY_365}
    assert refresh_riskless(NOW, ["fred"], lambda _: fred) == 0
    assert {name: day for asked in fred.asked[3:] for name, day in asked.items()} == {
        "DTB3": date(2026, 11, 11),
        "IUDSOIA": date(2026, 11, 11),
        "ECBESTRVOLWGTTRMDMNRT": None,
    }


@pytest.mark.parametrize("fred", [Told("fred", {}, Failure(FailureKind.NO_DATA, "None.")), Told("fred", {}, down=True)])
def test_a_second_source_stands_in_where_the_first_fails(fred: Told, db: None) -> None:
    other = Told("alpha_vantage", {"TREASURY_YIELD:3month": [("2026-11-18", "3.9")]})
    assert refresh_riskless(NOW, ["fred", "alpha_vantage"], {"fred": fred, "alpha_vantage": other}.__getitem__) == 1
    assert RisklessRate.objects.get().basis == RateBasis.BILL_YIELD


def test_without_a_source_nobody_is_asked(db: None) -> None:
    assert refresh_riskless(NOW, [], lambda name: pytest.fail(name)) == 0
