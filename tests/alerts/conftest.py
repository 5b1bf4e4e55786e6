"""What the rules of these tests watch."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal as D

import pytest

from market.services import PriceRow, ingest_prices
from tests import factories


@pytest.fixture
def apple(db, today):
    """Two years of closes at 100, and a price of 100 now."""
    instrument = factories.make_instrument("AAPL", price="100", previous="100", name="Apple Inc", sector="technology")
    days = (today - timedelta(days=n) for n in range(1, 500))
    ingest_prices(instrument, [PriceRow(day, D(100) + D(day.day % 3) / 10) for day in days], "test")
    return instrument


@pytest.fixture
def held(person, apple, today):
    """A portfolio of 10 shares and as much in cash."""
    portfolio = factories.make_portfolio(person)
    factories.record(portfolio, "deposit", today - timedelta(days=400), amount="2000")
    factories.record(portfolio, "buy", today - timedelta(days=399), apple, quantity="10", price="100")
    return portfolio
