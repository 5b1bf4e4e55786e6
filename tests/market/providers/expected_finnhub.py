"""What each recorded file of Finnhub means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from market.choices import AssetClass, Quality
from market.providers.base import Found, Profile, SymbolQuote
from market.providers.failures import Failure, FailureKind
from market.providers.finnhub import Finnhub
from market.providers.finnhub_stream import Frame, read
from tests.market.providers.table import Expected, Played

NOW = datetime(2024, 11, 23, tzinfo=UTC)


def quote(symbol: str) -> Callable[[Played], Any]:
    return lambda r: Finnhub(r.web).quotes([symbol], NOW)[symbol]


def profile(symbol: str) -> Callable[[Played], Any]:
    return lambda r: Finnhub(r.web).profiles([symbol])[symbol]


def articles(year: int, month: int, day: int, *symbols: str) -> Callable[[Played], Any]:
    """Address, time, publisher and length of the summary of each, newest first."""
    now = datetime(year, month, day, 23, tzinfo=UTC)

    def ask(r: Played) -> Any:
        since = now.replace(day=1)
        found = Finnhub(r.web).news(symbols, since, now) if symbols else Finnhub(r.web).headlines(since, now)
        return [(each.url.rpartition("/")[2], each.published_at.isoformat(), each.publisher, len(each.summary), each.symbols) for each in found]

    return ask


def frame(r: Played) -> Any:
    return read(r.reply.body)


EXPECTED = {
    "quote-aapl.json": Expected(
        quote("AAPL"),
        SymbolQuote("AAPL", Decimal("229.87"), datetime(2024, 11, 22, 21, tzinfo=UTC), Quality.LIVE, previous_close=Decimal("228.52")),
    ),
    "quote-aapl-sample.json": Expected(
        quote("AAPL"),
        SymbolQuote("AAPL", Decimal("261.74"), datetime(2020, 2, 25, 14, 30, tzinfo=UTC), Quality.LIVE, previous_close=Decimal("259.45")),
    ),
    "quote-unknown-symbol.json": Expected(quote("NOPE"), Failure(FailureKind.UNKNOWN_SYMBOL, "Finnhub does not know NOPE.")),
    "profile2-aapl.json": Expected(
        profile("AAPL"),
        Profile(
            "AAPL",
            "Apple Inc",
            AssetClass.STOCK,
            exchange="XNAS",
            sector="Technology",
            industry="Technology",
            country="US",
            market_cap=Decimal("3474674353644.472"),
            reports_in="USD",
        ),
    ),
    "profile2-aapl-sample.json": Expected(
        profile("AAPL"),
        Profile(
            "AAPL",
            "Apple Inc",
            AssetClass.STOCK,
            exchange="XNAS",
            sector="Technology",
            industry="Technology",
            country="US",
            market_cap=Decimal("1415993000000"),
            reports_in="USD",
        ),
    ),
    "profile2-unknown-or-etf.json": Expected(
        profile("QQQ"), Failure(FailureKind.NO_DATA, "Finnhub has no profile of QQQ: it is a fund, or not known.")
    ),
    "search-apple.json": Expected(
        lambda r: Finnhub(r.web).search("apple"),
        [
            Found("AAPL", "APPLE INC", AssetClass.STOCK),
            Found("AAPL.SW", "APPLE INC", AssetClass.STOCK, "XSWX"),
            Found("APC.BE", "APPLE INC", AssetClass.STOCK, "XBER"),
            Found("APC.DE", "APPLE INC", AssetClass.STOCK, "XETR"),
        ],
    ),
    "company_news-aapl.json": Expected(
        articles(2019, 9, 27, "AAPL"),
        [
            (
                "71321308.cms",
                "2019-09-27T02:12:40+00:00",
                "The Economic Times India",
                993,
                ("AAPL",),
            ),
            ("how-to-disable-comments-on-youtube", "2019-09-26T20:12:00+00:00", "Business Insider", 997, ("AAPL",)),
            ("iphone-11-pro-teardowns-look-encouraging-for-stmicro-sony-15105767", "2019-09-26T19:29:40+00:00", "TheStreet", 193, ("AAPL",)),
        ],
    ),
    "news-general.json": Expected(
        articles(2020, 8, 5),
        [
            ("square-sq-earnings-q2-2020.html", "2020-08-05T01:05:01+00:00", "CNBC", 143, ()),
            ("bg-foods-ceo-expects-pantry-demand-to-hold-up-post-pandemic.html", "2020-08-05T00:43:52+00:00", "CNBC", 158, ()),
            (
                "anthony-levandowski-gets-18-months-in-prison-for-stealing-google-self-driving-car-files.html",
                "2020-08-04T23:40:06+00:00",
                "CNBC",
                239,
                (),
            ),
        ],
    ),
    "error-401-key.json": Expected(quote("AAPL"), Failure(FailureKind.AUTH, "Finnhub refuses the key.")),
    "error-403-premium.json": Expected(
        quote("VOD.L"),
        Failure(FailureKind.PLAN_RESTRICTED, "Finnhub does not give this to the key: You don't have access to this resource."),
    ),
    "error-429.json": Expected(quote("AAPL"), Failure(FailureKind.RATE_LIMITED, "Finnhub was asked too often.", 60.0)),
    "ws-ping.json": Expected(frame, Frame()),
    "ws-trade.json": Expected(
        frame,
        Frame(
            (
                SymbolQuote("AAPL", Decimal("261.74"), datetime(2020, 2, 25, 14, 30, 0, 123000, tzinfo=UTC), Quality.LIVE),
                SymbolQuote("BINANCE:BTCUSDT", Decimal("7296.89"), datetime(2019, 12, 5, 6, 18, 11, 134000, tzinfo=UTC), Quality.LIVE),
            )
        ),
    ),
    "candle-aapl-premium.json": Expected(unused="daily prices are paid for"),
    "candle-no-data.json": Expected(unused="daily prices are paid for"),
    "split-aapl-premium.json": Expected(unused="splits are paid for"),
    "dividend-aapl-premium.json": Expected(unused="dividends are paid for"),
    "forex_rates-eur-premium.json": Expected(unused="rates are paid for, and come from the ECB"),
    "market_holiday.json": Expected(unused="trading days come from exchange calendars"),
    "metric-aapl.json": Expected(unused="ratios of companies are not shown"),
    "peers-aapl.json": Expected(unused="peers of companies are not shown"),
}
