"""What each recorded answer of Alpha Vantage gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from market.providers.alpha_vantage import AlphaVantage
from market.providers.alpha_vantage.answers import rows_of
from market.providers.alpha_vantage.tables import actions_in, fund_of, prices_of
from market.providers.base import ActionRow, Found, Observation, PriceRow, Profile, SymbolQuote, Weight
from market.providers.failures import FailureKind
from tests.market.providers.table import Expected, Outline, Played, outline

NOW = datetime(2026, 5, 17, 17, 15, tzinfo=UTC)  # most were recorded in that hour, a Sunday
NEW_YORK = ZoneInfo("America/New_York")
D = Decimal


def alpha_vantage(played: Played, *, paid: bool = True) -> AlphaVantage:
    return AlphaVantage(played.web, "KEYKEYKEYKEYKEYK", paid=paid)


def quote(symbol: str) -> Callable[[Played], Any]:
    return lambda played: alpha_vantage(played).quotes([symbol], NOW)[symbol]


def days(symbol: str, *, paid: bool = True, after: date | None = None) -> Callable[[Played], Any]:
    """A free key asks for actions as well, and gets the same body, which has none."""
    return lambda played: outline(alpha_vantage(played, paid=paid).histories({symbol: after}, NOW)[symbol])


def closes(played: Played) -> Any:
    """The number of days with the first and the last."""
    found = prices_of(rows_of(played.reply, "IBM", NOW), None, D(1), closes_alone=True)
    return len(found), found[0], found[-1]


def actions(played: Played) -> Any:
    return actions_in(rows_of(played.reply, "IBM", NOW), None, NOW.date(), D(1))


def ends(played: Played) -> Any:
    """The number of actions with the first two and the last."""
    found = actions(played)
    return len(found), found[:2], found[-1]


def rates(played: Played) -> Any:
    found = alpha_vantage(played).series({"FEDERAL_FUNDS_RATE": None})["FEDERAL_FUNDS_RATE"]
    assert isinstance(found, tuple)
    return len(found), found[0], found[-1]


def fund(played: Played) -> Any:
    weights = fund_of(played.json, "QQQ").weights
    return len(weights), weights[:2], weights[9:11], sum(each.weight for each in weights if each.dimension == "sector")


def dividend(day: date, amount: str) -> ActionRow:
    return ActionRow("dividend", day, amount=D(amount))


def row(day: date, close: str, open_: str, high: str, low: str, volume: int | None = None) -> PriceRow:
    return PriceRow(day, D(close), D(open_), D(high), D(low), volume)


FIRST = row(date(2025, 12, 22), "302.79", "301.03", "303.18", "298.32", 2612100)
LAST = row(date(2026, 5, 15), "219.3", "218.2", "220.91", "217.615", 6154450)
IBM = SymbolQuote("IBM", D("219.3"), datetime(2026, 5, 15, 16, tzinfo=NEW_YORK), "close", D("218.37"), 6154450, "USD")
ADJUSTED = Outline("USD", 100, FIRST, LAST, (dividend(date(2026, 2, 10), "1.68"), dividend(date(2026, 5, 8), "1.69")))
EURUSD = Outline(
    "USD",
    100,
    row(date(2025, 12, 29), "1.1772", "1.1764", "1.1788", "1.1748"),
    row(date(2026, 5, 15), "1.1625", "1.167", "1.1673", "1.1616"),
)
BITCOIN = Outline(
    "EUR",
    350,
    row(date(2025, 6, 2), "92494.38", "93151.66", "93151.66", "90726.84", 221),
    row(date(2026, 5, 17), "67310.48", "67260.37", "67339.19", "67250.26", 0),
)
TESCO = [
    Found("TSCO.LON", "Tesco PLC", "stock", "XLON", "GBP"),
    Found("TSCDF", "Tesco plc", "stock", "", "USD"),
    Found("TSCDY", "Tesco plc", "stock", "", "USD"),
    Found("TCO2.FRK", "TESCO PLC ADR/1 LS-05", "stock", "XFRA", "EUR"),
    Found("TCO0.FRK", "TESCO PLC LS-0633333", "stock", "XFRA", "EUR"),
]

EXPECTED = {
    # ── quotes ──
    "global_quote-ibm.json": Expected(quote("IBM"), IBM),
    "global_quote-ibm.csv": Expected(quote("IBM"), IBM),
    "global_quote-ibm-2020.json": Expected(
        quote("IBM"), SymbolQuote("IBM", D("121.74"), datetime(2020, 5, 8, 16, tzinfo=NEW_YORK), "close", D("121.23"), 2528814, "USD")
    ),
    "global_quote-msft-2018.json": Expected(
        quote("MSFT"), SymbolQuote("MSFT", D("112.13"), datetime(2018, 10, 5, 16, tzinfo=NEW_YORK), "close", D("112.79"), 29062853, "USD")
    ),
    "unknown-symbol-global-quote.json": Expected(quote("NOPE"), fails=FailureKind.UNKNOWN_SYMBOL),
    "currency_exchange_rate-usd-jpy.json": Expected(
        quote("USD/JPY"),
        SymbolQuote("USD/JPY", D("158.73166867"), datetime(2026, 5, 17, 17, 12, 44, tzinfo=UTC), "delayed", currency="JPY"),
    ),
    "currency_exchange_rate-no-bid-ask.json": Expected(
        quote("USD/JPY"), SymbolQuote("USD/JPY", D("106.89"), datetime(2020, 5, 3, 20, 50, 48, tzinfo=UTC), "delayed", currency="JPY")
    ),
    # ── daily prices ──
    "time_series_daily-ibm-compact.json": Expected(
        days("IBM", paid=False, after=date(2026, 5, 13)),
        Outline("USD", 2, row(date(2026, 5, 14), "218.37", "215.545", "220.96", "215", 5906199), LAST),
    ),
    "time_series_daily_adjusted-ibm.json": Expected(days("IBM"), ADJUSTED),
    "time_series_daily_adjusted-ibm.csv": Expected(days("IBM"), ADJUSTED),
    "time_series_daily_adjusted-ibm-2020.json": Expected(
        days("IBM"),
        Outline(
            "USD",
            2,
            row(date(2020, 5, 7), "121.23", "122.98", "123.26", "120.85", 4412047),
            row(date(2020, 5, 8), "121.805", "122.67", "122.8", "121.06", 2542577),
            (dividend(date(2020, 5, 7), "1.63"),),
        ),
    ),
    "time_series_weekly_adjusted-ibm.csv": Expected(
        closes, (599, PriceRow(date(2014, 11, 28), D("162.17")), PriceRow(date(2026, 5, 15), D("219.3")))
    ),
    "time_series_monthly_adjusted-ibm.csv": Expected(
        closes, (318, PriceRow(date(1999, 12, 31), D("107.87")), PriceRow(date(2026, 5, 15), D("219.3")))
    ),
    "fx_daily-eurusd.json": Expected(days("EUR/USD"), EURUSD),
    "fx_daily-eurusd.csv": Expected(days("EUR/USD"), EURUSD),
    "digital_currency_daily-btc-eur.json": Expected(days("BTC/EUR"), BITCOIN),
    "digital_currency_daily-btc-eur.csv": Expected(days("BTC/EUR"), BITCOIN),
    "digital_currency_daily-btc-eur-2025.json": Expected(
        days("BTC/EUR"),
        Outline(
            "EUR",
            3,
            row(date(2025, 8, 22), "99313.95", "96856.83", "100149", "96171.51", 260),
            row(date(2025, 8, 24), "97886.73", "97883.18", "98040.37", "97854.95", 9),
        ),
    ),
    "digital_currency_intraday-2017-legacy-keys.json": Expected(days("BTC/CNY"), fails=FailureKind.NO_DATA),  # parts of a day, none with a close
    # ── actions ──
    "dividends-ibm.csv": Expected(
        ends, (110, (dividend(date(1999, 2, 8), "0.22"), dividend(date(1999, 5, 6), "0.24")), dividend(date(2026, 5, 8), "1.69"))
    ),
    "splits-ibm.csv": Expected(actions, (ActionRow("split", date(1999, 5, 27), D(2), D(1)), ActionRow("split", date(2021, 11, 4), D(523), D(500)))),
    # ── reference data ──
    "symbol_search-tesco.json": Expected(lambda played: alpha_vantage(played).search("tesco"), TESCO),
    "symbol_search-tesco.csv": Expected(lambda played: alpha_vantage(played).search("tesco"), TESCO),
    "overview-ibm.json": Expected(
        lambda played: alpha_vantage(played).profiles(["IBM"])["IBM"],
        Profile("IBM", "International Business Machines", "stock", "USD", "XNYS", "", "Technology", "Information technology services", "US"),
    ),
    "etf_profile-qqq.json": Expected(
        fund,
        (
            113,
            (Weight("sector", "Technology", D("0.552")), Weight("sector", "Communication services", D("0.147"))),
            (Weight("sector", "Financials", D("0.002")), Weight("holding", "NVIDIA CORP", D("0.0892"))),
            D("0.981"),
        ),
    ),
    "federal_funds_rate-monthly.csv": Expected(rates, (862, Observation(date(1954, 7, 1), D("0.8")), Observation(date(2026, 4, 1), D("3.64")))),
    # ── errors, all of them under status 200 ──
    "error-invalid-call.json": Expected(days("NOPE"), fails=FailureKind.UNKNOWN_SYMBOL),
    "error-bad-key.json": Expected(quote("IBM"), fails=FailureKind.AUTH),
    "error-rate-daily-information.json": Expected(quote("IBM"), fails=FailureKind.RATE_LIMITED, pause=38_700.0),  # to midnight in New York
    "error-rate-burst-information.json": Expected(quote("IBM"), fails=FailureKind.RATE_LIMITED, pause=1.5),
    "error-rate-note-legacy.json": Expected(quote("IBM"), fails=FailureKind.RATE_LIMITED, pause=60.0),
    "error-premium-endpoint.json": Expected(days("IBM"), fails=FailureKind.PLAN_RESTRICTED),
    # ── not asked for ──
    "market_status.json": Expected(unused="when exchanges are open is told by a calendar of our own, also for days to come"),
    "listing_status-sample.csv": Expected(unused="every American symbol in one table: instruments are found by search, where somebody wants one"),
}
