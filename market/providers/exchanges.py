"""Exchanges as sources write them, as ISO 10383 MIC of the whole exchange."""

from __future__ import annotations

from market.exchanges import known_exchange
from market.providers.reading import token

# how long names begin, in capitals; the first that fits counts.  Short ones are in market/exchanges.py
_NAMES = (
    ("NASDAQ OMX", ""),  # the Nordic ones: several exchanges
    ("NASDAQ", "XNAS"),
    ("NEW YORK STOCK EXCHANGE", "XNYS"),
    ("NYSE ARCA", "ARCX"),
    ("NYSE MKT", "XASE"),
    ("NYSE AMERICAN", "XASE"),
    ("BATS", "BATS"),
    ("CBOE BZX", "BATS"),
    ("OTC", "OTCM"),
    ("XETRA", "XETR"),
    ("TORONTO STOCK EXCHANGE", "XTSE"),
    ("TOKYO STOCK EXCHANGE", "XTKS"),
    ("HONG KONG EXCHANGES", "XHKG"),
    ("SIX SWISS EXCHANGE", "XSWX"),
)
# segments of an exchange that have a code of their own
_SEGMENTS = {"XNGS": "XNAS", "XNMS": "XNAS", "XNCM": "XNAS", "PINX": "OTCM", "OTCB": "OTCM", "OTCQ": "OTCM", "PSGM": "OTCM", "XLOM": "XLON"}


def mic_of_name(name: object) -> str:
    """The MIC of an exchange such as "NASDAQ NMS - GLOBAL MARKET" or "NYSE"; empty where that is not certain."""
    written = name.strip().upper() if isinstance(name, str) else ""
    if known := known_exchange(written):
        return known.mic
    return next((mic for begin, mic in _NAMES if written.startswith(begin)), "")


def whole_exchange(mic: object) -> str:
    """The MIC of the exchange that a segment's belongs to (XNGS: XNAS); any other as it is."""
    code = token(mic, 4).upper()
    return _SEGMENTS.get(code, code if len(code) == 4 and code.isalnum() else "")
