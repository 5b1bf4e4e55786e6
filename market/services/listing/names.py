"""What sources call an instrument, made from its ticker and exchange; and the other way, what a hit of a search is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

from market.choices import AssetClass
from market.exchanges import known_exchange
from market.hits import AMERICA, Hit, key_of, marked, place_of
from market.models import Instrument
from market.providers.base import Found

DOLLAR = "USD"
_LISTED = frozenset({AssetClass.STOCK, AssetClass.ETF, AssetClass.FUND})
_WHOLE = frozenset({AssetClass.INDEX, AssetClass.CURRENCY, AssetClass.COMMODITY})  # whose names know no exchange
Make = Callable[[str, str], str | None]
Names = dict[str, tuple[str, str]]  # by source: its symbol, and the currency of the prices where that is certain


@lru_cache(maxsize=1)
def _makers() -> dict[str, Make]:
    """By source.  Loaded when they are used: they bring an HTTP client along."""
    from market.providers import finnhub, tiingo, twelve_data
    from market.providers.alpha_vantage import symbols
    from market.providers.yahoo import exchanges

    return {
        "yahoo": exchanges.symbol_for,
        "finnhub": finnhub.symbol_for,
        "tiingo": tiingo.symbol_for,
        "twelve_data": twelve_data.symbol_for,
        "alpha_vantage": symbols.symbol_for,
    }


def suggested(instrument: Instrument, sources: Iterable[str]) -> Names:
    """Symbols that follow from ticker and exchange, at those of these sources that have the exchange.

    Finnhub is named for the United States only: what it sends of other places tells no currency, and London's pence would be pounds.
    Coins have names of their own (`listing.linking`).
    """
    if instrument.asset_class in _WHOLE:
        return {"yahoo": (instrument.symbol, "")} if "yahoo" in sources and _yahoos(instrument.symbol) else {}
    ticker, mic = ticker_and_mic(instrument.symbol, instrument.exchange)
    if instrument.asset_class not in _LISTED or not mic:
        return {}
    american = place_of(mic) == AMERICA
    found: Names = {}
    for source in sources:
        make = _makers().get(source)
        symbol = make(ticker, mic) if make and (american or source != "finnhub") else None
        if symbol and len(symbol) <= 64:
            found[source] = (symbol, DOLLAR if american else "")
    return found


def _yahoos(symbol: str) -> bool:
    """Whether it is an index, a pair or a future in Yahoo's writing, which is ours: ^GSPC, EURUSD=X, GC=F."""
    return symbol.startswith("^") or symbol.endswith(("=X", "=F"))


def ticker_and_mic(symbol: str, exchange: str) -> tuple[str, str]:
    """Ticker and MIC of an instrument, also where its symbol was written with Yahoo's ending (VOD.L)."""
    from market.providers.yahoo import exchanges

    known = known_exchange(exchange)
    ticker, mic = exchanges.ticker_and_mic(symbol.strip().upper())
    if mic and (not exchange or (known is not None and known.mic == mic)):
        return ticker, mic
    return marked(symbol), known.mic if known else ""


def asset_of(hit: Hit) -> Instrument:
    """What a hit would be as an instrument, without its currency where that is not certain.  Not stored."""
    currency = DOLLAR if hit.place == AMERICA else ""
    return Instrument(symbol=hit.ticker, name=hit.name[:200], asset_class=hit.asset_class, exchange=hit.exchange, currency=currency)


def names_of_hit(hit: Hit, sources: Iterable[str]) -> dict[str, str]:
    """What these sources call it: as they said, else as follows from ticker and exchange."""
    return {source: symbol for source, (symbol, _) in suggested(asset_of(hit), sources).items()} | dict(hit.symbols)


# ── what a hit is ───────────────────────────────────────────────────────────


def hit_of(source: str, found: Found, isin: str = "") -> Hit:
    """A source's hit as a listing.  `isin`: what was searched for, where that is one; the source says that this has it."""
    ticker, mic, currency = _parts(source, found)
    whole = found.asset_class in _WHOLE or found.asset_class == AssetClass.CRYPTO
    place = "" if whole else place_of(mic) or (AMERICA if _is_american(source, found) else "")
    return Hit(
        key=key_of(ticker, place, currency if whole else "", found.name.casefold() if found.asset_class == AssetClass.CRYPTO else ""),
        ticker=ticker[:32],
        place=place,
        name=found.name or ticker,
        asset_class=str(found.asset_class),
        exchange="" if whole else mic,
        currency=currency,
        isin=found.isin or isin,
        country=found.country,
        symbols=((source, found.symbol),),
    )


def _parts(source: str, found: Found) -> tuple[str, str, str]:
    """Ticker in our form, MIC, and currency where it is told."""
    symbol = found.symbol.upper()
    if found.asset_class in _WHOLE:
        return f"{symbol.replace('/', '')}=X" if "/" in symbol else symbol, "", found.currency
    if found.asset_class == AssetClass.CRYPTO:
        base, mark, quote = symbol.partition("/") if "/" in symbol else symbol.rpartition("-")
        pair = bool(mark) and len(quote) == 3
        return found.ticker or (base if pair else symbol), "", found.currency or (quote if pair else "")
    if source == "twelve_data":
        return _listed(symbol.partition(":")[0], found.exchange, found)
    if source == "alpha_vantage":
        abroad = bool(found.exchange) and "." in symbol
        return _listed(symbol.rpartition(".")[0] if abroad else symbol, found.exchange, found)
    from market.providers.yahoo import exchanges

    ticker, mic = exchanges.ticker_and_mic(symbol)
    return _listed(ticker, found.exchange or mic, found)


def _listed(ticker: str, mic: str, found: Found) -> tuple[str, str, str]:
    text = marked(ticker)
    return text.lstrip("0").zfill(4) if mic == "XHKG" and text.isdigit() else text, mic, found.currency


def _is_american(source: str, found: Found) -> bool:
    """Sources that name an exchange for every place but the United States."""
    return source in {"finnhub", "alpha_vantage"} and not found.exchange and found.asset_class in _LISTED | {AssetClass.OTHER}
