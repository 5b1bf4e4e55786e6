"""Portfolios with a history, on a market of a few instruments."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from market.services import PriceRow, RateRow, ingest_prices, ingest_rates
from tests.factories import make_instrument, make_portfolio, record, set_quote

Closes = Callable[..., None]


def every_day(first: date, last: date, value: Callable[[int], str]) -> list[tuple[date, str]]:
    return [(first + timedelta(days=n), value(n)) for n in range((last - first).days + 1)]


def store_closes(instrument: Any, rows: list[tuple[date, str]]) -> None:
    ingest_prices(instrument, [PriceRow(day, Decimal(close)) for day, close in rows], "test")


def store_rates(quote: str, rows: list[tuple[date, str]]) -> None:
    ingest_rates(RateRow("EUR", quote, day, Decimal(rate), "test") for day, rate in rows)


@pytest.fixture
def began(today: date) -> date:
    """500 days of history."""
    return today - timedelta(days=500)


@pytest.fixture
def share(db: None, began: date, today: date) -> Any:
    """€100, a cent more each day; newest quote €110, yesterday's close before it."""
    instrument = make_instrument("SHARE", asset_class="stock")
    store_closes(instrument, every_day(began, today - timedelta(days=1), lambda n: str(Decimal(100) + Decimal(n) / 100)))
    set_quote(instrument, "110", "104.99")
    return instrument


@pytest.fixture
def fund(db: None, began: date, today: date) -> Any:
    """In dollars: $50, half a cent more each day."""
    instrument = make_instrument("FUND", currency="USD", asset_class="etf")
    store_closes(instrument, every_day(began, today - timedelta(days=1), lambda n: str(Decimal(50) + Decimal(n) / 200)))
    set_quote(instrument, "53", "52.495")
    return instrument


@pytest.fixture
def index(db: None, began: date, today: date) -> Any:
    """The benchmark: 1000, one more each day."""
    instrument = make_instrument("INDEX", asset_class="index")
    store_closes(instrument, every_day(began, today, lambda n: str(1000 + n)))
    set_quote(instrument, "1501", "1500")
    return instrument


@pytest.fixture
def dollars(db: None, began: date, today: date) -> None:
    """$1.25 for €1 on the first day, a hundredth of a cent less each day: 1.2 today."""
    store_rates("USD", every_day(began, today, lambda n: str(Decimal("1.25") - Decimal(n) / 10000)))


@pytest.fixture
def euro_portfolio(person: Any, share: Any, fund: Any, index: Any, dollars: None, began: date) -> Any:
    """Everything this version records, in euro, cash tracked."""
    portfolio = make_portfolio(person, name="Core", benchmark=index)
    record(portfolio, "deposit", began, amount="10000")
    record(portfolio, "buy", began + timedelta(days=2), share, quantity="40", price="100.02", fees="4.90")
    record(
        portfolio,
        "buy",
        began + timedelta(days=10),
        fund,
        quantity="60",
        price="50.05",
        fees="1",
        settlement_currency="EUR",
        fx_rate="1",
        amount="2405.40",
    )
    record(portfolio, "deposit", began + timedelta(days=100), amount="2000")
    record(portfolio, "dividend", began + timedelta(days=120), share, amount="34", taxes="6")
    record(portfolio, "sell", began + timedelta(days=200), share, quantity="15", price="102", fees="4.90")
    record(portfolio, "interest", began + timedelta(days=250), amount="7.77")
    record(portfolio, "fee", began + timedelta(days=300), amount="12")
    record(portfolio, "withdrawal", began + timedelta(days=400), amount="500")
    record(portfolio, "buy", began + timedelta(days=410), share, quantity="7.5", price="104.1")
    return portfolio


@pytest.fixture
def dollar_portfolio(person: Any, fund: Any, share: Any, dollars: None, began: date) -> Any:
    """In dollars, without cash tracking: every trade is a flow."""
    portfolio = make_portfolio(person, name="US", base_currency="USD", tracks_cash=False)
    record(portfolio, "buy", began + timedelta(days=30), fund, quantity="100", price="50.15", fees="1")
    record(portfolio, "sell", began + timedelta(days=230), fund, quantity="25", price="51.15")
    record(portfolio, "dividend", began + timedelta(days=330), fund, amount="18.75", taxes="2.81")
    return portfolio
