"""Instruments whose prices wander, the same way each time, and a portfolio of two of them beside a third."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from tests.analytics.conftest import store_closes
from tests.factories import make_instrument, make_portfolio, record, set_quote

HISTORY = 420


def moves(seed: int, days: int, spread: float = 0.012) -> np.ndarray:
    return np.random.default_rng(seed).standard_t(5, days) * spread + 0.0004


def wander(symbol: str, seed: int, today: date, *, start: float = 100.0, days: int = HISTORY, **fields: Any) -> Any:
    """An instrument whose closes of weekdays wander; nothing happens at weekends."""
    instrument = make_instrument(symbol, **fields)
    rows, price = [], start
    for n, move in enumerate(moves(seed, days)):
        day = today - timedelta(days=days - n)
        if day.weekday() < 5:
            price *= 1 + move
            rows.append((day, f"{price:.6f}"))
    store_closes(instrument, rows)
    set_quote(instrument, rows[-1][1], rows[-1][1])
    instrument.rows = rows
    return instrument


@pytest.fixture
def one(today: date) -> Any:
    return wander("ONE", 1, today)


@pytest.fixture
def two(today: date) -> Any:
    return wander("TWO", 2, today, start=40.0, asset_class="etf")


@pytest.fixture
def market_index(today: date) -> Any:
    return wander("MKT", 3, today, start=1000.0, asset_class="index")


@pytest.fixture
def pair(person: Any, one: Any, two: Any, market_index: Any) -> Any:
    """Two things bought on the first day and kept; cash is not tracked."""
    portfolio = make_portfolio(person, benchmark=market_index, tracks_cash=False)
    for thing, units in ((one, "60"), (two, "100")):
        day, close = thing.rows[0]
        record(portfolio, "buy", day, thing, quantity=units, price=close)
    return portfolio
