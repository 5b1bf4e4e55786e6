"""Alpha Vantage's symbols: a ticker, and behind a dot the exchange where it is not in the United States."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where a suffix is at home, and when its day ends there."""

    mic: str
    zone: str
    closes: str


AMERICA = Place("", "America/New_York", "16:00")
PLACES = {
    "LON": Place("XLON", "Europe/London", "16:30"),
    "DEX": Place("XETR", "Europe/Berlin", "17:30"),
    "FRK": Place("XFRA", "Europe/Berlin", "20:00"),
    "TRT": Place("XTSE", "America/Toronto", "16:00"),
    "TRV": Place("XTSX", "America/Toronto", "16:00"),
    "BSE": Place("XBOM", "Asia/Kolkata", "15:30"),
    "SHH": Place("XSHG", "Asia/Shanghai", "15:00"),
    "SHZ": Place("XSHE", "Asia/Shanghai", "15:00"),
    "SAO": Place("BVMF", "America/Sao_Paulo", "17:00"),
}
_SUFFIX_OF = {place.mic: suffix for suffix, place in PLACES.items()}
_AMERICAN = frozenset({"XNAS", "XNYS", "XASE", "ARCX", "BATS"})
_PAIR = re.compile(r"([A-Z0-9]{2,12})/([A-Z]{3})")


def symbol_for(ticker: str, mic: str) -> str | None:
    """The symbol of a ticker at an exchange: VOD at XLON is VOD.LON, BRK.B at XNYS stays.  None where the exchange is not had."""
    marked = ticker.strip().upper().rstrip(".").replace(" ", ".").replace("/", ".").replace("-", ".")
    if not marked or not (mic in _AMERICAN or mic in _SUFFIX_OF):
        return None
    return marked if mic in _AMERICAN else f"{marked.replace('.', '-')}.{_SUFFIX_OF[mic]}"


def place_of(symbol: str) -> Place:
    """Where it trades: what has no suffix of an exchange trades in the United States, share classes (BRK.B) too."""
    return PLACES.get(symbol.upper().rpartition(".")[2], AMERICA) if "." in symbol else AMERICA


def pair_of(symbol: str) -> tuple[str, str] | None:
    """Base and quote of a pair such as BTC/EUR; None for another symbol."""
    found = _PAIR.fullmatch(symbol.upper())
    return (found[1], found[2]) if found else None
