"""Who is in the made-up world: exchanges, and securities that carry real names beside invented figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

FIRST_DAY = date(2010, 1, 4)  # of all prices


@dataclass(frozen=True, slots=True)
class Exchange:
    """unit: what sources call the currency where they tell prices in a minor one."""

    mic: str
    suffix: str  # Yahoo's
    name: str
    code: str  # Yahoo's
    zone: str
    opens: str
    closes: str
    currency: str
    country: str
    unit: str = ""
    always_open: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What a security is and how its price moves.

    start, growth, swing   price in major units on FIRST_DAY, growth a year (0.07), size of its waves (1: about a fifth)
    dividend               a fraction of the price a year
    splits                 (ex-day, new, old)
    currency               where it is not the exchange's
    pair                   base and quote of a currency pair
    first, last            days of its first and last price, where it was not always there
    weights                (dimension, name, fraction), of a fund
    """

    name: str
    asset_class: str
    start: float = 50.0
    growth: float = 0.06
    swing: float = 1.0
    dividend: float = 0.0
    splits: tuple[tuple[str, int, int], ...] = ()
    currency: str = ""
    isin: str = ""
    sector: str = ""
    industry: str = ""
    places: int = 2
    coin: str = ""
    pair: tuple[str, str] | None = None
    first: date | None = None
    last: date | None = None
    weights: tuple[tuple[str, str, Decimal], ...] = ()
    former: str = ""  # its symbol before it was renamed


EXCHANGES = {
    each.suffix: each
    for each in (
        Exchange("XNAS", "", "NasdaqGS", "NMS", "America/New_York", "09:30", "16:00", "USD", "US"),
        Exchange("XLON", ".L", "LSE", "LSE", "Europe/London", "08:00", "16:30", "GBP", "GB", "GBp"),
        Exchange("XETR", ".DE", "XETRA", "GER", "Europe/Berlin", "09:00", "17:30", "EUR", "DE"),
        Exchange("XPAR", ".PA", "Paris", "PAR", "Europe/Paris", "09:00", "17:30", "EUR", "FR"),
        Exchange("XAMS", ".AS", "Amsterdam", "AMS", "Europe/Amsterdam", "09:00", "17:30", "EUR", "NL"),
        Exchange("XSWX", ".SW", "Swiss", "EBS", "Europe/Zurich", "09:00", "17:30", "CHF", "CH"),
        Exchange("XTSE", ".TO", "Toronto", "TOR", "America/Toronto", "09:30", "16:00", "CAD", "CA"),
        Exchange("XTKS", ".T", "Tokyo", "JPX", "Asia/Tokyo", "09:00", "15:30", "JPY", "JP"),
        Exchange("XHKG", ".HK", "HKSE", "HKG", "Asia/Hong_Kong", "09:30", "16:00", "HKD", "HK"),
        Exchange("XASX", ".AX", "ASX", "ASX", "Australia/Sydney", "10:00", "16:00", "AUD", "AU"),
        Exchange("XJSE", ".JO", "Johannesburg", "JNB", "Africa/Johannesburg", "09:00", "17:00", "ZAR", "ZA", "ZAc"),
        Exchange("XTAE", ".TA", "Tel Aviv", "TLV", "Asia/Jerusalem", "09:45", "17:15", "ILS", "IL", "ILA"),
        Exchange("XKUW", ".KW", "Kuwait", "KUW", "Asia/Kuwait", "09:00", "12:40", "KWD", "KW", "KWF"),
    )
}
NYSE = Exchange("XNYS", "NYSE", "NYSE", "NYQ", "America/New_York", "09:30", "16:00", "USD", "US")
ARCA = Exchange("ARCX", "ARCA", "NYSEArca", "PCX", "America/New_York", "09:30", "16:00", "USD", "US")
FUNDS = Exchange("", "FUND", "Nasdaq", "NAS", "America/New_York", "09:30", "16:00", "USD", "US")
COINS = Exchange("", "-USD", "CCC", "CCC", "UTC", "00:00", "24:00", "USD", "", always_open=True)
PAIRS = Exchange("", "=X", "CCY", "CCY", "Europe/London", "00:00", "24:00", "", "")
INDICES = {
    "US": Exchange("", "INDEX-US", "SNP", "SNP", "America/New_York", "09:30", "16:00", "USD", "US"),
    "GB": Exchange("", "INDEX-GB", "FTSE Index", "FGI", "Europe/London", "08:00", "16:30", "GBP", "GB"),
    "DE": Exchange("", "INDEX-DE", "XETRA", "GER", "Europe/Berlin", "09:00", "17:30", "EUR", "DE"),
    "JP": Exchange("", "INDEX-JP", "Osaka", "OSA", "Asia/Tokyo", "09:00", "15:30", "JPY", "JP"),
}
EXCHANGES |= {each.suffix: each for each in (NYSE, ARCA, FUNDS, COINS, PAIRS, *INDICES.values())}


