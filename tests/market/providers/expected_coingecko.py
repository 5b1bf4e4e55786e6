"""What each recorded file of CoinGecko means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from market.choices import AssetClass, Quality
from market.providers.base import Found, History, Profile, SymbolQuote
from market.providers.coingecko import Coin, CoinGecko
from market.providers.failures import Failure, FailureKind
from tests.market.providers.table import Expected, Played

NOW = datetime(2026, 5, 18, 8, 20, tzinfo=UTC)
UNTIMED = "CoinGecko did not tell the time of its price of {}."


def quotes(*symbols: str) -> Callable[[Played], Any]:
    return lambda r: CoinGecko(r.web).quotes(symbols, NOW)


def history(after: date | None) -> Callable[[Played], Any]:
    return lambda r: CoinGecko(r.web).histories({"bitcoin": after}, NOW)["bitcoin"]


def coins(r: Played) -> Any:
    return CoinGecko(r.web).coins()


EXPECTED = {
    "simple_price-btc.json": Expected(
        quotes("bitcoin"),
        {
            "bitcoin": SymbolQuote(
                "bitcoin",
                Decimal("76975"),
                datetime(2026, 5, 18, 8, 17, 38, tzinfo=UTC),
                Quality.LIVE,
                currency="USD",
                market_cap=Decimal("1542226908349.8406"),
            )
        },
    ),
    # recorded without include_last_updated_at: a price of an unknown time is no quote
    "simple_price-single-2019.json": Expected(quotes("bitcoin"), {"bitcoin": Failure(FailureKind.MALFORMED, UNTIMED.format("bitcoin"))}),
    "simple_price-multi-2019.json": Expected(
        quotes("bitcoin/myr", "ethereum"),
        {
            "bitcoin/myr": Failure(FailureKind.MALFORMED, UNTIMED.format("bitcoin")),
            "ethereum": Failure(FailureKind.MALFORMED, UNTIMED.format("ethereum")),
        },
    ),
    "simple_price-unknown-id.json": Expected(quotes("nope"), {"nope": Failure(FailureKind.UNKNOWN_SYMBOL, "CoinGecko does not know nope.")}),
    # values of one afternoon: none of them is a close
    "market_chart-1d-2018.json": Expected(history(date(2018, 8, 26)), History("USD", ())),
    "market_chart_range.json": Expected(history(None), Failure(FailureKind.NO_DATA, "CoinGecko has no closing price of bitcoin.")),
    "coins_id-bitcoin.json": Expected(
        lambda r: CoinGecko(r.web).profiles(["bitcoin"]),
        {"bitcoin": Profile("bitcoin", "Bitcoin", AssetClass.CRYPTO, "USD", industry="Layer 1 (L1)")},
    ),
    "search.json": Expected(
        lambda r: CoinGecko(r.web).search("eth"), [Found("ethereum", "Ethereum", AssetClass.CRYPTO, currency="USD", ticker="ETH")]
    ),
    "coins_list.json": Expected(coins, (Coin("official-trump", "TRUMP", "Official Trump"), Coin("ondo-finance", "ONDO", "Ondo"))),
    "error-429.json": Expected(quotes("bitcoin"), fails=FailureKind.RATE_LIMITED, pause=60.0),
    "error-401-range-365d.json": Expected(history(None), fails=FailureKind.PLAN_RESTRICTED),  # a 401 that is not about the key
    "error-401-missing-key.json": Expected(coins, fails=FailureKind.AUTH),
    "error-404-coin.json": Expected(history(None), Failure(FailureKind.UNKNOWN_SYMBOL, "CoinGecko does not know this: coin not found")),
    "error-422-vs-currency.json": Expected(quotes("bitcoin/zzz"), fails=FailureKind.UNKNOWN_SYMBOL),
    "coins_id_history.json": Expected(unused="one day a call; market_chart gives a year"),
    "coins_markets-2018.json": Expected(unused="simple/price tells the same in fewer bytes"),
    "exchange_rates.json": Expected(unused="rates come from the ECB"),
    "global.json": Expected(unused="totals of the market are not shown"),
    "ohlc.json": Expected(unused="candles of four days are no daily prices"),
    "ping.json": Expected(unused="no call is spent on asking whether calls work"),
    "supported_vs_currencies.json": Expected(unused="a currency that is not there is told by the quote"),
}
