"""The indices that everybody can compare with, as they are listed at first.  An administrator adds, changes and hides.

Symbols of indices are Yahoo's.  A twin is the same index with its dividends reinvested.  Bought funds stand in for indices whose
own levels cost money.  DAX: the performance index, which has dividends in it (STOXX, “DAX Equity Index Methodology Guide”).
"""

from __future__ import annotations

from dataclasses import dataclass

from market.choices import AssetClass, ReturnKind


@dataclass(frozen=True, slots=True)
class ListedIndex:
    """One entry.  `names`: what sources call it, where that does not follow from its symbol; `demo`: its symbol in the demo market."""

    name: str
    symbol: str
    currency: str
    asset_class: str = AssetClass.INDEX
    exchange: str = ""
    kind: str = ReturnKind.PRICE
    twin: str = ""
    instrument_name: str = ""
    note: str = ""
    names: tuple[tuple[str, str], ...] = ()
    demo: str = ""


LISTED = (
    ListedIndex("S&P 500", "^GSPC", "USD", twin="^SP500TR", demo="SPX"),
    ListedIndex("Nasdaq Composite", "^IXIC", "USD", twin="^XCMP"),
    ListedIndex("Nasdaq-100", "^NDX", "USD", twin="^XNDX"),
    ListedIndex(
        "MSCI World",
        "URTH",
        "USD",
        AssetClass.ETF,
        "ARCX",
        instrument_name="iShares MSCI World ETF",
        note="The fund iShares MSCI World (URTH) stands in for the index: its costs are in it.",
    ),
    ListedIndex(
        "MSCI ACWI",
        "ACWI",
        "USD",
        AssetClass.ETF,
        "XNAS",
        instrument_name="iShares MSCI ACWI ETF",
        note="The fund iShares MSCI ACWI (ACWI) stands in for the index: its costs are in it.",
    ),
    ListedIndex("Demo World Equity", "DWORLD", "EUR", AssetClass.ETF, "DEMO", note="An invented fund of the demo market.", demo="DWORLD"),
    ListedIndex("Demo Euro Government Bonds", "DBONDS", "EUR", AssetClass.FUND, "DEMO", note="An invented fund of the demo market.", demo="DBONDS"),
    ListedIndex("FTSE 100", "^FTSE", "GBP"),
    ListedIndex("DAX", "^GDAXI", "EUR", kind=ReturnKind.TOTAL, note="The performance index: dividends are in it."),
    ListedIndex("Nikkei 225", "^N225", "JPY"),
    ListedIndex(
        "Bitcoin",
        "BTC",
        "USD",
        AssetClass.CRYPTO,
        kind=ReturnKind.TOTAL,
        note="Pays nothing.",
        names=(("coingecko", "bitcoin"), ("yahoo", "BTC-USD")),
    ),
)