def _fund(*parts: tuple[str, str, str]) -> tuple[tuple[str, str, Decimal], ...]:
    return tuple((dimension, name, Decimal(weight)) for dimension, name, weight in parts)


_BROAD = _fund(
    ("sector", "Technology", "0.32"),
    ("sector", "Financial Services", "0.14"),
    ("sector", "Healthcare", "0.11"),
    ("sector", "Consumer Cyclical", "0.43"),
    ("holding", "AAPL", "0.07"),
    ("holding", "MSFT", "0.065"),
    ("holding", "NVDA", "0.06"),
)


def _share(name: str, isin: str, sector: str, industry: str, start: float, dividend: float = 0.0, **more: object) -> Plan:
    return Plan(name, "stock", start, dividend=dividend, isin=isin, sector=sector, industry=industry, **more)  # type: ignore[arg-type]


TECH, MONEY, HEALTH, ENERGY, STAPLES = "Technology", "Financial Services", "Healthcare", "Energy", "Consumer Defensive"
# symbol → the key of its exchange, and its plan
LISTED: dict[str, tuple[str, Plan]] = {
    "AAPL": (
        "",
        _share(
            "Apple Inc.", "US0378331005", TECH, "Consumer Electronics", 210.0, 0.006, splits=(("2014-06-09", 7, 1), ("2020-08-31", 4, 1)), growth=0.25
        ),
    ),
    "MSFT": ("", _share("Microsoft Corporation", "US5949181045", TECH, "Software - Infrastructure", 31.0, 0.012, growth=0.16)),
    "AMZN": (
        "",
        _share("Amazon.com, Inc.", "US0231351067", "Consumer Cyclical", "Internet Retail", 134.0, splits=(("2022-06-06", 20, 1),), growth=0.22),
    ),
    "NVDA": (
        "",
        _share(
            "NVIDIA Corporation",
            "US67066G1040",
            TECH,
            "Semiconductors",
            18.0,
            0.001,
            splits=(("2021-07-20", 4, 1), ("2024-06-10", 10, 1)),
            growth=0.33,
        ),
    ),
    "GOOGL": (
        "",
        _share("Alphabet Inc.", "US02079K3059", "Communication Services", "Internet Content & Information", 627.0, splits=(("2022-07-18", 20, 1),)),
    ),
    "META": (
        "",
        _share(
            "Meta Platforms, Inc.",
            "US30303M1027",
            "Communication Services",
            "Internet Content & Information",
            38.0,
            former="FB",
            first=date(2012, 5, 18),
        ),
    ),
    "BRK-B": ("NYSE", _share("Berkshire Hathaway Inc.", "US0846707026", MONEY, "Insurance - Diversified", 66.0)),
    "IBM": (
        "NYSE",
        _share(
            "International Business Machines Corporation",
            "US4592001014",
            TECH,
            "Information Technology Services",
            132.0,
            0.03,
            growth=0.04,
            splits=(("2021-11-04", 1046, 1000),),
        ),
    ),
    "KO": ("NYSE", _share("The Coca-Cola Company", "US1912161007", STAPLES, "Beverages - Non-Alcoholic", 57.0, 0.03, splits=(("2012-08-13", 2, 1),))),
    "JNJ": ("NYSE", _share("Johnson & Johnson", "US4781601046", HEALTH, "Drug Manufacturers - General", 64.0, 0.028)),
    "XOM": ("NYSE", _share("Exxon Mobil Corporation", "US30231G1022", ENERGY, "Oil & Gas Integrated", 69.0, 0.035, growth=0.03)),
    "C": ("NYSE", _share("Citigroup Inc.", "US1729674242", MONEY, "Banks - Diversified", 3.4, 0.03, splits=(("2011-05-09", 1, 10),), growth=0.05)),
    "SPY": ("ARCA", Plan("SPDR S&P 500 ETF Trust", "etf", 113.0, 0.1, dividend=0.014, isin="US78462F1030", weights=_BROAD)),
    "VTI": ("ARCA", Plan("Vanguard Total Stock Market Index Fund ETF Shares", "etf", 57.0, 0.1, dividend=0.014, isin="US9229087690", weights=_BROAD)),
    "URTH": ("ARCA", Plan("iShares MSCI World ETF", "etf", 50.0, 0.1, dividend=0.015, isin="US4642863926", weights=_BROAD, first=date(2012, 1, 12))),
    "ACWI": ("", Plan("iShares MSCI ACWI ETF", "etf", 42.0, 0.09, dividend=0.018, isin="US4642882579", weights=_BROAD)),
    "AGG": ("ARCA", Plan("iShares Core U.S. Aggregate Bond ETF", "etf", 103.0, 0.0, 0.2, dividend=0.03, isin="US4642872265")),
    "VOD.L": (
        ".L",
        _share(
            "Vodafone Group Public Limited Company",
            "GB00BH4HKS39",
            "Communication Services",
            "Telecom Services",
            1.4,
            0.05,
            growth=-0.02,
            splits=(("2014-02-24", 6, 11),),
        ),
    ),
    "SHEL.L": (".L", _share("Shell plc", "GB00BP6MXD84", ENERGY, "Oil & Gas Integrated", 18.0, 0.04, growth=0.03)),
    "AZN.L": (".L", _share("AstraZeneca PLC", "GB0009895292", HEALTH, "Drug Manufacturers - General", 29.0, 0.022, growth=0.09)),
    "VUSA.L": (
        ".L",
        Plan(
            "Vanguard S&P 500 UCITS ETF", "etf", 20.0, 0.1, dividend=0.011, currency="", isin="IE00B3XXRP09", weights=_BROAD, first=date(2012, 5, 22)
        ),
    ),
    "CSPX.L": (
        ".L",
        Plan(
            "iShares Core S&P 500 UCITS ETF USD (Acc)",
            "etf",
            75.0,
            0.11,
            currency="USD",
            isin="IE00B5BMR087",
            weights=_BROAD,
            first=date(2010, 5, 19),
        ),
    ),
    "SAP.DE": (".DE", _share("SAP SE", "DE0007164600", TECH, "Software - Application", 33.0, 0.012, growth=0.12)),
    "SIE.DE": (".DE", _share("Siemens Aktiengesellschaft", "DE0007236101", "Industrials", "Specialty Industrial Machinery", 64.0, 0.025)),
    "EUNL.DE": (".DE", Plan("iShares Core MSCI World UCITS ETF USD (Acc)", "etf", 20.0, 0.1, isin="IE00B4L5Y983", weights=_BROAD)),
    "MC.PA": (
        ".PA",
        _share(
            "LVMH Moët Hennessy - Louis Vuitton, Société Européenne", "FR0000121014", "Consumer Cyclical", "Luxury Goods", 78.0, 0.02, growth=0.13
        ),
    ),
    "ASML.AS": (".AS", _share("ASML Holding N.V.", "NL0010273215", TECH, "Semiconductor Equipment & Materials", 24.0, 0.01, growth=0.2)),
    "NESN.SW": (".SW", _share("Nestlé S.A.", "CH0038863350", STAPLES, "Packaged Foods", 50.0, 0.03, growth=0.04)),
    "RY.TO": (".TO", _share("Royal Bank of Canada", "CA7800871021", MONEY, "Banks - Diversified", 56.0, 0.035, growth=0.08)),
    "7203.T": (
        ".T",
        _share(
            "Toyota Motor Corporation",
            "JP3633400001",
            "Consumer Cyclical",
            "Auto Manufacturers",
            3900.0,
            0.025,
            splits=(("2021-09-29", 5, 1),),
            growth=0.06,
            places=1,
        ),
    ),
    "0700.HK": (
        ".HK",
        _share(
            "Tencent Holdings Limited",
            "KYG875721634",
            "Communication Services",
            "Internet Content & Information",
            170.0,
            0.008,
            splits=(("2014-05-15", 5, 1),),
            growth=0.17,
        ),
    ),
    "BHP.AX": (".AX", _share("BHP Group Limited", "AU000000BHP4", "Basic Materials", "Other Industrial Metals & Mining", 42.0, 0.05, growth=0.01)),
    "NPN.JO": (
        ".JO",
        _share("Naspers Limited", "ZAE000351946", "Communication Services", "Internet Content & Information", 300.0, 0.003, growth=0.16),
    ),
    "TEVA.TA": (
        ".TA",
        _share("Teva Pharmaceutical Industries Limited", "IL0006290147", HEALTH, "Drug Manufacturers - Specialty & Generic", 210.0, growth=-0.06),
    ),
    "NBK.KW": (".KW", _share("National Bank of Kuwait S.A.K.P.", "KW0EQ0100010", MONEY, "Banks - Regional", 0.9, 0.03, growth=0.01)),
    "VFIAX": ("FUND", Plan("Vanguard 500 Index Fund Admiral Shares", "fund", 104.0, 0.1, dividend=0.014, isin="US9229087104", weights=_BROAD)),
    "0P000071W8.TO": (".TO", Plan("TD U.S. Index Fund - e", "fund", 30.0, 0.1, places=4)),
    "^GSPC": ("INDEX-US", Plan("S&P 500", "index", 1133.0, 0.1)),
    "^IXIC": ("INDEX-US", Plan("NASDAQ Composite", "index", 2308.0, 0.13)),
    "^NDX": ("INDEX-US", Plan("NASDAQ 100", "index", 1886.0, 0.15)),
    "^SP500TR": ("INDEX-US", Plan("S&P 500 (TR)", "index", 1900.0, 0.12)),
    "^XCMP": ("INDEX-US", Plan("NASDAQ Composite Total Return", "index", 2500.0, 0.14)),
    "^XNDX": ("INDEX-US", Plan("NASDAQ-100 Total Return", "index", 2100.0, 0.16)),
    "^FTSE": ("INDEX-GB", Plan("FTSE 100", "index", 5500.0, 0.02)),
    "^GDAXI": ("INDEX-DE", Plan("DAX PERFORMANCE-INDEX", "index", 6048.0, 0.08)),
    "^N225": ("INDEX-JP", Plan("Nikkei 225", "index", 10654.0, 0.08)),
    "BTC-USD": ("-USD", Plan("Bitcoin", "crypto", 400.0, 0.35, 2.0, coin="bitcoin", first=date(2014, 9, 17))),
    "ETH-USD": ("-USD", Plan("Ethereum", "crypto", 20.0, 0.35, 2.0, coin="ethereum", first=date(2017, 11, 9))),
    "SOL-USD": ("-USD", Plan("Solana", "crypto", 1.0, 0.3, 2.0, coin="solana", places=4, first=date(2020, 4, 10))),
    "DOGE-USD": ("-USD", Plan("Dogecoin", "crypto", 0.002, 0.25, 2.0, coin="dogecoin", places=8, first=date(2017, 11, 9))),
    "EURUSD=X": ("=X", Plan("EUR/USD", "currency", currency="USD", pair=("EUR", "USD"), places=4)),
    "GBPUSD=X": ("=X", Plan("GBP/USD", "currency", currency="USD", pair=("GBP", "USD"), places=4)),
    "USDJPY=X": ("=X", Plan("USD/JPY", "currency", currency="JPY", pair=("USD", "JPY"), places=3)),
}


def _generated_share(number: int) -> Plan:
    return Plan(
        f"Generated {number:04d} plc",
        "stock",
        5.0 + number % 397,
        0.01 * (number % 9),
        0.7,
        0.01 * (number % 4),
        sector=TECH,
        industry="Semiconductors",
    )


def _generated_coin(number: int) -> Plan:
    return Plan(f"Gen Coin {number:04d}", "crypto", 0.5 + number % 89, 0.05, 1.5, coin=f"gen-coin-{number:04d}", places=6)


PLANS = {"share": _generated_share, "coin": _generated_coin}
