"""Which sources are on, who is asked first, and that what each says of itself is true."""

from __future__ import annotations

import inspect
import json
import logging
import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from market.choices import AssetClass
from market.providers import base, registry
from market.providers.failures import NotConfigured
from market.providers.fred import SERIES
from market.providers.limits import DAY, MINUTE, MONTH, Limits, Window
from market.providers.registry import ENTRIES, ORDERS, Can, Key, Setup
from market.providers.url_source import Feed
from market.services import sources
from portfolio_site.settings import market as market_settings
from tests.emulator import Emulator

ALL = Setup(named=frozenset({registry.EMULATED}), emulator="http://127.0.0.1:1")
PROTOCOLS = {
    Can.QUOTES: base.QuoteSource,
    Can.HISTORY: base.HistorySource,
    Can.INTRADAY: base.IntradaySource,
    Can.SEARCH: base.SearchSource,
    Can.PROFILES: base.ProfileSource,
    Can.RATES: base.RateSource,
    Can.NEWS: base.NewsSource,
    Can.SERIES: base.SeriesSource,
}


# ── what a source says of itself ────────────────────────────────────────────


@pytest.mark.parametrize("name", ENTRIES)
def test_a_source_can_do_what_is_said_of_it_and_nothing_that_is_not(name: str) -> None:
    made = ENTRIES[name].load()
    assert made.name == name and isinstance(made.LIMITS, Limits)
    assert {can for can in Can if callable(getattr(made, can.value, None))} == ENTRIES[name].can
    for can in ENTRIES[name].can:
        asked = [*inspect.signature(getattr(made, can.value)).parameters]
        assert asked == [*inspect.signature(getattr(PROTOCOLS[can], can.value)).parameters], can
    if Can.QUOTES in ENTRIES[name].can:
        assert 1 <= made.quotes_at_once <= 500
    if Can.NEWS in ENTRIES[name].can:
        assert made.news_at_once >= 1


@pytest.mark.parametrize("name", ENTRIES)
def test_every_source_is_opened_with_a_base_and_speaks_to_the_emulator(name: str, emulator: Emulator) -> None:
    setup = Setup(named=frozenset({registry.EMULATED}), emulator=emulator.address)
    assert registry.opened(setup, name).web.base == emulator.base(name)
    assert emulator.format(name) is not None


def test_everyone_in_an_order_can_do_it_and_everyone_who_can_is_in_an_order() -> None:
    for can, orders in ORDERS.items():
        named = {name for order in orders.values() for name in order}
        assert named == {name for name, entry in ENTRIES.items() if can in entry.can}, can


# ── who is asked first ──────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("can", "asset_class", "american", "expected"),
    [
        (Can.QUOTES, "stock", True, ("yahoo", "finnhub", "tiingo", "alpha_vantage")),
        (Can.QUOTES, "etf", False, ("yahoo", "twelve_data", "alpha_vantage")),
        (Can.QUOTES, "crypto", False, ("coingecko", "yahoo", "alpha_vantage")),
        (Can.QUOTES, "fund", False, ("yahoo",)),
        (Can.QUOTES, "index", False, ("yahoo",)),
        (Can.QUOTES, "property", False, ()),
        (Can.HISTORY, "stock", True, ("yahoo", "tiingo", "alpha_vantage")),
        (Can.HISTORY, "stock", False, ("yahoo", "twelve_data")),
        (Can.HISTORY, "crypto", False, ("coingecko", "yahoo")),
        (Can.RATES, "", False, ("ecb", "frankfurter")),
        (Can.SERIES, "", False, ("fred", "alpha_vantage")),
        (Can.NEWS, "", False, ("finnhub", "newsapi", "alpha_vantage", "tiingo")),
    ],
)
def test_the_order_by_class(can: Can, asset_class: str, american: bool, expected: tuple[str, ...]) -> None:
    assert registry.order(ALL, can, asset_class, american=american) == expected


def test_every_class_has_an_answer_even_if_it_is_nobody() -> None:
    for can in Can:
        for asset_class in AssetClass.values:
            assert isinstance(registry.order(ALL, can, asset_class), tuple)


def test_a_source_that_is_off_is_in_no_order() -> None:
    setup = Setup(named=frozenset({"ecb"}), keys={"tiingo": "k", "finnhub": ""})
    assert [entry.name for entry in registry.on(setup)] == ["tiingo", "ecb"]
    assert registry.order(setup, Can.QUOTES, "stock", american=True) == ("tiingo",)
    assert registry.order(setup, Can.RATES) == ("ecb",)
    with pytest.raises(NotConfigured):
        registry.opened(setup, "finnhub")
    with pytest.raises(NotConfigured):
        registry.opened(setup, "nobody")


