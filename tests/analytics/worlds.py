"""Small worlds for tests of series: columns of closes and rates by hand, and ledgers replayed from a few words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import count
from typing import Any

import numpy as np

from analytics.world import Market
from market.selectors import FxColumnView, PriceColumnView, day_number
from market.selectors.columns import EURO
from portfolio_site.kernel.money import Currency
from portfolios.ledger.book import Book
from portfolios.ledger.events import EVENT_TYPES, Event
from portfolios.ledger.replay import Rules, replay


def D(text: str | int) -> Decimal:
    return Decimal(text)


def day(text: str) -> date:
    return date.fromisoformat(text)


def closes(instrument: int, **by_day: float) -> PriceColumnView:
    """`closes(1, d2024_01_02=10.0)`"""
    days = [day_number(day(key[1:].replace("_", "-"))) for key in by_day]
    return PriceColumnView(instrument, 1, np.array(days, dtype=np.int32), np.array(list(by_day.values())), None)


def rates(currency: str, **by_day: float) -> FxColumnView:
    days = [day_number(day(key[1:].replace("_", "-"))) for key in by_day]
    return FxColumnView(currency, 1, np.array(days, dtype=np.int32), np.array(list(by_day.values())), None)


def market(*columns: Any, quoted: dict[int, str] | None = None, coins: frozenset[int] = frozenset()) -> Market:
    prices = {c.instrument_id: c for c in columns if isinstance(c, PriceColumnView)}
    found = {c.currency: c for c in columns if isinstance(c, FxColumnView)} | {"EUR": EURO}
    return Market(prices, found, {**dict.fromkeys(prices, "EUR"), **(quoted or {})}, coins)


_ids = count(1)


def event(kind: str, on: str, *, instrument: int | None = None, currency: str = "EUR", **more: Any) -> Event:
    """An event from few words: numbers may be text, and the price of a trade follows from its gross."""
    number = next(_ids)
    fields: dict[str, Any] = {
        key: Decimal(str(value)) for key, value in more.items() if not isinstance(value, date) and key not in {"local_currency"}
    }
    if instrument is not None:
        fields["instrument"] = instrument
    if kind in {"buy", "sell", "transfer_in"}:
        fields["local_currency"] = Currency(more.get("local_currency", currency))
        fields.setdefault("local_price", fields["gross"] / fields["quantity"])
    return EVENT_TYPES[kind](id=number, sequence=number, day=day(on), currency=Currency(currency), **fields)


def book(*events: Event, base: str = "EUR", tracks_cash: bool = True, method: str = "average") -> Book:
    return replay(events, Rules(Currency(base), method=method, tracks_cash=tracks_cash))
