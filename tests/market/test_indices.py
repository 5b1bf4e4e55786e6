"""The list of indices: what is on it at first, and that it is fetched without a holder."""

from __future__ import annotations

from typing import Any

import pytest

from market import services
from market.choices import ReturnKind
from market.models import Benchmark, Instrument, SourceSymbol
from market.selectors import benchmark_of_instrument, followed_instruments, indices, prices_version
from market.tasks import list_indices, plan_quotes
from tests.emulator import Emulator
from tests.factories import make_instrument

NINE = ["S&P 500", "Nasdaq Composite", "Nasdaq-100", "MSCI World", "MSCI ACWI", "FTSE 100", "DAX", "Nikkei 225", "Bitcoin"]


@pytest.fixture
def sources(settings: Any, db: None) -> Any:
    settings.DEMO_MARKET = False
    settings.PROVIDERS = ["yahoo", "coingecko"]
    return settings


def test_all_nine_are_listed_with_names_at_their_sources(sources: Any) -> None:
    assert list_indices() == 9
    rows = {one.name: one for one in Benchmark.objects.indices().select_related("instrument", "twin")}
    assert list(rows) == NINE
    assert {name: one.twin.symbol for name, one in rows.items() if one.twin} == {
        "S&P 500": "^SP500TR",
        "Nasdaq Composite": "^XCMP",
        "Nasdaq-100": "^XNDX",
    }
    assert {name for name, one in rows.items() if one.kind == ReturnKind.TOTAL} == {"DAX", "Bitcoin"}
    named = {(one.instrument.symbol, one.source): one.symbol for one in SourceSymbol.objects.select_related("instrument")}
    assert named["^N225", "yahoo"] == "^N225" and named["URTH", "yahoo"] == "URTH" and named["BTC", "coingecko"] == "bitcoin"
    assert {one.instrument_id for one in rows.values()} <= followed_instruments()
    assert {one.twin_id for one in rows.values() if one.twin} <= followed_instruments()


def test_a_second_time_nothing_is_added_and_what_was_changed_stays(sources: Any) -> None:
    list_indices()
    Benchmark.objects.filter(name="DAX").update(is_active=False, name="The DAX")
    assert services.list_indices() == 0 and Instrument.objects.filter(symbol="^GDAXI").count() == 1
    assert Benchmark.objects.get(name="The DAX").instrument_id not in followed_instruments()


def test_what_is_listed_already_is_not_made_twice(sources: Any) -> None:
    coin = make_instrument("BITCOIN", currency="USD", asset_class="crypto", exchange="")
    SourceSymbol.objects.create(instrument=coin, source="coingecko", symbol="bitcoin", currency="USD")
    fund = make_instrument("ACWI", currency="USD", asset_class="etf", exchange="XNAS")
    list_indices()
    assert Benchmark.objects.get(name="Bitcoin").instrument == coin and Benchmark.objects.get(name="MSCI ACWI").instrument == fund


def test_without_sources_the_demos_index_and_its_invented_funds_are_listed(short_demo: Any, settings: Any, db: None) -> None:
    settings.PROVIDERS = []
    assert services.list_indices() == 0
    services.load_demo_market()
    assert services.list_indices() == 3
    index = Benchmark.objects.get(instrument__symbol="SPX")
    assert (index.name, index.twin) == ("S&P 500", None)
    assert [one.name for one in Benchmark.objects.indices()] == ["S&P 500", "Demo World Equity", "Demo Euro Government Bonds"]
    assert {row.symbol for row in indices()} == {"SPX", "DWORLD", "DBONDS"}


def test_a_twin_that_changes_makes_series_new(sources: Any) -> None:
    list_indices()
    index = Benchmark.objects.get(name="FTSE 100")
    before = prices_version([index.instrument_id])
    services.index_changed(index)
    assert prices_version([index.instrument_id]) != before


def test_an_instrument_on_no_list_can_be_compared_with_too(db: None) -> None:
    view = benchmark_of_instrument(make_instrument("ACME"))
    assert (view.id, view.symbol, view.parts[0].kind, view.is_blend) == (None, "ACME", "", False)


def test_every_index_and_its_twin_has_a_price_at_the_emulator(world: Emulator, settings: Any) -> None:
    settings.DEMO_MARKET = False
    assert list_indices() == len(NINE)
    plan_quotes()
    rows = indices(Benchmark.objects.exclude(twin=None).values_list("twin", flat=True))
    assert {row.symbol for row in rows} >= {"URTH", "ACWI", "BTC", "^XCMP", "^XNDX", "^SP500TR"} and all(row.price.known for row in rows)


def test_the_market_shows_each_index_once_by_the_name_on_the_list_and_a_twin_only_where_it_is_compared_with(sources: Any) -> None:
    list_indices()
    assert sorted(row.name for row in indices()) == sorted(NINE)
    twin = Instrument.objects.get(symbol="^SP500TR")
    compared = [row.id for row in indices([twin.pk])]
    assert compared[0] == twin.pk and len(compared) == 10