def test_a_source_that_needs_a_key_is_not_turned_on_by_its_name() -> None:
    assert registry.on(Setup(named=frozenset({"finnhub"}))) == ()


def test_a_key_gives_coingecko_and_fred_more() -> None:
    free, keyed = Setup(named=frozenset({"coingecko"})), Setup(keys={"coingecko": "k"})
    assert registry.limits(free, "coingecko").windows == (Window(5, MINUTE),)
    assert registry.limits(keyed, "coingecko").windows == (Window(30, MINUTE), Window(10_000, MONTH))
    assert registry.limits(Setup(keys={"coingecko": "k"}, coingecko_pro=True), "coingecko").windows[0].calls > 30
    assert "pro-api" in registry.opened(Setup(keys={"coingecko": "k"}, coingecko_pro=True), "coingecko").web.base
    assert registry.opened(Setup(keys={"fred": "k"}), "fred").web.base != registry.opened(Setup(named=frozenset({"fred"})), "fred").web.base
    assert registry.limits(Setup(keys={"alpha_vantage": "k"}), "alpha_vantage").windows[-1] == Window(25, DAY)


def test_an_address_of_ones_own_is_asked_in_place_of_the_source() -> None:
    setup = Setup(named=frozenset({"frankfurter", "ecb"}), addresses={"frankfurter": "https://rates.example"})
    assert registry.opened(setup, "frankfurter").web.base == "https://rates.example"
    assert registry.opened(setup, "ecb").web.base.startswith("https://www.ecb.europa.eu/")
    assert (ALL.stream("finnhub"), setup.stream("finnhub")) == ("ws://127.0.0.1:1/finnhub", "")


def test_rates_without_risk_have_a_source_that_tells_series() -> None:
    for told in registry.RISK_FREE.values():
        assert all(Can.SERIES in ENTRIES[source].can for source, _ in told)
        assert all(series in SERIES for source, series in told if source == "fred")


# ── the settings ────────────────────────────────────────────────────────────


def test_the_settings_have_a_key_for_each_source_that_takes_one() -> None:
    read = set(re.findall(r'"([a-z_]+)": env.text\("([A-Z_]+_KEY)"', inspect.getsource(market_settings)))
    assert read == {(name, entry.variable) for name, entry in ENTRIES.items() if entry.key is not Key.NONE}


def test_without_settings_nobody_is_asked_and_nothing_but_one_line_is_said(caplog: pytest.LogCaptureFixture, db: None) -> None:
    with caplog.at_level(logging.DEBUG):
        sources.tell_sources()
    assert [record.getMessage() for record in caplog.records] == ["sources.on"]
    assert caplog.records[0].sources == []  # type: ignore[attr-defined]
    assert all(sources.sources_in_order(can, each) == () for can in Can for each in AssetClass.values)


@override_settings(PROVIDERS=["yahoo"], PROVIDER_KEYS={"finnhub": "SECRETKEY", "tiingo": ""})
def test_the_line_names_those_that_are_on_and_never_a_key(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        sources.tell_sources()
        sources.open_source("finnhub")
    assert [record.sources for record in caplog.records] == [["yahoo", "finnhub"]]  # type: ignore[attr-defined]
    assert "SECRETKEY" not in json.dumps([record.__dict__ for record in caplog.records], default=str)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"PROVIDERS": ["yahooo"]}, "PROVIDERS names yahooo. Write any of coingecko, ecb, frankfurter, fred, yahoo"),
        ({"URL_SOURCE_NETWORKS": ["10.0.0.0/99"]}, "URL_SOURCE_NETWORKS is “10.0.0.0/99”"),
    ],
)
def test_a_setting_that_means_nothing_is_named_at_start(changed: dict[str, Any], reason: str) -> None:
    with override_settings(**changed), pytest.raises(ImproperlyConfigured, match=reason):
        sources.tell_sources()


def test_a_feed_goes_into_a_private_network_only_where_the_settings_allow_it(emulator: Emulator) -> None:
    feed = Feed("house", emulator.base("url_source") + "/quote/{symbol}.json", "json", "data.items[0]['last price']", "USD")
    now = emulator.world.now()
    sources.open_feed(feed).quotes(["AAPL"], now)
    assert emulator.calls() == []
    with override_settings(URL_SOURCE_NETWORKS=["127.0.0.0/8"]):
        sources.open_feed(feed).quotes(["AAPL"], now)
    assert len(emulator.calls()) == 1
