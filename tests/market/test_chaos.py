"""An hour in which every source fails in its turn: nothing wrong is stored, nobody calls while asked to wait, and every price tells its age.

The hour passes minute by minute on the clocks of the emulator and of the jobs.  `DRILLS=long` makes it a whole hour, with more
instruments and all rates since 1999; else a third of one.  SEED chooses another hour.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from lxml import html

from market import tasks
from market.models import FxRate, Instrument, Price, Quote, SourceSymbol, Suspect
from market.providers.limits import Limits
from market.selectors import quotes_of
from market.services import create_watchlist
from market.services.calls import reserve
from market.services.calls.budgets import forget_own_counts
from tests.emulator import Emulator
from tests.emulator.things import Security
from tests.factories import make_person, make_portfolio, record

LONG = os.environ.get("DRILLS") == "long"
MINUTES = 60 if LONG else 20
SEED = int(os.environ.get("SEED", "20261121"))
FAULTS: tuple[dict[str, Any], ...] = (
    {"down": True},
    {"html": True},
    {"truncated": True},
    {"drip": 0.01},
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
KNOWN_RATE = date(2026, 3, 16)  # in the short form the rates of three months are missing
LOOK_EVERY, ALL_DOWN = 6, 13  # minutes; the minute in which no source answers at all


def impatient(provider: str, limits: Limits, *_: Any) -> Any:
    """A job's gate without its waiting: the clock stands still within a minute."""
    return lambda cost: reserve(provider, Limits(limits.windows), cost)


@pytest.fixture
def hour(settings: Any, monkeypatch: pytest.MonkeyPatch, db: None) -> Any:
    settings.PROVIDERS, settings.QUOTES_EVERY = ["emulated"], 60
    monkeypatch.setattr("market.selectors.interest._asked", [lambda: Instrument.objects.values_list("pk", flat=True)])
    monkeypatch.setattr("market.services.refreshing.openings.patient_gate", impatient)
    monkeypatch.setattr("market.providers.web.WHOLE", 0.2)  # what drips is cut off as in earnest, only sooner
    cache.clear()
    forget_own_counts()
    seconds = [0.0]
    with Emulator(tick=lambda: seconds[0]) as running:
        settings.EMULATOR_URL = running.address
        yield running, seconds
    cache.clear()
    forget_own_counts()


def test_an_hour_of_chaos_stores_nothing_wrong_and_calls_nobody_who_asked_for_a_pause(hour: Any, client: Client) -> None:
    emulator, seconds = hour
    chance, world = Random(SEED), emulator.world
    listed = [one for one in world.securities() if one.asset_class in {"stock", "etf", "fund", "index"}][: 30 if LONG else 14]
    pages = begin(emulator, listed, client)
    true: dict[str, set[Decimal]] = defaultdict(set)
    for minute in range(MINUTES):
        for place, source in enumerate(SOURCES):
            if chance.random() < 0.5:
                emulator.switches[source].reset_all()
            if chance.random() < 0.35:
                emulator.switches[source].turn(**chance.choice(FAULTS))
            emulator.switches[source].turn(down=minute == ALL_DOWN or minute % (2 * len(SOURCES)) == 2 * place + 1)
        for one in listed:
            true[one.symbol].add(world.quote(one).price)
        with time_machine.travel(world.now(), tick=False):
            tasks.plan_quotes()
            tasks.plan_histories()
            tasks.close_days()
            tasks.fetch_rates()
            if minute % LOOK_EVERY == LOOK_EVERY - 1 or minute == ALL_DOWN:
                look(client, pages)
        world.clock.move(minutes=1)
        seconds[0] += 60
    assert emulator.calls_in_pause() == []
    check_quotes(emulator, listed, true)
    check_history(emulator, listed)
    check_rates(emulator)


