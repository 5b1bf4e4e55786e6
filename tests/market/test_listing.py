"""Instruments for everybody: found at sources, taken in where a source confirms them, renamed, linked and merged."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from market import hits, tasks
from market.errors import AskedTooOften, CannotMerge, NothingFound, SymbolTaken, UnknownInstrument
from market.models import Instrument, Price, PriceColumn, Quote, SourceSymbol, Watchlist, WatchlistItem
from market.selectors import find_instrument, instruments_visible_to
from market.selectors.listing import find_listed
from market.selectors.searching import SearchView, found_instruments, instrument_meant
from market.services import listing
from market.services.listing.linking import link_symbols
from tests.emulator import Emulator
from tests.factories import D, make_instrument, make_portfolio, record, set_closes

pytestmark = pytest.mark.django_db
SINCE = date(2022, 6, 9)


def search(person: Any, text: str) -> SearchView:
    listing.start_search(person, text)
    return found_instruments(person, text)


def take(person: Any, text: str, number: int = 0) -> Any:
    return listing.start_listing(person, text, search(person, text).listings[number].key)


# ── searching ───────────────────────────────────────────────────────────────


def test_a_search_finds_each_listing_once_whatever_sources_know_it(world: Emulator, person: Any) -> None:
    view = search(person, "vodafone")
    (one,) = view.listings
    assert (one.symbol, one.exchange, one.currency) == ("VOD", "London", "GBP")
    assert one.sources == ("Finnhub", "Twelve Data", "Yahoo Finance")
    assert view.begun and view.done and not view.failed


def test_what_is_here_is_shown_before_any_source_has_answered(world: Emulator, person: Any, stranger: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.search_sources, "delay", lambda text: None)
    here, own = make_instrument("VOD", name="Vodafone"), make_instrument("VODKA", name="A cask", owner=person)
    make_instrument("VODX", owner=stranger)
    view = search(person, "vod")
    assert [row.id for row in view.known] == [here.pk, own.pk]
    assert view.waiting[:2] == ("Yahoo Finance", "CoinGecko") and not view.done


def test_a_hit_that_is_listed_is_the_instrument(world: Emulator, person: Any) -> None:
    by_ticker = make_instrument("brk-b".upper(), name="Berkshire", exchange="NYSE", currency="USD")
    by_name = make_instrument("OLD", name="Vodafone", exchange="XLON", currency="GBP")
    SourceSymbol.objects.create(instrument=by_name, source="yahoo", symbol="VOD.L")
    assert [row.id for row in search(person, "berkshire").known] == [by_ticker.pk]
    assert [row.id for row in search(person, "GB00BH4HKS39").known] == [by_name.pk]
    assert not search(person, "berkshire").listings


def test_another_isin_behind_the_same_ticker_is_another_instrument(world: Emulator, person: Any) -> None:
    make_instrument("META", name="Metals ETF", exchange="XNAS", currency="USD", isin="US5949181045")
    view = search(person, "US30303M1027")
    assert [one.symbol for one in view.listings] == ["META"] and not view.known
    told = listing.start_listing(person, "US30303M1027", view.listings[0].key)
    assert told.status == "refused" and "another ISIN" in told.detail
    assert Instrument.objects.count() == 1


def test_what_a_search_for_an_isin_finds_here_has_that_isin_from_then_on(world: Emulator, person: Any) -> None:
    one = make_instrument("VOD", name="Vodafone", exchange="XLON", currency="GBP")
    same, own = make_instrument("META", exchange="XNAS", currency="USD"), make_instrument("VOD", owner=person, currency="GBP")
    search(person, "vodafone")
    assert Instrument.objects.get(pk=one.pk).isin == ""
    assert [row.id for row in search(person, "gb00bh4hks39").known] == [one.pk]
    assert dict(Instrument.objects.values_list("pk", "isin")) == {one.pk: "GB00BH4HKS39", same.pk: "", own.pk: ""}
    assert [row.id for row in find_listed(person, "GB00BH4HKS39").rows] == [one.pk]


@pytest.mark.parametrize("other", [{"exchange": "XNAS", "asset_class": "stock"}, {"exchange": "XLON", "asset_class": "bond"}])
def test_an_isin_that_another_has_at_that_place_or_of_another_kind_is_not_learned(world: Emulator, person: Any, other: dict[str, str]) -> None:
    make_instrument("FB", currency="USD", isin="US30303M1027", **other)
    one = make_instrument("META", exchange="XNAS", currency="USD")
    search(person, "US30303M1027")
    assert Instrument.objects.get(pk=one.pk).isin == ""


def test_who_searches_for_the_same_asks_nobody_again(world: Emulator, person: Any, stranger: Any) -> None:
    search(person, "vodafone")
    asked = len(world.calls())
    assert search(stranger, "  VODAFONE ").listings
    assert len(world.calls()) == asked


def test_a_source_that_is_down_is_named_and_the_others_are_heard(world: Emulator, person: Any) -> None:
    world.switches["yahoo"].turn(down=True)
    world.switches["twelve_data"].turn(wrong_key=True)
    view = search(person, "vodafone")
    assert dict(view.failed) == {"Yahoo Finance": "does not answer", "Twelve Data": "does not answer"}
    assert view.listings[0].sources == ("Finnhub",)


def test_a_source_with_few_calls_a_day_is_asked_only_where_nobody_else_finds_anything(world: Emulator, person: Any) -> None:
    search(person, "vodafone")
    assert not world.calls("alpha_vantage")
    search(person, "no such thing")
    assert len(world.calls("alpha_vantage")) == 1


def test_a_person_cannot_use_up_the_budget_of_all(world: Emulator, person: Any, stranger: Any) -> None:
    for number in range(20):
        listing.start_search(person, f"text {number}")
    with pytest.raises(AskedTooOften, match="Try again in"):
        listing.start_search(person, "one more")
    assert hits.looked("one more") is None
    listing.start_search(stranger, "one more")
    assert hits.looked("one more") is not None


def test_without_a_source_a_search_is_one_of_the_database(db: None, person: Any) -> None:
    here = make_instrument("AAPL", name="Apple")
    view = search(person, "apple")
    assert [row.id for row in view.known] == [here.pk] and not view.begun and view.done


def test_a_search_costs_one_query_and_five_where_sources_found_something(world: Emulator, person: Any, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        found_instruments(person, "iShares")
    SourceSymbol.objects.create(instrument=make_instrument("X1", name="Another name"), source="yahoo", symbol="AGG")
    listing.start_search(person, "iShares")
    with django_assert_num_queries(4):
        assert len(found_instruments(person, "iShares").listings) == 4


# ── taking in ───────────────────────────────────────────────────────────────


def test_what_is_taken_in_is_everybodys_and_priced_at_once(
    world: Emulator, person: Any, stranger: Any, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        told = take(person, "berkshire")
    one = Instrument.objects.get(pk=told.instrument_id)
    assert (told.status, one.symbol, one.exchange, one.currency, one.owner, one.provider) == ("done", "BRK.B", "XNYS", "USD", None, "yahoo")
    assert dict(one.symbols.values_list("source", "symbol")) == {
        "yahoo": "BRK-B",
        "finnhub": "BRK.B",
        "tiingo": "BRK-B",
        "twelve_data": "BRK-B",
        "alpha_vantage": "BRK.B",
    }
    assert Quote.objects.get(pk=one.pk).source == "yahoo" and Price.objects.filter(instrument=one).count() > 200
    assert find_instrument(stranger, symbol="BRK.B") == one


@pytest.mark.parametrize(
    ("text", "symbol", "currency"), [("vodafone", "VOD", "GBP"), ("GB0009895292", "AZN", "GBP"), ("IE00B5BMR087", "CSPX", "USD")]
)
def test_the_currency_is_asked_of_the_quote_since_london_trades_in_pence_and_in_dollars(
    world: Emulator, person: Any, text: str, symbol: str, currency: str
) -> None:
    world.switches["twelve_data"].turn(down=True)  # the one that tells currencies with its hits
    assert search(person, text).listings[0].currency == ""
    one = Instrument.objects.get(pk=take(person, text).instrument_id)
    assert (one.symbol, one.currency) == (symbol, currency)


def test_a_coin_is_known_by_its_id(world: Emulator, person: Any) -> None:
    one = Instrument.objects.get(pk=take(person, "bitcoin").instrument_id)
    assert (one.symbol, one.name, one.asset_class, one.currency) == ("BTC", "Bitcoin", "crypto", "USD")
    assert dict(one.symbols.values_list("source", "symbol")) == {"coingecko": "bitcoin", "yahoo": "BTC-USD"}


def test_an_isin_that_was_searched_for_stays_with_what_was_found(world: Emulator, person: Any) -> None:
    assert Instrument.objects.get(pk=take(person, "US30303M1027").instrument_id).isin == "US30303M1027"


def test_nobody_can_make_up_an_instrument_that_others_see(world: Emulator, person: Any) -> None:
    search(person, "vodafone")
    for text, key in (("vodafone", "0" * 16), ("never searched", "0" * 16), ("", "")):
        with pytest.raises(NothingFound):
            listing.start_listing(person, text, key)
    assert not Instrument.objects.exists()


def test_how_far_a_listing_is_is_told_to_nobody_else(world: Emulator, person: Any, stranger: Any) -> None:
    told = take(person, "vodafone")
    assert listing.get_listing(person, told.id) == told
    for somebody, number in ((stranger, told.id), (person, "0" * 24), (person, "*")):
        with pytest.raises(NothingFound):
            listing.get_listing(somebody, number)


def test_what_no_source_prices_is_not_taken_in(world: Emulator, person: Any) -> None:
    search(person, "vodafone")
    for source in ("yahoo", "twelve_data", "alpha_vantage"):
        world.switches[source].turn(unknown={"VOD.L"})
    told = take(person, "vodafone")
    assert told.status == "refused" and "No source tells a price of Vodafone" in told.detail
    assert not Instrument.objects.exists()


def test_what_cannot_be_asked_just_now_is_refused_with_when_to_try_again(world: Emulator, person: Any) -> None:
    world.switches["twelve_data"].turn(down=True)
    search(person, "vodafone")
    for source in ("yahoo", "alpha_vantage"):
        world.switches[source].turn(down=True)
    told = take(person, "vodafone")
    assert told.status == "refused" and "Try again in a few minutes" in told.detail
    assert not Instrument.objects.exists()


def test_two_who_take_in_the_same_at_once_get_one_instrument(world: Emulator, person: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    search(person, "vodafone")
    (hit,) = hits.looked("vodafone").hits  # type: ignore[union-attr]
    now = world.world.now()
    first = listing.list_found(person, hit, now)
    known = iter([{}, {hit.key: first.pk}])
    monkeypatch.setattr("market.services.listing.adding.instruments_of", lambda _: next(known))  # it was not there a moment ago
    assert listing.list_found(person, hit, now) == first
    assert Instrument.objects.count() == 1


def test_a_second_coin_of_a_ticker_goes_by_its_id(world: Emulator, person: Any) -> None:
    make_instrument("BTC", name="Bit Cash", asset_class="crypto", exchange="", currency="USD")
    one = Instrument.objects.get(pk=take(person, "bitcoin").instrument_id)
    assert (one.symbol, one.name) == ("BITCOIN", "Bitcoin")


# ── names at sources ────────────────────────────────────────────────────────


def test_instruments_without_names_are_linked_once_and_the_demos_and_peoples_own_are_left_alone(world: Emulator, person: Any) -> None:
    one = make_instrument("VOD", exchange="XLON", currency="GBP")
    make_instrument("AAPL", exchange="NASDAQ", currency="USD", provider="demo")
    make_instrument("MSFT", exchange="XNAS", currency="USD", owner=person)
    assert tasks.link_symbols() == 3 and tasks.link_symbols() == 0
    assert set(SourceSymbol.objects.values_list("instrument", "source", "symbol")) == {
        (one.pk, "yahoo", "VOD.L"),
        (one.pk, "twelve_data", "VOD:LSE"),
        (one.pk, "alpha_vantage", "VOD.LON"),
    }


def test_a_name_that_ended_is_not_suggested_again_and_one_that_is_taken_stays(world: Emulator) -> None:
    one, other = make_instrument("VOD", exchange="XLON", currency="GBP"), make_instrument("OTHER", exchange="")
    SourceSymbol.objects.create(instrument=one, source="yahoo", symbol="VOD.L", until=SINCE)
    SourceSymbol.objects.create(instrument=other, source="twelve_data", symbol="VOD:LSE")
    assert link_symbols() == 1
    assert set(one.symbols.values_list("source", "until")) == {("yahoo", SINCE), ("alpha_vantage", None)}


def test_a_coin_is_linked_where_ticker_and_name_fit_one_of_the_list_alone(world: Emulator) -> None:
    bitcoin = make_instrument("BTC", name="Bitcoin", asset_class="crypto", exchange="", currency="EUR")
    make_instrument("UNI", name="Nobody knows", asset_class="crypto", exchange="", currency="USD")
    assert tasks.link_symbols() == 1
    assert list(SourceSymbol.objects.values_list("instrument", "source", "symbol", "currency")) == [(bitcoin.pk, "coingecko", "bitcoin/eur", "EUR")]


def test_a_renamed_company_stays_one_instrument_with_its_ledger(world: Emulator, person: Any) -> None:
    one = make_instrument("FB", name="Meta Platforms", exchange="XNAS", currency="USD")
    link_symbols()
    entry = record(make_portfolio(person, base_currency="USD"), "buy", "2021-01-04", one, quantity="2", price="270")
    listing.rename_instrument(person, one, "meta", SINCE)
    entry.refresh_from_db()
    assert entry.instrument_id == one.pk and find_instrument(person, symbol="META") == one
    assert dict(one.symbols.filter(until=None).values_list("source", "symbol"))["yahoo"] == "META"
    assert instrument_meant("yahoo", "FB", date(2022, 6, 8)) == one.pk and instrument_meant("yahoo", "FB", SINCE) is None
    assert list(instruments_visible_to(person).matching("fb")) == [one]  # its former symbol still finds it


def test_a_symbol_that_somebody_else_has_is_not_given_twice(person: Any) -> None:
    make_instrument("META", exchange="XNAS")
    one = make_instrument("FB", exchange="XNAS")
    with pytest.raises(SymbolTaken):
        listing.rename_instrument(person, one, "META", SINCE)
    with pytest.raises(UnknownInstrument):
        listing.rename_instrument(person, make_instrument("MINE", owner=person), "META", SINCE)
    one.refresh_from_db()
    assert one.symbol == "FB"


def test_a_symbol_may_mean_another_instrument_since_a_day(person: Any) -> None:
    """GOOG before 3 April 2014 is what GOOGL is since."""
    a, c, day = make_instrument("GOOGL", exchange="XNAS"), make_instrument("GOOG", exchange="XNAS"), date(2014, 4, 3)
    SourceSymbol.objects.create(instrument=a, source="yahoo", symbol="GOOG")
    listing.name_at_source(person, c, "yahoo", "GOOG", day)
    listing.name_at_source(person, a, "yahoo", "GOOGL", day)
    assert instrument_meant("yahoo", "GOOG", date(2014, 4, 2)) == a.pk
    assert instrument_meant("yahoo", "GOOG", day) == c.pk
    assert instrument_meant("yahoo", "GOOGL", day) == a.pk


# ── merging ─────────────────────────────────────────────────────────────────


def test_merging_moves_all_that_hangs_on_the_one_that_goes(person: Any) -> None:
    stays, goes = make_instrument("META", price="300", currency="USD"), make_instrument("FB", currency="USD", price="200", isin="US30303M1027")
    set_closes(stays, {date(2022, 6, 9): "184"})
    set_closes(goes, {date(2022, 6, 8): "196", date(2022, 6, 9): "1"})
    SourceSymbol.objects.create(instrument=stays, source="yahoo", symbol="META")
    SourceSymbol.objects.create(instrument=goes, source="yahoo", symbol="FB")
    SourceSymbol.objects.create(instrument=goes, source="tiingo", symbol="FB")
    one, two = (Watchlist.objects.create(owner=person, name=name) for name in ("one", "two"))
    WatchlistItem.objects.bulk_create(
        [WatchlistItem(watchlist=one, instrument=stays, position=1), WatchlistItem(watchlist=one, instrument=goes, position=2)]
    )
    WatchlistItem.objects.create(watchlist=two, instrument=goes, position=1)
    portfolio = make_portfolio(person, benchmark=goes)
    listing.merge_instruments(person, stays, goes)
    stays.refresh_from_db()
    portfolio.refresh_from_db()
    assert list(Instrument.objects.all()) == [stays] and stays.isin == "US30303M1027"
    assert dict(Price.objects.values_list("day", "close")) == {date(2022, 6, 8): D(196), date(2022, 6, 9): D(184)}
    assert set(SourceSymbol.objects.values_list("source", "symbol")) == {("yahoo", "META"), ("tiingo", "FB")}
    assert sorted(WatchlistItem.objects.values_list("watchlist__name", "instrument")) == [("one", stays.pk), ("two", stays.pk)]
    assert portfolio.benchmark == stays and Quote.objects.get().price == D(300)
    assert PriceColumn.objects.get().version == stays.prices_version


def test_two_currencies_are_two_listings(person: Any) -> None:
    with pytest.raises(CannotMerge, match="two listings"):
        listing.merge_instruments(person, make_instrument("A", currency="USD"), make_instrument("B", currency="EUR"))
    own = make_instrument("MINE", owner=person)
    with pytest.raises(UnknownInstrument):
        listing.merge_instruments(person, make_instrument("C"), own)
