"""The same listing once, whatever sources call it."""

from __future__ import annotations

import pytest

from market.hits import is_isin, merged
from market.providers.base import Found
from market.services.listing.names import hit_of, suggested
from tests.factories import make_instrument


def found(source: str, symbol: str, name: str = "Firm", kind: str = "stock", **told: str) -> object:
    return hit_of(source, Found(symbol, name, kind, **told))


def test_one_ticker_at_one_exchange_is_one_listing_under_all_its_names() -> None:
    (one,) = merged(
        [
            found("yahoo", "VOD.L", "Vodafone Group", exchange="XLON"),
            found("twelve_data", "VOD:LSE", "Vodafone", exchange="XLON", currency="GBP", country="GB"),
            found("finnhub", "VOD.L", exchange="XLON"),
            found("alpha_vantage", "VOD.LON", exchange="XLON", currency="GBP"),
        ]
    )
    assert (one.ticker, one.exchange, one.name, one.currency, one.country) == ("VOD", "XLON", "Vodafone Group", "GBP", "GB")
    assert dict(one.symbols) == {"yahoo": "VOD.L", "twelve_data": "VOD:LSE", "finnhub": "VOD.L", "alpha_vantage": "VOD.LON"}


def test_a_source_that_tells_only_the_country_means_the_american_listing() -> None:
    (one,) = merged([found("finnhub", "AAPL"), found("alpha_vantage", "AAPL", currency="USD"), found("yahoo", "AAPL", exchange="XNAS")])
    assert (one.exchange, one.place, one.currency) == ("XNAS", "US", "USD")


@pytest.mark.parametrize(("source", "symbol"), [("yahoo", "BRK-B"), ("finnhub", "BRK.B"), ("twelve_data", "BRK.B"), ("alpha_vantage", "BRK/B")])
def test_the_mark_of_a_share_class_is_a_dot_whoever_tells_it(source: str, symbol: str) -> None:
    assert found(source, symbol, exchange="XNYS").ticker == "BRK.B"  # type: ignore[attr-defined]


def test_listings_of_one_company_at_two_exchanges_are_two() -> None:
    isin = "US0378331005"
    hits = [hit_of("yahoo", Found(symbol, "Apple", "stock", mic), isin) for symbol, mic in (("AAPL", "XNAS"), ("APC.DE", "XETR"))]
    assert len(merged(hits)) == 2


def test_one_isin_at_one_place_is_one_listing_also_where_its_ticker_is_told_otherwise() -> None:
    hits = [found("yahoo", "FB", exchange="XNAS", isin="US30303M1027"), found("twelve_data", "META", exchange="XNAS", isin="US30303M1027")]
    (one,) = merged(hits)  # type: ignore[arg-type]
    assert dict(one.symbols) == {"yahoo": "FB", "twelve_data": "META"}


def test_one_ticker_of_two_isins_is_two_listings() -> None:
    hits = [found("yahoo", "GOOG", exchange="XNAS", isin="US02079K1079"), found("twelve_data", "GOOG", exchange="XNAS", isin="US38259P5089")]
    assert len(merged(hits)) == 2  # type: ignore[arg-type]


def test_coins_are_one_by_ticker_and_name_since_a_ticker_alone_may_mean_several() -> None:
    hits = [
        found("yahoo", "UNI-USD", "Uniswap USD", "crypto"),
        found("coingecko", "uniswap", "Uniswap", "crypto", currency="USD", ticker="UNI"),
        found("coingecko", "unicorn-token", "UNICORN Token", "crypto", currency="USD", ticker="UNI"),
    ]
    first, second = merged(hits)  # type: ignore[arg-type]
    assert dict(first.symbols) == {"yahoo": "UNI-USD", "coingecko": "uniswap"}
    assert dict(second.symbols) == {"coingecko": "unicorn-token"}


def test_a_pair_is_one_however_its_halves_are_parted() -> None:
    (pair,) = merged([found("yahoo", "EURUSD=X", "EUR/USD", "currency"), found("twelve_data", "EUR/USD", "Euro", "currency")])  # type: ignore[list-item]
    assert (pair.ticker, pair.place) == ("EURUSD=X", "")


@pytest.mark.parametrize(("text", "right"), [("US0378331005", True), ("us0378331005", True), ("US0378331006", False), ("APPLE", False), ("", False)])
def test_an_isin_is_known_by_its_check_digit(text: str, right: bool) -> None:
    assert is_isin(text) is right


@pytest.mark.parametrize(
    ("symbol", "exchange", "names"),
    [
        ("BRK.B", "NYSE", {"yahoo": "BRK-B", "finnhub": "BRK.B", "tiingo": "BRK-B", "twelve_data": "BRK.B", "alpha_vantage": "BRK.B"}),
        ("VOD.L", "XLON", {"yahoo": "VOD.L", "twelve_data": "VOD:LSE", "alpha_vantage": "VOD.LON"}),
        ("VOD", "London", {"yahoo": "VOD.L", "twelve_data": "VOD:LSE", "alpha_vantage": "VOD.LON"}),
        ("700", "XHKG", {"yahoo": "0700.HK", "twelve_data": "700:HKEX"}),
        ("HOUSE", "", {}),
    ],
)
@pytest.mark.django_db
def test_names_at_sources_follow_from_ticker_and_exchange(symbol: str, exchange: str, names: dict[str, str]) -> None:
    one = make_instrument(symbol, exchange=exchange)
    made = suggested(one, ("yahoo", "finnhub", "tiingo", "twelve_data", "alpha_vantage", "coingecko", "ecb"))
    assert {source: name for source, (name, _) in made.items()} == names
