"""What each recorded file of Twelve Data means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from market.choices import AssetClass, Quality
from market.providers.base import History, PriceRow, Profile, SymbolQuote
from market.providers.failures import Failure, FailureKind, ProviderFailed
from market.providers.twelve_data import TwelveData
from tests.market.providers.table import Expected, Played

NOW = datetime(2024, 11, 23, 12, tzinfo=UTC)
CLOSE = datetime(2024, 11, 22, 20, tzinfo=UTC)


def quotes(*symbols: str) -> Callable[[Played], Any]:
    return lambda r: TwelveData(r.web).quotes(symbols, NOW)


def histories(*symbols: str) -> Callable[[Played], Any]:
    return lambda r: TwelveData(r.web).histories(dict.fromkeys(symbols), NOW)


def day(*prices: str, volume: int) -> History:
    """Of 22 November 2024: close, open, high, low."""
    return History("USD", (PriceRow(date(2024, 11, 22), *map(Decimal, prices), volume=volume),), final_until=date(2024, 11, 22))


def _kind(ask: Callable[[], Any]) -> FailureKind:
    """The kind of failure of a call about one symbol."""
    try:
        (answer,) = ask().values()
    except ProviderFailed as problem:
        return problem.kind
    return answer.kind  # type: ignore[no-any-return]


APPLE = day("229.87", "228.84", "230.5", "227.25", volume=35462000)
MICROSOFT = day("414.17", "412.18", "415.63", "411.36", volume=18934500)
UNUSED = {
    "batch-complex.json": "each call is made by itself: a batch saves no credits",
    "currency_conversion.json": "the rate alone is asked for",
    "market_cap.json": "caps are paid for",
    "splits_calendar.json": "splits are told by sources that tell them with prices",
    "dividends_calendar.json": "dividends are paid for",
    "cross_listings.json": "identity is by ISIN and exchange",
    "ws-price.json": "prices are streamed from Finnhub and Yahoo",
    "ws-subscribe-status.json": "prices are streamed from Finnhub and Yahoo",
    "ws-heartbeat.json": "prices are streamed from Finnhub and Yahoo",
}
EXPECTED = {
    "quote-bulk.json": Expected(
        quotes("MSFT", "AAPL", "NOPE"),
        {
            "MSFT": SymbolQuote("MSFT", Decimal("414.17"), CLOSE, Quality.CLOSE, Decimal("412.87"), 18934500, "USD"),
            "AAPL": SymbolQuote("AAPL", Decimal("229.87"), CLOSE, Quality.CLOSE, Decimal("228.52"), 35462000, "USD"),
            "NOPE": Failure(FailureKind.UNKNOWN_SYMBOL, "Twelve Data does not know NOPE."),
        },
    ),
    "time_series-bulk.json": Expected(histories("AAPL", "MSFT"), {"AAPL": APPLE, "MSFT": MICROSOFT}),
    "time_series-bulk-with-error.json": Expected(
        histories("AAPL", "INVALID"),
        {
            "AAPL": APPLE,
            "INVALID": Failure(
                FailureKind.UNKNOWN_SYMBOL,
                "Twelve Data does not know this: **symbol** not found: INVALID. Please specify it correctly according to API Documentation.",
            ),
        },
    ),
    "exchange_rate-eurusd.json": Expected(
        lambda r: TwelveData(r.web).exchange_rates(["EUR/USD"], NOW),
        {"EUR/USD": SymbolQuote("EUR/USD", Decimal("1.16844"), datetime(2025, 8, 7, 8, 36, tzinfo=UTC), Quality.LIVE, currency="USD")},
    ),
    "profile.json": Expected(
        lambda r: TwelveData(r.web).profiles(["AAPL"])["AAPL"],
        Profile("AAPL", "Apple Inc.", AssetClass.STOCK, "", "XNAS", "", "Technology", "Consumer Electronics", "US"),
    ),
    "error-429-minute.json": Expected(quotes("AAPL"), fails=FailureKind.RATE_LIMITED, pause=60.0),
    # until midnight, which another test holds to the second
    "error-429-day.json": Expected(lambda r: _kind(lambda: TwelveData(r.web).quotes(["AAPL"], NOW)), FailureKind.RATE_LIMITED),
    "error-400-symbol.json": Expected(lambda r: _kind(lambda: TwelveData(r.web).quotes(["NOPE"], NOW)), FailureKind.UNKNOWN_SYMBOL),
    "error-401-key.json": Expected(quotes("AAPL"), fails=FailureKind.AUTH),
} | {name: Expected(unused=why) for name, why in UNUSED.items()}
