"""Sectors and countries in one form, whatever a source calls them, and names without the padding that sources leave in them."""

from __future__ import annotations

import re
from functools import lru_cache

from babel import Locale

_SECTORS = {
    "Basic materials": "basic materials|materials",
    "Communication services": "communication services|communications|communication|telecommunication services",
    "Consumer discretionary": "consumer discretionary|consumer cyclical|consumer cyclicals",
    "Consumer staples": "consumer staples|consumer defensive|consumer non cyclicals",
    "Energy": "energy",
    "Financials": "financials|financial services|financial|finance",
    "Health care": "health care|healthcare|life sciences",
    "Industrials": "industrials|industrial",
    "Real estate": "real estate|realestate",
    "Technology": "technology|information technology",
    "Utilities": "utilities|utility",
}
_SECTOR_OF = {other: name for name, others in _SECTORS.items() for other in others.split("|")}
# names that sources use, and the Unicode list writes otherwise
_COUNTRIES = {
    "usa": "US", "uk": "GB", "czech republic": "CZ", "hong kong": "HK", "macau": "MO", "macao": "MO", "turkey": "TR", "korea": "KR", "curacao": "CW",
    "republic of korea": "KR", "russian federation": "RU", "viet nam": "VN", "ivory coast": "CI",
}  # fmt: skip
_NO_NAME = frozenset({"", "-", "none", "null", "n/a", "other", "others", "unknown"})
LONGEST_SECTOR, LONGEST_NAME = 60, 200  # characters
# what registers and sources put behind a company's name, and no text about it does
_LEGAL = re.compile(
    r"[\s,]+(?:&\s*Co\.?|and\s+Company|Company|Co\.?|Corporation|Corp\.?|Incorporated|Inc\.?|Limited|Ltd\.?|Public\s+Limited\s+Company|PLC|P\.L\.C\.|LLC|L\.P\."
    r"|AG|SE|SA|S\.A\.|N\.?V\.?|S\.?p\.?A\.?|A/S|ASA|AB|Oyj|KGaA|GmbH|Aktiengesellschaft|Soci[ée]t[ée]\s+Europ[ée]enne|Class\s+[A-C]|Common\s+Stock"
    r"|Ordinary\s+Shares|ADR|ADS|\((?:The|Acc|Dist|publ)\))\s*\Z",
    re.IGNORECASE,
)


def sector(text: object) -> str:
    """The sector's one name; one that is not known stays as it is, in the manner of the others; empty for none."""
    words = " ".join(_line(text).replace("_", " ").replace("-", " ").split()).casefold()
    if words in _NO_NAME:
        return ""
    return _SECTOR_OF.get(words, words[:1].upper() + words[1:LONGEST_SECTOR])


def country(text: object) -> str:
    """ISO 3166-1 alpha-2 of a country's English name or code; empty where it is not known."""
    name = _line(text).casefold()
    return _COUNTRIES.get(name) or _countries().get(name, "")


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    codes = {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha() and code not in {"EU", "UN", "ZZ"}}
    return {name.casefold(): code for code, name in codes.items()} | {code.casefold(): code for code in codes}


def plain_name(*candidates: object) -> str:
    """The first that is a name, without the padding and stray quotes that sources leave in it; empty where none is."""
    for candidate in candidates:
        name = _line(candidate).strip(" \",'")
        if name.casefold() not in _NO_NAME:
            return name[:LONGEST_NAME]
    return ""


def search_name(name: str) -> str:
    """What texts call a company: its name without its legal form ("Apple" of "Apple Inc."); empty where that would find everything."""
    short = _line(name)
    while (left := _LEGAL.sub("", short).strip(" ,")) != short and left:
        short = left
    short = re.sub(r"\AThe\s+", "", short, flags=re.IGNORECASE)
    return short if len(short) > 2 else ""


def _line(text: object) -> str:
    """Text on one line without signs that are not seen; empty for what is no text."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text[:1_000]).split()) if isinstance(text, str) else ""
