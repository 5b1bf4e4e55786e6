"""Currencies, money, periods and figures cannot be wrong by construction."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portfolio_site.kernel.dates import Period, months_before, years_before, years_between
from portfolio_site.kernel.figures import Figure, Unit
from portfolio_site.kernel.money import Currency, CurrencyMismatch, Money, UnknownCurrency

EUR, USD = Currency("EUR"), Currency("USD")


@pytest.mark.parametrize("code", ["GBp", "GBX", "eur", "", "EU", "EURO", "XXX", "ÜSD"])
def test_what_is_not_a_currency_code_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        Currency(code)


def test_minor_units_differ_by_currency() -> None:
    assert (Currency("JPY").decimals, EUR.decimals, Currency("KWD").decimals) == (0, 2, 3)


def test_money_of_two_currencies_does_not_add_up() -> None:
    assert Money(Decimal(1), EUR) + Money(Decimal("0.10"), EUR) == Money(Decimal("1.10"), EUR)
    with pytest.raises(CurrencyMismatch):
        Money(Decimal(1), EUR) + Money(Decimal(1), USD)


def test_a_period_holds_its_start_and_not_its_end() -> None:
    period = Period.through(date(2024, 2, 27), date(2024, 3, 1))
    assert date(2024, 2, 29) in period
    assert period.end not in period
    assert period.days == 4 == len(list(period))
    assert period.last == date(2024, 3, 1)
    with pytest.raises(ValueError, match="cannot end"):
        Period(date(2024, 1, 2), date(2024, 1, 1))


def test_leap_days_and_short_months_go_back_to_a_day_that_exists() -> None:
    assert years_before(date(2024, 2, 29), 1) == date(2023, 2, 28)
    assert months_before(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert months_before(date(2024, 1, 15), 2) == date(2023, 11, 15)
    assert years_between(date(2023, 1, 1), date(2024, 1, 1)) == 1.0


def test_a_figure_has_a_value_or_a_reason_and_never_nan() -> None:
    assert Figure("value", Unit.MONEY, Decimal(1), "EUR").known
    assert not Figure.undefined("irr", Unit.FRACTION, "No money was at work.").known
    for wrong in (
        {"value": None},
        {"value": 1.0, "why_not": "both"},
        {"value": float("nan")},
        {"value": Decimal("Infinity")},
    ):
        with pytest.raises(ValueError, match="figure|finite"):
            Figure(name="x", unit=Unit.NUMBER, **wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="currency"):
        Figure("value", Unit.MONEY, Decimal(1))
