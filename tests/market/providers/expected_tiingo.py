"""What each recorded file of Tiingo means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from market.choices import Quality
from market.providers.base import ArticleRow, Bar, History, PriceRow, Profile, SymbolQuote
from market.providers.failures import Failure, FailureKind
from market.providers.tiingo import Tiingo
from tests.market.providers.table import Expected, Played

NOW = datetime(2019, 10, 14, tzinfo=UTC)


def history(symbol: str, after: date | None = None) -> Callable[[Played], Any]:
    return lambda r: Tiingo(r.web).histories({symbol: after}, NOW)[symbol]


def row(day: date, *prices: str, volume: int | None = None) -> PriceRow:
    """Close, open, high, low."""
    return PriceRow(day, *map(Decimal, prices), volume=volume)


def intraday(r: Played) -> Any:
    bars = Tiingo(r.web).intraday(["GOOGL"], NOW)["GOOGL"]
    return bars if isinstance(bars, Failure) else (len(bars.bars), bars.bars[0], bars.bars[-1])


EXPECTED = {
    "daily_prices-googl-latest.json": Expected(
        history("GOOGL"),
        History(
            "USD",
            (row(date(2018, 4, 12), "1037.29", "1031.47", "1044.65", "1026.05", volume=1644794),),
            final_until=date(2018, 4, 12),
        ),
    ),
    "daily_prices-googl-weekly.json": Expected(
        history("GOOGL", date(2018, 1, 5)),
        History(
            "USD",
            (
                row(date(2018, 1, 12), "1130.65", "1111.0", "1131.3", "1103.98", volume=6529655),
                row(date(2018, 1, 19), "1135.97", "1140.31", "1148.88", "1123.49", volume=4470611),
            ),
            final_until=date(2018, 1, 19),
        ),
    ),
    "daily_prices-googl-range-csv.csv": Expected(unused="the same is asked for as JSON"),
    "daily_prices-empty.json": Expected(history("AAPL"), Failure(FailureKind.NO_DATA, "Tiingo has no daily prices of AAPL.")),
    "meta-googl.json": Expected(
        lambda r: Tiingo(r.web).profiles(["GOOGL"])["GOOGL"],
        Profile("GOOGL", 'Alphabet Inc.("Google") - Class A', currency="USD", exchange="XNAS"),
    ),
    "crypto_prices-btcusd.json": Expected(
        history("crypto:btcusd"),
        History(
            "USD",
            (
                row(
                    date(2019, 5, 1),
                    "5420.0896708474575",
                    "5367.348827845256",
                    "5443.811868611532",
                    "5358.100876910302",
                    volume=27749,
                ),
                row(
                    date(2019, 5, 2),
                    "5545.697488248552",
                    "5441.491804492167",
                    "5590.235084334595",
                    "5426.033480300644",
                    volume=40036,
                ),
            ),
            final_until=date(2019, 5, 2),
        ),
    ),
    "crypto_top.json": Expected(
        lambda r: Tiingo(r.web).quotes(["crypto:fldcbtc", "crypto:btcusd"], NOW),
        {
            "crypto:fldcbtc": SymbolQuote(
                "crypto:fldcbtc", Decimal("0.00000005"), datetime(2019, 10, 13, 7, 45, 21, 210000, tzinfo=UTC), Quality.LIVE, currency="BTC"
            ),
            "crypto:btcusd": SymbolQuote(
                "crypto:btcusd", Decimal("8220.83"), datetime(2019, 10, 13, 20, 20, 3, 712000, tzinfo=UTC), Quality.LIVE, currency="USD"
            ),
        },
    ),
    "crypto_meta.json": Expected(unused="profiles of coins come from CoinGecko"),
    "iex_intraday-googl.json": Expected(
        intraday,
        (
            13,
            Bar(datetime(2018, 1, 2, 14, 30, tzinfo=UTC), Decimal("1061.91"), Decimal("1057.47"), Decimal("1061.91"), Decimal("1054.17")),
            Bar(datetime(2018, 1, 2, 20, 30, tzinfo=UTC), Decimal("1073.315"), Decimal("1073.83"), Decimal("1075.87"), Decimal("1073.23")),
        ),
    ),
    "news.json": Expected(
        lambda r: Tiingo(r.web).news(["AAPL", "GOOGL"], datetime(2016, 1, 1, tzinfo=UTC), NOW),
        [
            ArticleRow(
                "http://www.cnbc.com/2016/01/11/tech-giants-may-be-stronger-than-you-think.html",
                "Tech giants may be stronger than you think",
                datetime(2016, 1, 11, 23, 13, tzinfo=UTC),
                "cnbc.com",
                "Technology companies could soon rebound from the dip that China’s markets caused them as earnings season approaches, according to experts.",
                symbols=("GOOGL", "AAPL"),
            )
        ],
    ),
    "error-404-unknown.json": Expected(
        history("NOPE"), Failure(FailureKind.UNKNOWN_SYMBOL, "Tiingo does not know this: Error: Ticker 'NOPE' not found")
    ),
    "error-429-hourly.json": Expected(history("AAPL"), fails=FailureKind.RATE_LIMITED, pause=3600.0),
    "error-403-token.json": Expected(history("AAPL"), Failure(FailureKind.AUTH, "Tiingo refuses the key: Please supply a token")),
}
