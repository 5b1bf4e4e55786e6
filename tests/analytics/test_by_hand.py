"""Figures of the API against the same figures made by hand from stored rows, to the last digit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portfolios.models import Portfolio
from tests.by_hand import Sums, figures_by_fold, figures_by_hand

pytestmark = pytest.mark.django_db


def agree(
    browser: Client, portfolios: list[Portfolio], path: str, currency: str, today: date, compute: Callable[..., Sums] = figures_by_hand
) -> None:
    """Value, gains and performance of `path` are what a person would compute."""
    by_hand = compute(portfolios, currency, today)
    asked = {"currency": currency}
    value, gains, returns = (browser.get(f"/api/v1/portfolios/{path}/{what}", asked).json() for what in ("value", "gains", "performance"))
    exact = {
        "value": (value["value"], by_hand.value),
        "holdings_value": (value["holdings_value"], by_hand.holdings_value),
        "cash_value": (value["cash_value"], by_hand.cash_value),
        "realized": (gains["realized"], by_hand.realised),
        "unrealized": (gains["unrealized"], by_hand.unrealised),
        "income": (gains["income"], by_hand.income),
        "expenses": (gains["expenses"], by_hand.expenses),
        "total": (gains["total"], by_hand.total_gain),
        "net_flows": (gains["net_flows"], by_hand.net_flows),
        "end_value": (returns["end_value"], by_hand.value),
    }
    assert {name: Decimal(told) for name, (told, _) in exact.items()} == {name: number for name, (_, number) in exact.items()}
    assert {row["symbol"]: Decimal(row["value"]) for row in value["by_holding"]} == dict(by_hand.by_symbol)
    assert {row["symbol"]: Decimal(row["quantity"]) for row in value["by_holding"]} == dict(by_hand.units)
    assert float(returns["series"][-1]["value"]) == pytest.approx(float(by_hand.value), abs=1e-6)


def _browser(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.parametrize("currency", ["EUR", "USD"])
def test_two_portfolios_in_two_currencies(person: Any, euro_portfolio: Any, dollar_portfolio: Any, currency: str, today: date) -> None:
    browser = _browser(person)
    agree(browser, [euro_portfolio], str(euro_portfolio.pk), currency, today)
    agree(browser, [dollar_portfolio], str(dollar_portfolio.pk), currency, today)
    agree(browser, [euro_portfolio, dollar_portfolio], "all", currency, today)


@pytest.mark.slow
def test_the_demo_person_with_years_of_every_kind_of_entry(today: date) -> None:
    from portfolios.services import load_demo

    demo = load_demo()
    browser = _browser(demo.user)
    agree(browser, list(demo.portfolios), "all", "EUR", today, figures_by_fold)
    for portfolio in demo.portfolios:
        agree(browser, [portfolio], str(portfolio.pk), portfolio.base_currency, today, figures_by_fold)
