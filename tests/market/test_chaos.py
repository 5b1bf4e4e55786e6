"""An hour in which every source fails in its turn: nothing wrong is stored, and nobody calls while asked to wait.

The hour passes minute by minute on the clocks of the emulator and of the jobs.  `DRILLS=long` makes it a whole hour, with more
instruments; else a quarter of one.
"""

from __future__ import annotations

import os
from collections import defaultdict
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.utils import timezone

from market import tasks
from market.models import Instrument, Price, Quote, SourceSymbol, Suspect
from market.providers.limits import Limits
from market.selectors import quotes_of
from market.services.calls import reserve
from market.services.calls.budgets import forget_own_counts
from tests.emulator import Emulator

LONG = os.environ.get("DRILLS") == "long"
MINUTES = 60 if LONG else 15
FAULTS: tuple[dict[str, Any], ...] = (
    {"down": True},
    {"html": True},
    {"truncated": True},
    {"reset": True},
    {"fault": 500},
    {"fault": 503},
    {"limit": 0},
    {"limit": 0, "retry_after": 240.0},
    {"wrong_key": True},
    {"error_in_200": "daily"},
    {"crumb_calls": 0},
    {"empty_window": True},
    {"null_holes": True},
    {"duplicate_last_bar": True},
    {"hundredfold_quotes": {"AAPL", "MSFT", "VOD.L"}},
    {"hundredfold_bars": {"AAPL", "MSFT", "VOD.L"}},
    {"unknown": {"AAPL", "IBM"}},
    {"stuck_quotes": {"MSFT": "1.00"}},
)
SOURCES = ("yahoo", "finnhub", "tiingo", "twelve_data", "coingecko", "alpha_vantage", "ecb", "frankfurter")


def impatient(provider: str, limits: Limits, *_: Any) -> Any:
    """A job's gate without its waiting: the clock stands still within a minute."""
    return lambda cost: reserve(provider, Limits(limits.windows), cost)


@pytest.fixture
def hour(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Any:
    settings.PROVIDERS, settings.QUOTES_EVERY = ["emulated"], 60
    monkeypatch.setattr("market.selectors.interest._asked", [lambda: Instrument.objects.values_list("pk", flat=True)])
    monkeypatch.setattr("market.services.refreshing.openings.patient_gate", impatient)
    cache.clear()
    forget_own_counts()
    seconds = [0.0]
    with Emulator(tick=lambda: seconds[0]) as running:
        settings.EMULATOR_URL = running.address
        yield running, seconds
    cache.clear()
    forget_own_counts()


def test_an_hour_of_chaos_stores_nothing_wrong_and_calls_nobody_who_asked_for_a_pause(hour: Any) -> None:
    emulator, seconds = hour
    chance, world = Random(20261121), emulator.world
    listed = [one for one in world.securities() if one.asset_class in {"stock", "etf", "fund", "index"}][: 30 if LONG else 14]
    for one in listed:
        made = Instrument.objects.create(symbol=one.symbol, name=one.name, currency=one.currency, exchange=one.mic, asset_class=one.asset_class)
        for source in ("yahoo", *(("finnhub", "tiingo") if one.currency == "USD" and "." not in one.symbol and one.asset_class == "stock" else ())):
            SourceSymbol.objects.create(instrument=made, source=source, symbol=one.symbol, currency=one.currency)
    true: dict[str, set[Decimal]] = defaultdict(set)
    for _ in range(MINUTES):
        for source in SOURCES:
            if chance.random() < 0.5:
                emulator.switches[source].reset_all()
            if chance.random() < 0.35:
                emulator.switches[source].turn(**chance.choice(FAULTS))
        for one in listed:
            true[one.symbol].add(world.quote(one).price)
        with time_machine.travel(world.now(), tick=False):
            tasks.plan_quotes()
            tasks.plan_histories()
            tasks.close_days()
            tasks.fetch_rates()
        world.clock.move(minutes=1)
        seconds[0] += 60
    check(emulator, listed, true)


def check(emulator: Emulator, listed: Any, true: dict[str, set[Decimal]]) -> None:
    assert emulator.calls_in_pause() == []
    stored = list(Quote.objects.select_related("instrument"))
    assert len(stored) > len(listed) / 2, "hardly anything came through: the drill proves nothing"
    for quote in stored:
        assert any(abs(quote.price - price) <= price * Decimal("0.0002") for price in true[quote.instrument.symbol]), quote.instrument.symbol
    bars = {one.symbol: {bar.day: bar.close for bar in emulator.world.bars(one)} for one in listed}
    rows = Price.objects.select_related("instrument").values_list("instrument__symbol", "day", "close")
    wrong = [
        (symbol, day, close, bars[symbol].get(day))
        for symbol, day, close in rows
        if abs(close - (bars[symbol].get(day) or 0)) > close * Decimal("0.001")
    ]
    assert not wrong, wrong[:5]
    assert rows or not LONG, "no history came through in an hour"
    assert not Suspect.objects.filter(price=0).exists()
    with time_machine.travel(emulator.world.now(), tick=False):
        views = quotes_of([quote.pk for quote in stored])
        assert all(view.source and view.as_of <= timezone.now() for view in views.values())
