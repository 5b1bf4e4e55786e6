"""What each recorded answer of Yahoo gives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from market.providers.base import ActionRow, Found, PriceRow, Profile, SymbolQuote
from market.providers.failures import Failure, FailureKind
from market.providers.yahoo import Yahoo
from market.providers.yahoo.stream import quote_in
from market.providers.yahoo.transport import crumb_of
from tests.market.providers.table import Expected, Outline, Played, outline

NOW = datetime(2025, 2, 20, 12, tzinfo=UTC)  # most were recorded in that week
NEW_YORK, LONDON, TORONTO = ZoneInfo("America/New_York"), ZoneInfo("Europe/London"), ZoneInfo("America/Toronto")
D = Decimal


def yahoo(played: Played) -> Yahoo:
    """With a crumb, so that no call is needed for one."""
    return Yahoo(played.web, passes={"cookie": "A3=d", "crumb": "REDACTEDcRb"})


def quotes(*symbols: str) -> Callable[[Played], Any]:
    return lambda played: dict(yahoo(played).quotes(symbols, NOW))


def quote(symbol: str) -> Callable[[Played], Any]:
    return lambda played: yahoo(played).quotes([symbol], NOW)[symbol]


def spark(*symbols: str) -> Callable[[Played], Any]:
    """Without a crumb, and with Yahoo refusing one for a year."""
    passes = {"refused_until": str(datetime(2030, 1, 1, tzinfo=UTC).timestamp())}
    return lambda played: dict(Yahoo(played.web, passes=dict(passes)).quotes(symbols, NOW))


def days(symbol: str) -> Callable[[Played], Any]:
    return lambda played: outline(yahoo(played).histories({symbol: None}, NOW)[symbol])


def hits(text: str) -> Callable[[Played], Any]:
    return lambda played: [(each.symbol, each.asset_class, each.exchange) for each in yahoo(played).search(text)]


def profile(symbol: str) -> Callable[[Played], Any]:
    return lambda played: yahoo(played).profiles([symbol])[symbol]


def one(currency: str, day: date, close: str, open_: str, high: str, low: str, volume: int | None) -> Outline:
    """The outline of a single day."""
    row = PriceRow(day, D(close), D(open_), D(high), D(low), volume)
    return Outline(currency, 1, row, row)


JAN_2 = date(2020, 1, 2)
AAPL = SymbolQuote(
    "AAPL", D("244.6"), datetime(2025, 2, 14, 16, tzinfo=NEW_YORK), "close", D("241.53"), 40896227, "USD", delay=0, market_cap=D(3674405863424)
)
OCADO = SymbolQuote(
    "OCDO.L",
    D("3.088"),
    datetime(2025, 2, 17, 10, 38, 44, tzinfo=LONDON),
    "delayed",
    D("3.152"),
    113925,
    "GBP",
    D("0.01"),
    900,
    D(2554603520),
)
EURUSD = SymbolQuote("EURUSD=X", D("1.049"), datetime(2025, 2, 17, 10, 54, 43, tzinfo=LONDON), "live", D("1.0495"), 0, "USD", delay=0)
GOLD = SymbolQuote("GC=F", D("2910.3"), datetime(2025, 2, 17, 5, 44, 51, tzinfo=NEW_YORK), "delayed", D("2900.7"), 54706, "USD", delay=600)
FUND = SymbolQuote("0P000071W8.TO", D("152.63"), datetime(2025, 2, 14, 15, tzinfo=TORONTO), "close", D("152.74"), None, "CAD", delay=900)
MANY = {
    "AAPL": AAPL,
    "OCDO.L": OCADO,
    "ORSTED.CO": SymbolQuote(
        "ORSTED.CO",
        D("299.7"),
        datetime(2025, 2, 17, 11, 54, 15, tzinfo=ZoneInfo("Europe/Copenhagen")),
        "live",
        D("300.8"),
        47779,
        "DKK",
        delay=0,
        market_cap=D(125944438784),
    ),
    "LDO.MI": SymbolQuote(
        "LDO.MI",
        D("33.38"),
        datetime(2025, 2, 17, 11, 39, 51, tzinfo=ZoneInfo("Europe/Rome")),
        "delayed",
        D("31.68"),
        3501283,
        "EUR",
        delay=900,
        market_cap=D(19203747840),
    ),
    "WSKT.JK": SymbolQuote(
        "WSKT.JK",
        D(202),
        datetime(2024, 7, 24, 3, tzinfo=ZoneInfo("Asia/Jakarta")),  # months older than the answer
        "close",
        D(202),
        0,
        "IDR",
        delay=600,
        market_cap=D(5818973421568),
    ),
    "QQQ": SymbolQuote(
        "QQQ",
        D("538.15"),
        datetime(2025, 2, 14, 16, 0, 1, tzinfo=NEW_YORK),
        "close",
        D("535.9"),
        17862572,
        "USD",
        delay=0,
        market_cap=D(211546767360),
    ),
    "BTC-USD": SymbolQuote(
        "BTC-USD",
        D("96077.45"),
        datetime(2025, 2, 17, 10, 53, tzinfo=UTC),
        "live",
        D("96137.88"),
        21228961792,
        "USD",
        delay=0,
        market_cap=D(1904783523840),
    ),
    "EURUSD=X": EURUSD,
    "GC=F": GOLD,
    "0P000071W8.TO": FUND,
    "AMZN": SymbolQuote(
        "AMZN",
        D("228.68"),
        datetime(2025, 2, 14, 16, tzinfo=NEW_YORK),
        "close",
        D("230.37"),
        27031084,
        "USD",
        delay=0,
        market_cap=D(2423481958400),
    ),
    "SPOT": SymbolQuote(
        "SPOT",
        D("638.18"),
        datetime(2025, 2, 14, 16, 0, 2, tzinfo=NEW_YORK),
        "close",
        D("648.32"),
        2119844,
        "USD",
        delay=0,
        market_cap=D(130089164800),
    ),
    "NOPE": Failure(FailureKind.UNKNOWN_SYMBOL, "Yahoo does not know NOPE."),
}
COIN = ("crypto", "")

EXPECTED = {
    # ── chart ──
    "chart-aapl-2020-split-4for1-and-dividend.json": Expected(
        days("AAPL"),
        Outline(
            "USD",
            49,
            PriceRow(date(2020, 8, 31), D("129.04"), D("127.58"), D(131), D(126), 225702700),
            PriceRow(date(2020, 11, 6), D("118.69"), D("118.32"), D("119.2"), D("116.13"), 114457900),
            (ActionRow("split", date(2020, 8, 31), D(4), D(1)), ActionRow("dividend", date(2020, 11, 6), amount=D("0.205"))),
        ),
    ),
    "chart-aapl-2020-01-02-single-bar.json": Expected(days("AAPL"), one("USD", JAN_2, "75.09", "74.06", "75.15", "73.8", 135480400)),
    "chart-msft-2021-events-div.json": Expected(
        days("MSFT"),
        Outline(
            "USD",
            252,
            PriceRow(date(2021, 2, 1), D("239.65"), D("235.06"), D("242.5"), D("232.43"), 33314200),
            PriceRow(date(2022, 1, 28), D("308.26"), D("300.23"), D("308.48"), D("294.45"), 49743700),
            tuple(
                ActionRow("dividend", day, amount=D(amount))
                for day, amount in (
                    (date(2021, 2, 17), "0.56"),
                    (date(2021, 5, 19), "0.56"),
                    (date(2021, 8, 18), "0.56"),
                    (date(2021, 11, 17), "0.62"),
                )
            ),
        ),
    ),
    "chart-ocdo-l-gbp-pence.json": Expected(days("OCDO.L"), one("GBP", JAN_2, "12.595", "12.795", "12.8657", "12.58", 728520)),
    "chart-btc-usd.json": Expected(
        days("BTC-USD"),
        Outline(
            "USD",
            3,
            PriceRow(date(2020, 1, 1), D("7200.17"), D("7194.89"), D("7254.33"), D("7174.94"), 18565664997),
            PriceRow(date(2020, 1, 3), D("7344.88"), D("6984.43"), D("7413.72"), D(6915), 28111481032),
        ),
    ),
    "chart-mutualfund-0p000071w8-to.json": Expected(days("0P000071W8.TO"), one("CAD", JAN_2, "73.72", "73.72", "73.72", "73.72", None)),
    "chart-wsu-de-adjclose-differs.json": Expected(
        days("WSU.DE"),
        Outline(
            "EUR",
            3,
            PriceRow(date(2023, 8, 4), D("34.45"), D("34.25"), D("34.55"), D("34.1"), 1251),
            PriceRow(date(2023, 8, 8), D("33.2"), D("34.05"), D("34.2"), D("32.9"), 10846),
        ),
    ),
    "chart-qqq-etf.json": Expected(days("QQQ"), one("USD", JAN_2, "216.16", "214.4", "216.16", "213.98", 30969400)),
    "chart-gold-future.json": Expected(days("GC=F"), one("USD", JAN_2, "1524.5", "1518.1", "1528.7", "1518", 214)),
    "chart-wskt-jk-idr.json": Expected(days("WSKT.JK"), one("IDR", JAN_2, "1505", "1485", "1515", "1480", 23547100)),
    "chart-orsted-co-dkk.json": Expected(days("ORSTED.CO"), one("DKK", JAN_2, "681", "685.8", "688.4", "677.2", 340491)),
    "chart-empty-window-weekend.json": Expected(days("AAPL"), fails=FailureKind.MALFORMED),  # in steps of a minute, where days were asked for
    "chart-missing-timestamp-edited.json": Expected(days("AAPL"), fails=FailureKind.MALFORMED),
    "error-chart-404-unknown.json": Expected(days("ZZZZNOPE"), fails=FailureKind.UNKNOWN_SYMBOL),
    "error-chart-400-before-listing.json": Expected(days("BEKE"), fails=FailureKind.NO_DATA),
    "error-429-html.txt": Expected(days("AAPL"), fails=FailureKind.RATE_LIMITED, pause=60.0),
    # ── quote ──
    "quote-aapl.json": Expected(quote("AAPL"), AAPL),
    "quote-aapl-2021.json": Expected(
        quote("AAPL"),
        SymbolQuote(
            "AAPL",
            D("136.76"),
            datetime(2021, 2, 5, 16, 0, 2, tzinfo=NEW_YORK),
            "close",
            D("137.18"),
            75693830,
            "USD",
            delay=0,
            market_cap=D(2295940513792),
        ),
    ),
    "quote-bulk-aapl-baba.json": Expected(
        quotes("BABA", "AAPL"),
        {
            "BABA": SymbolQuote(
                "BABA",
                D("124.73"),
                datetime(2025, 2, 14, 16, 0, 2, tzinfo=NEW_YORK),
                "close",
                D("119.54"),
                52086273,
                "USD",  # its reports are in CNY
                delay=0,
                market_cap=D(302870626304),
            ),
            "AAPL": AAPL,
        },
    ),
    "quote-bulk-multi-currency.json": Expected(quotes(*MANY), MANY),
    "quote-ocdo-l-mixed-units.json": Expected(quote("OCDO.L"), OCADO),
    "quote-eurusd.json": Expected(quote("EURUSD=X"), EURUSD),
    "quote-mutualfund.json": Expected(quote("0P000071W8.TO"), FUND),
    "quote-gold-future.json": Expected(quote("GC=F"), GOLD),
    "quote-unknown-symbol-empty.json": Expected(quote("SIX"), fails=FailureKind.UNKNOWN_SYMBOL),
    "quote-nonexistent-2021.json": Expected(quote("NONEXIST"), fails=FailureKind.UNKNOWN_SYMBOL),
    "quote-renamed-symbol-none.json": Expected(quote("BRKS"), fails=FailureKind.UNKNOWN_SYMBOL),
    "quote-delisted-none.json": Expected(quote("SIMP"), fails=FailureKind.UNKNOWN_SYMBOL),
    "quote-fields-subset.json": Expected(  # without a currency
        quote("MSFT"), SymbolQuote("MSFT", D("408.43"), datetime(2025, 2, 14, 16, tzinfo=NEW_YORK), "close", delay=0)
    ),
    "error-quote-401-invalid-crumb.json": Expected(quote("AAPL"), fails=FailureKind.UNREACHABLE),
    "error-quote-401-no-crumb.json": Expected(quote("AAPL"), fails=FailureKind.UNREACHABLE),
    "getcrumb-ok.txt": Expected(lambda played: crumb_of(played.reply), "REDACTEDcRb"),
    "error-getcrumb-429.txt": Expected(lambda played: crumb_of(played.reply), fails=FailureKind.UNREACHABLE, pause=60.0),
    # ── spark ──
    "spark-v7-msft-aapl.json": Expected(
        spark("AAPL", "MSFT", "NOPE"),
        {
            "AAPL": SymbolQuote("AAPL", D("336.91"), datetime(2026, 7, 27, 20, 0, 1, tzinfo=UTC), "delayed", D("333.02"), 45246885, "USD"),
            "MSFT": SymbolQuote("MSFT", D("389.1"), datetime(2026, 7, 27, 20, 0, 1, tzinfo=UTC), "delayed", D("381.7"), 27753671, "USD"),
            "NOPE": Failure(FailureKind.UNKNOWN_SYMBOL, "Yahoo does not know NOPE."),
        },
    ),
    "spark-v8-shape.json": Expected(
        spark("AAPL", "VOD.L"),
        {
            "AAPL": SymbolQuote("AAPL", D("336.91"), datetime(2026, 7, 27, 13, 35, tzinfo=UTC), "delayed", D("333.02")),
            "VOD.L": Failure(FailureKind.NO_DATA, "Yahoo has no price of VOD.L of today."),
        },
    ),
    # ── search ──
    "search-aapl.json": Expected(
        lambda played: list(yahoo(played).search("AAPL")),
        [Found("AAPL", "Apple Inc.", "stock", "XNAS"), Found("AAPU", "Direxion Daily AAPL Bull 2X Shares", "etf", "XNAS")],
    ),
    "search-by-name.json": Expected(
        hits("Bayerische Motoren Werke AG"),
        [
            ("BMW.DE", "stock", "XETR"),
            ("BMW.SG", "stock", "XSTU"),
            ("BAMXF", "stock", "OTCM"),
            ("BMWM5N.MX", "stock", "XMEX"),
            ("BMW3D.XC", "stock", "CHIX"),
            ("BMW.DU", "stock", "XDUS"),
        ],
    ),
    "search-by-name-secondary-only.json": Expected(hits("Evolution"), [("0RQ6.IL", "stock", "XLON"), ("E3G1.SG", "stock", "XSTU")]),
    "search-by-isin-empty.json": Expected(hits("NO0010123060"), []),
    "search-btc-usd.json": Expected(
        hits("BTC-USD"),
        [
            ("BTC-USD", *COIN),
            ("HBTC-USD", *COIN),
            ("CBBTC32994-USD", *COIN),
            ("LBTC33652-USD", *COIN),
            ("PBTC-USD", *COIN),
            ("0P0001P539", "fund", "OTCM"),
        ],
    ),
    "search-ocdo-l.json": Expected(hits("OCDO.L"), [("OCDO.L", "stock", "XLON")]),
    "search-index.json": Expected(hits("^VXAPL"), [("^VXAPL", "index", "")]),
    "error-search-400-missing-q.json": Expected(hits("x"), fails=FailureKind.MALFORMED),
    # ── profiles ──
    "quotesummary-assetprofile-aapl.json": Expected(
        profile("AAPL"), Profile("AAPL", sector="Technology", industry="Consumer Electronics", country="US")
    ),
    "quotesummary-assetprofile-qqq.json": Expected(profile("QQQ"), fails=FailureKind.NO_DATA),  # a text, and nothing else
    "quotesummary-price-btc-usd.json": Expected(profile("BTC-USD"), Profile("BTC-USD", "Bitcoin USD", "crypto", "USD")),
    "quotesummary-quotetype-0p000071w8-to.json": Expected(
        profile("0P000071W8.TO"), Profile("0P000071W8.TO", "TD US Index e", "fund", exchange="XTSE")
    ),
    "quotesummary-summarydetail-aapl.json": Expected(profile("AAPL"), Profile("AAPL", currency="USD")),
    "quotesummary-summarydetail-ocdo-l.json": Expected(profile("OCDO.L"), Profile("OCDO.L", currency="GBP")),
    "error-quotesummary-404.json": Expected(profile("ADH"), fails=FailureKind.NO_DATA),
    "quotesummary-calendarevents-aapl.json": Expected(profile("AAPL"), fails=FailureKind.NO_DATA),  # none of the modules that are read
    "quotesummary-defaultkeystatistics-aapl.json": Expected(profile("AAPL"), fails=FailureKind.NO_DATA),
    # ── stream ──
    "stream-message-btc-usd.b64.txt": Expected(
        lambda played: quote_in(played.text.strip()),
        SymbolQuote(
            "BTC-USD",
            D("94745.08"),
            datetime(2025, 1, 10, 11, 39, tzinfo=UTC),
            "live",
            volume=59712028672,
            currency="USD",
            market_cap=D(1876726640000),
        ),
    ),
    "stream-message-btc-usd.decoded.json": Expected(unused="what the message holds, decoded by another program; the entry above says the same"),
}
