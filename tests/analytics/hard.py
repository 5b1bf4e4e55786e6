"""Portfolios that are hard on a report: empty, without a price or a rate, of cash alone, opened today, sold, lost, of coins alone, of a single day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.analytics.conftest import every_day, store_closes
from tests.analytics.wandering import wander
from tests.factories import make_instrument, record, set_quote


def _without_price(portfolio: Any, today: date) -> None:
    record(portfolio, "buy", today - timedelta(days=90), make_instrument("NOPRICE"), quantity="2", price="10")


def _without_rate(portfolio: Any, today: date) -> None:
    thing = make_instrument("NORATE", currency="CHF")
    store_closes(thing, every_day(today - timedelta(days=90), today, lambda n: str(50 + n % 5)))
    record(portfolio, "deposit", today - timedelta(days=90), amount="100", currency="CHF", fx_rate="1")
    record(portfolio, "buy", today - timedelta(days=90), thing, quantity="1", price="50", settlement_currency="EUR", fx_rate="1", amount="50")


def _only_cash(portfolio: Any, today: date) -> None:
    record(portfolio, "deposit", today - timedelta(days=200), amount="1000")


def _opened_today(portfolio: Any, today: date) -> None:
    thing = wander("FRESH", 31, today, days=60)
    record(portfolio, "buy", today, thing, quantity="2", price="100")


def _sold(portfolio: Any, today: date) -> None:
    thing = wander("GONE", 32, today, days=200)
    record(portfolio, "buy", today - timedelta(days=150), thing, quantity="2", price="100")
    record(portfolio, "sell", today - timedelta(days=100), thing, quantity="2", price="100")


def _lost(portfolio: Any, today: date) -> None:
    thing = make_instrument("BUST")
    store_closes(thing, every_day(today - timedelta(days=100), today, lambda n: str(10 + n % 3)))
    record(portfolio, "buy", today - timedelta(days=100), thing, quantity="2", price="10")
    record(portfolio, "sell", today - timedelta(days=50), thing, quantity="2", price="0")


def _coins(portfolio: Any, today: date) -> None:
    coin = make_instrument("COIN", asset_class="crypto", currency="EUR")
    store_closes(coin, every_day(today - timedelta(days=400), today, lambda n: str(100 + n * 7 % 13)))
    set_quote(coin, "105", "104")
    record(portfolio, "buy", today - timedelta(days=390), coin, quantity="2", price="100")


def _single_day(portfolio: Any, today: date) -> None:
    thing = make_instrument("ONEDAY", price="10")
    store_closes(thing, [(today, "10")])
    record(portfolio, "buy", today, thing, quantity="2", price="10")


HARD: dict[str, Callable[[Any, date], None]] = {
    "empty": lambda portfolio, today: None,
    "no price": _without_price,
    "no rate": _without_rate,
    "only cash": _only_cash,
    "opened today": _opened_today,
    "sold": _sold,
    "lost": _lost,
    "coins": _coins,
    "single day": _single_day,
}
