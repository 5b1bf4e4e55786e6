"""The instruments of the demo market: real ones with their real history, and invented ones that vary class and currency."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from market.choices import AssetClass
from market.providers.base import InstrumentSpec

INDEX = "SP500"  # its column in the data file
REAL_NOTE = "Real closes to 28 Dec 2022, adjusted for splits and dividends; simulated after that."
INDEX_NOTE = "Real closes to 28 Dec 2022, without dividends; simulated after that."
INVENTED_NOTE = "An invented instrument: every price is simulated, from the first day."

_AMERICA = "North America"


def _company(symbol: str, name: str, exchange: str, isin: str, sector: str) -> InstrumentSpec:
    return InstrumentSpec(symbol, name, AssetClass.STOCK, "USD", exchange, isin, sector, "US", _AMERICA, REAL_NOTE)


COMPANIES = (
    _company("AAPL", "Apple", "XNAS", "US0378331005", "Technology"),
    _company("AMD", "Advanced Micro Devices", "XNAS", "US0079031078", "Technology"),
    _company("BAC", "Bank of America", "XNYS", "US0605051046", "Financials"),
    _company("BBY", "Best Buy", "XNYS", "US0865161014", "Consumer discretionary"),
    _company("CVX", "Chevron", "XNYS", "US1667641005", "Energy"),
    _company("GE", "General Electric", "XNYS", "US3696043013", "Industrials"),
    _company("HD", "Home Depot", "XNYS", "US4370761029", "Consumer discretionary"),
    _company("JNJ", "Johnson & Johnson", "XNYS", "US4781601046", "Health care"),
    _company("JPM", "JPMorgan Chase", "XNYS", "US46625H1005", "Financials"),
    _company("KO", "Coca-Cola", "XNYS", "US1912161007", "Consumer staples"),
    _company("LLY", "Eli Lilly", "XNYS", "US5324571083", "Health care"),
    _company("MRK", "Merck & Co.", "XNYS", "US58933Y1055", "Health care"),
    _company("MSFT", "Microsoft", "XNAS", "US5949181045", "Technology"),
    _company("PEP", "PepsiCo", "XNAS", "US7134481081", "Consumer staples"),
    _company("PFE", "Pfizer", "XNYS", "US7170811035", "Health care"),
    _company("PG", "Procter & Gamble", "XNYS", "US7427181091", "Consumer staples"),
    _company("RRC", "Range Resources", "XNYS", "US75281A1097", "Energy"),
    _company("UNH", "UnitedHealth Group", "XNYS", "US91324P1021", "Health care"),
    _company("WMT", "Walmart", "XNYS", "US9311421039", "Consumer staples"),
    _company("XOM", "Exxon Mobil", "XNYS", "US30231G1022", "Energy"),
)
BENCHMARK = InstrumentSpec("SPX", "S&P 500", AssetClass.INDEX, "USD", "", "", "Broad market", "US", _AMERICA, INDEX_NOTE)


@dataclass(frozen=True, slots=True)
class Invented:
    """How an invented instrument moves: `beta` times the index, a drift, and noise of its own; fractions per day.

    `always` instruments have a price on every day of the week, the others on Monday to Friday.
    """

    spec: InstrumentSpec
    first_close: Decimal
    beta: Decimal
    drift: Decimal
    noise: Decimal
    always: bool = False


def _invented(symbol: str, name: str, asset_class: str, currency: str, sector: str, country: str, region: str) -> InstrumentSpec:
    return InstrumentSpec(symbol, name, asset_class, currency, "DEMO", "", sector, country, region, INVENTED_NOTE)


INVENTED = (
    Invented(
        _invented("DWORLD", "Demo World Equity ETF", AssetClass.ETF, "EUR", "Broad market", "IE", "World"),
        Decimal("40"),
        Decimal("0.85"),
        Decimal("0.00004"),
        Decimal("0.003"),
    ),
    Invented(
        _invented("DBONDS", "Demo Euro Government Bond Fund", AssetClass.FUND, "EUR", "Government bonds", "LU", "Europe"),
        Decimal("100"),
        Decimal("-0.03"),
        Decimal("0.00008"),
        Decimal("0.0022"),
    ),
    Invented(
        _invented("DGOLD", "Demo Gold, one ounce", AssetClass.COMMODITY, "USD", "Precious metals", "CH", "World"),
        Decimal("520"),
        Decimal("0.05"),
        Decimal("0.0003"),
        Decimal("0.0095"),
    ),
    Invented(
        _invented("DCOIN", "Demo Coin", AssetClass.CRYPTO, "USD", "Digital currencies", "", "World"),
        Decimal("50"),
        Decimal("0.6"),
        Decimal("0.0013"),
        Decimal("0.026"),
        always=True,
    ),
    Invented(
        _invented("DWATER", "Demo Thames Valley Water", AssetClass.STOCK, "GBP", "Utilities", "GB", "Europe"),
        Decimal("6"),
        Decimal("0.45"),
        Decimal("0.0001"),
        Decimal("0.009"),
    ),
    Invented(
        _invented("DALPIN", "Demo Alpine Insurance", AssetClass.STOCK, "CHF", "Financials", "CH", "Europe"),
        Decimal("140"),
        Decimal("0.75"),
        Decimal("0.0001"),
        Decimal("0.008"),
    ),
    Invented(
        _invented("DCITY", "Demo City Property Trust", AssetClass.PROPERTY, "EUR", "Real estate", "DE", "Europe"),
        Decimal("25"),
        Decimal("0.6"),
        Decimal("0.00012"),
        Decimal("0.007"),
    ),
)

SPECS = (*COMPANIES, BENCHMARK, *(one.spec for one in INVENTED))
