"""What searches at sources found: the same listing once, whatever sources call it.

Two hits are the same listing where they have one ISIN and one place, else where they have one ticker and one place; coins where ticker,
name and currency are the same.  All exchanges of the United States are one place: a ticker means one thing there, and some sources tell
no more than the country.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.core.cache import cache

from market.choices import AssetClass
from market.exchanges import known_exchange

AMERICA = "US"
ISIN_LENGTH = 12
_MARKS = str.maketrans(" /-", "...")
_KEPT, _WORKING, _AGAIN = 600, 180, 60  # seconds: what was found; a search that nobody ends; one in which a source failed


@dataclass(frozen=True, slots=True)
class Hit:
    """A listing that sources know.

    key       its name among the hits of a search; stays while further sources answer
    ticker    what the exchange calls it, a share class behind a dot (BRK.B)
    place     where it is listed: MIC, or US for every exchange there; empty for coins, indices, pairs
    exchange  MIC, where a source told one
    symbols   what each source calls it
    """

    key: str
    ticker: str
    place: str
    name: str
    asset_class: str
    exchange: str = ""
    currency: str = ""
    isin: str = ""
    country: str = ""
    symbols: tuple[tuple[str, str], ...] = ()


def marked(ticker: str) -> str:
    """A ticker in our form: capitals, the mark of a share class as a dot."""
    return ticker.strip().upper().rstrip(".").translate(_MARKS)


def spellings(ticker: str) -> set[str]:
    """All forms in which a ticker with the mark of a share class is written."""
    return {ticker} | {ticker.replace(".", mark) for mark in " /-"}


def place_of(exchange: str, currency: str = "") -> str:
    """Where an exchange is, for comparing; an instrument in dollars without one is taken to be listed in the United States."""
    known = known_exchange(exchange)
    if known is not None:
        return AMERICA if known.country == AMERICA else known.mic
    return AMERICA if not exchange and currency == "USD" else exchange.strip().upper()


def is_isin(text: str) -> bool:
    """Whether it is an ISIN whose check digit is right (ISO 6166)."""
    code = text.strip().upper()
    if not (len(code) == ISIN_LENGTH and code.isascii() and code.isalnum() and code[:2].isalpha() and code[-1].isdigit()):
        return False
    digits = [int(digit) for sign in code for digit in str(int(sign, 36))]
    doubled = [digit * 2 if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(digit // 10 + digit % 10 for digit in doubled) % 10 == 0


def merged(found: Iterable[Hit]) -> tuple[Hit, ...]:
    """Each listing once, in the order in which it was found first; what one source does not tell is taken from the next."""
    kept: list[Hit] = []
    places: dict[tuple[str, ...], int] = {}
    for hit in found:
        names = _names(hit)
        known = next((places[name] for name in names if name in places), None)
        if known is not None and _differ(kept[known], hit):
            known = None
        if known is None:
            kept.append(hit)
            known = len(kept) - 1
        else:
            kept[known] = _joined(kept[known], hit)
        for name in names:
            places.setdefault(name, known)
    return tuple(kept)


def _names(hit: Hit) -> list[tuple[str, ...]]:
    """By what a hit is the same as another, the surest first."""
    if hit.asset_class == AssetClass.CRYPTO:
        return [("coin", hit.ticker, plain(hit.name), hit.currency)]
    by_ticker = ("at", hit.ticker, hit.place)
    return [("isin", hit.isin, hit.place), by_ticker] if hit.isin else [by_ticker]


def _differ(one: Hit, other: Hit) -> bool:
    """A ticker that means two things: their ISINs are told, and are not the same."""
    return bool(one.isin and other.isin and one.isin != other.isin)


def _joined(first: Hit, next_one: Hit) -> Hit:
    told = {name: getattr(first, name) or getattr(next_one, name) for name in ("exchange", "currency", "isin", "country")}
    if first.asset_class == AssetClass.OTHER:
        told["asset_class"] = next_one.asset_class
    symbols = dict(next_one.symbols) | dict(first.symbols)
    return replace(first, **told, symbols=tuple(sorted(symbols.items())))


def plain(name: str) -> str:
    """A coin's name for comparing: “Bitcoin USD” is Bitcoin."""
    words = name.casefold().split()
    return " ".join(words[:-1] if len(words) > 1 and len(words[-1]) == 3 and words[-1] in {"usd", "eur", "gbp"} else words)


def key_of(*parts: str) -> str:
    return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


# ── a search that is on its way, in the shared cache ────────────────────────


@dataclass(slots=True)
class Looked:
    """How far a search at sources is.  `waiting`: names of those that have not answered; `failed`: why, by name."""

    waiting: list[str] = field(default_factory=list)
    hits: tuple[Hit, ...] = ()
    failed: dict[str, str] = field(default_factory=dict)


def tidy(text: str) -> str:
    """The text of a search as it is asked for."""
    return " ".join(text.split())[:80]


def looked(text: str) -> Looked | None:
    """How far the search for this text is; None where nobody began one in the last minutes."""
    found = cache.get(_place(text))
    return _read(found) if isinstance(found, Mapping) else None


def begin(text: str, sources: Sequence[str]) -> bool:
    """Marks a search as begun; false where it was already."""
    return bool(cache.add(_place(text), _written(Looked(list(sources))), timeout=_WORKING))


def note(text: str, state: Looked) -> None:
    """Keeps what is there by now.  A search in which a source failed may soon be begun again."""
    cache.set(_place(text), _written(state), timeout=_WORKING if state.waiting else _AGAIN if state.failed else _KEPT)


def _place(text: str) -> str:
    return f"looked:{key_of(tidy(text).casefold())}"


def _written(state: Looked) -> dict[str, Any]:
    rows = [[getattr(hit, name) for name in Hit.__slots__] for hit in state.hits]
    return {"waiting": state.waiting, "hits": rows, "failed": state.failed}


def _read(found: Mapping[str, Any]) -> Looked:
    return Looked(list(found["waiting"]), tuple(Hit(*row) for row in found["hits"]), dict(found["failed"]))