def begin(emulator: Emulator, listed: Sequence[Security], client: Client) -> list[str]:
    """Lists the securities, of which somebody holds half and watches the rest; gives the pages that this person looks at."""
    world, made = emulator.world, []
    for one in listed:
        made.append(Instrument.objects.create(symbol=one.symbol, name=one.name, currency=one.currency, exchange=one.mic, asset_class=one.asset_class))
        american = one.currency == "USD" and "." not in one.symbol and one.asset_class == "stock"
        for source in ("yahoo", *(("finnhub", "tiingo") if american else ())):
            SourceSymbol.objects.create(instrument=made[-1], source=source, symbol=one.symbol, currency=one.currency)
    if not LONG:
        FxRate.objects.create(base="EUR", quote="USD", day=KNOWN_RATE, rate=world.rates.published("USD", KNOWN_RATE), source="ecb")
    with time_machine.travel(world.now(), tick=False):
        person = make_person()
        portfolio = make_portfolio(person)
        create_watchlist(person, name="Seen", instruments=made[len(made) // 2 :])
        for one in made[: len(made) // 2]:
            record(portfolio, "buy", "2026-05-04", one, quantity="3", price="20", currency=one.currency, fx_rate="0.9")
        client.force_login(person)
    first, last = made[0].pk, made[-1].pk
    return ["/dashboard/", "/holdings/", f"/holdings/{first}/", "/markets/", f"/instruments/{first}/", f"/instruments/{last}/"]


def look(client: Client, pages: Sequence[str]) -> None:
    """Every price on the pages has beside it what it is of: the time of the stored one, and nothing newer."""
    of = {str(pk): as_of.isoformat() for pk, as_of in Quote.objects.values_list("pk", "as_of")}
    seen = 0
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address
        for price in html.fromstring(answer.content).xpath('//*[@data-live="price"]'):
            row = next(one for one in price.iterancestors() if one.get("data-row"))
            told = row.xpath('.//*[@data-live="at"]/time')
            if row.get("data-row") in of:
                assert told and {one.get("datetime") for one in told} == {of[row.get("data-row")]}, (address, row.text_content())
                seen += 1
            else:
                assert "Undefined" in price.text_content() or told, (address, row.text_content())
    assert seen > len(of), "the pages show hardly a price: the look proves nothing"


def check_quotes(emulator: Emulator, listed: Sequence[Security], true: dict[str, set[Decimal]]) -> None:
    stored = list(Quote.objects.select_related("instrument"))
    assert len(stored) > len(listed) / 2, "hardly anything came through: the drill proves nothing"
    for quote in stored:
        assert any(abs(quote.price - price) <= price * Decimal("0.0002") for price in true[quote.instrument.symbol]), quote.instrument.symbol
    assert not Suspect.objects.filter(price=0).exists()
    with time_machine.travel(emulator.world.now(), tick=False):
        views = quotes_of([quote.pk for quote in stored])
        assert all(view.source and view.as_of <= timezone.now() for view in views.values())


def check_history(emulator: Emulator, listed: Sequence[Security]) -> None:
    bars = {one.symbol: {bar.day: bar.close for bar in emulator.world.bars(one)} for one in listed}
    rows = Price.objects.values_list("instrument__symbol", "day", "close")
    wrong = [
        (symbol, day, close, bars[symbol].get(day))
        for symbol, day, close in rows
        if abs(close - (bars[symbol].get(day) or 0)) > close * Decimal("0.001")
    ]
    assert not wrong, wrong[:5]
    assert len({symbol for symbol, _, _ in rows}) > len(listed) / 2, "hardly any history came through: the drill proves nothing"


def check_rates(emulator: Emulator) -> None:
    rates = emulator.world.rates
    rows = FxRate.objects.values_list("base", "quote", "day", "rate", "source")
    wrong = [row for row in rows if row[0] != "EUR" or row[3] != rates.published(row[1], row[2])]
    assert not wrong, wrong[:5]
    assert len(rows) > 1000, "hardly any rate came through: the drill proves nothing"
