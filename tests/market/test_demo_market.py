"""The demo market in the database: loaded whole, loaded twice without a trace, topped up by day, moved by ticks."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from market import tasks
from market.models import FxColumn, FxRate, Instrument, Price, PriceColumn, Quote
from market.packing import day_number
from market.providers.demo import DemoMarket, files
from market.providers.demo.catalogue import SPECS
from market.selectors import price_columns, price_on, prices_version, quotes_of, rate
from market.services import advance_demo_market, load_demo_market
from tests.factories import D, make_instrument
from tests.market.conftest import FIRST, NOW, cut

pytestmark = pytest.mark.django_db


def everything() -> tuple[Any, ...]:
    return (
        list(Instrument.objects.order_by("pk").values()),
        list(Price.objects.order_by("instrument__symbol", "day").values_list("instrument__symbol", "day", "close", "simulated", "source")),
        list(FxRate.objects.order_by("quote", "day").values_list("quote", "day", "rate", "simulated", "source")),
    )


def test_the_first_load_stores_instruments_closes_rates_and_quotes(short_demo: DemoMarket) -> None:
    loaded = load_demo_market(NOW)
    assert loaded.instruments == len(SPECS) == Instrument.objects.count()
    assert (loaded.prices, loaded.rates, loaded.quotes) == (Price.objects.count(), FxRate.objects.count(), len(SPECS))
    apple = Instrument.objects.get(symbol="AAPL")
    assert (apple.name, apple.isin, apple.currency, apple.provider, apple.owner) == ("Apple", "US0378331005", "USD", "demo", None)
    real = price_on(apple.pk, date(2022, 12, 28))
    assert real is not None
    assert (real.close, real.simulated) == (D("125.674"), False)
    assert Price.objects.filter(instrument=apple, day__gt=date(2022, 12, 28), simulated=False).count() == 0
    assert Price.objects.filter(instrument=apple).latest("day").day == NOW.date() - timedelta(days=1)
    assert price_columns([apple.pk])[apple.pk].simulated_from == day_number(date(2022, 12, 29))


def test_rates_are_real_to_their_last_day_and_marked_after_it(short_demo: DemoMarket) -> None:
    load_demo_market(NOW)
    real, simulated = rate("EUR", "USD", date(2023, 1, 31)), rate("EUR", "USD", date(2023, 2, 14))
    assert (real.rate, real.source, real.simulated) == (D("1.0833"), "ecb", False)
    assert (simulated.day, simulated.source, simulated.simulated) == (date(2023, 2, 14), "demo", True)
    assert FxRate.objects.filter(quote="HRK").latest("day").day == date(2022, 12, 30)


def test_a_second_load_changes_nothing_and_only_looks(short_demo: DemoMarket, django_assert_max_num_queries: Any) -> None:
    load_demo_market(NOW)
    before = everything()
    with django_assert_max_num_queries(14):
        again = load_demo_market(NOW)
    assert not again.anything
    assert everything() == before


def test_days_that_are_missing_are_added_as_if_loaded_at_once(short_demo: DemoMarket) -> None:
    load_demo_market(NOW - timedelta(days=9))
    topped_up = load_demo_market(NOW)
    assert 0 < topped_up.prices < 300
    by_steps = everything()[1:]
    Instrument.objects.all().delete()
    FxRate.objects.all().delete()
    FxColumn.objects.all().delete()
    load_demo_market(NOW)
    assert everything()[1:] == by_steps


def test_a_weekend_needs_no_closes_of_shares(short_demo: DemoMarket) -> None:
    friday_close_known = datetime(2023, 2, 11, 9, tzinfo=UTC)  # a Saturday
    load_demo_market(friday_close_known)
    added = load_demo_market(friday_close_known + timedelta(days=1))
    assert (added.prices, added.rates) == (1, 0)  # the coin's Saturday
    assert load_demo_market(friday_close_known + timedelta(days=1)).anything is False


def test_a_newer_data_file_replaces_the_simulated_days_it_covers(short_demo: DemoMarket, monkeypatch: pytest.MonkeyPatch) -> None:
    closes, rates = files.real_closes(), files.real_rates()
    monkeypatch.setattr(files, "real_closes", lambda: cut(closes, FIRST, date(2022, 12, 1)))
    monkeypatch.setattr(files, "real_rates", lambda: cut(rates, FIRST, date(2023, 1, 2)))
    monkeypatch.setattr("market.services.demo.demo_market", DemoMarket())
    load_demo_market(NOW - timedelta(days=1))
    monkeypatch.setattr(files, "real_closes", lambda: closes)
    monkeypatch.setattr(files, "real_rates", lambda: rates)
    monkeypatch.setattr("market.services.demo.demo_market", DemoMarket())
    load_demo_market(NOW)
    replaced = everything()[1:]
    assert PriceColumn.objects.get(instrument__symbol="AAPL").simulated_from == date(2022, 12, 29)
    Instrument.objects.all().delete()
    FxRate.objects.all().delete()
    FxColumn.objects.all().delete()
    load_demo_market(NOW)
    assert everything()[1:] == replaced


def test_what_an_administrator_changed_or_another_source_prices_stays(short_demo: DemoMarket) -> None:
    other = make_instrument("MSFT", exchange="NASDAQ", provider="elsewhere")
    load_demo_market(NOW)
    Instrument.objects.filter(symbol="AAPL").update(name="Apple Inc.")
    load_demo_market(NOW + timedelta(days=1))
    assert Instrument.objects.get(symbol="AAPL").name == "Apple Inc."
    assert Instrument.objects.get(symbol="MSFT") == other
    assert not other.prices.exists()


# ── ticks ───────────────────────────────────────────────────────────────────


def test_a_tick_moves_some_instruments_in_a_fixed_number_of_queries(short_demo: DemoMarket, django_assert_max_num_queries: Any) -> None:
    load_demo_market(NOW)
    before = prices_version(Instrument.objects.values_list("pk", flat=True))
    moved: set[int] = set()
    for second in range(2, 32, 2):
        with django_assert_max_num_queries(6):  # four, and the savepoint of the test's transaction
            moved |= set(advance_demo_market(NOW + timedelta(seconds=second)))
    quotes = quotes_of(moved)
    assert len(moved) > len(SPECS) / 2
    assert all(quote.quality == "simulated" and quote.source == "demo" and quote.sequence > 1 for quote in quotes.values())
    assert prices_version(Instrument.objects.values_list("pk", flat=True)) == before


def test_the_first_tick_of_a_day_stores_the_closes_of_the_day_before(short_demo: DemoMarket) -> None:
    load_demo_market(NOW)
    apple = Instrument.objects.get(symbol="AAPL")
    before = prices_version([apple.pk])
    advance_demo_market(NOW + timedelta(days=1))
    stored = price_on(apple.pk, NOW.date())
    assert stored is not None
    assert stored.day == NOW.date()
    assert prices_version([apple.pk]) != before
    assert quotes_of([apple.pk])[apple.pk].previous_close == stored.close


def test_the_price_in_the_last_seconds_leads_to_the_stored_close(short_demo: DemoMarket) -> None:
    load_demo_market(datetime(2023, 2, 15, 23, 59, 58, tzinfo=UTC))
    apple = Instrument.objects.get(symbol="AAPL")
    last = quotes_of([apple.pk])[apple.pk].price
    advance_demo_market(datetime(2023, 2, 16, 0, 0, 2, tzinfo=UTC))
    stored = price_on(apple.pk, date(2023, 2, 15))
    assert stored is not None
    assert abs(last / stored.close - 1) < D("0.002")


def test_nothing_ticks_before_the_market_is_loaded(short_demo: DemoMarket) -> None:
    assert advance_demo_market(NOW) == ()
    assert not Quote.objects.exists()


def test_the_tasks_do_nothing_where_the_demo_market_is_off(settings: Any, short_demo: DemoMarket) -> None:
    settings.DEMO_MARKET = False
    assert (tasks.tick_demo(), tasks.top_up()) == (0, 0)
    call_command("load_demo_market")
    assert not Instrument.objects.exists()


def test_the_tasks_and_the_command_load_and_move(short_demo: DemoMarket, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    settings.DEMO_MARKET = True
    monkeypatch.setattr("market.services.demo.timezone.now", lambda: NOW)
    call_command("load_demo_market")
    assert f"{len(SPECS)} instruments" in capsys.readouterr().out
    assert tasks.top_up() == 0
    monkeypatch.setattr("market.services.demo.timezone.now", lambda: NOW + timedelta(seconds=30))
    assert tasks.tick_demo() > 0


def test_demo_companies_of_before_go_by_the_code_of_their_exchange(short_demo: DemoMarket) -> None:
    load_demo_market(NOW)
    Instrument.objects.filter(symbol="AAPL").update(exchange="NASDAQ")
    load_demo_market(NOW)
    assert list(Instrument.objects.filter(symbol="AAPL").values_list("exchange", flat=True)) == ["XNAS"]
