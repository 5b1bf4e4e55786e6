"""Finnhub's trades as they happen, over a websocket.  https://finnhub.io/docs/api/websocket-trades

One connection a key, at most 50 symbols.  The key goes in the address, as Finnhub wants it: no line of a log and no error holds it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from market.choices import Quality
from market.providers.base import SymbolQuote
from market.providers.failures import NotConfigured, PlanRestricted, ProviderFailed, Unreachable
from market.providers.reading import epoch, fields, items, price
from market.providers.streaming import PriceStream
from market.providers.web import Reply

BASE = "wss://ws.finnhub.io"


@dataclass(frozen=True, slots=True)
class Frame:
    """What one message told: the newest trade of each symbol in it, or what is wrong."""

    quotes: tuple[SymbolQuote, ...] = ()
    error: str = ""


@dataclass(slots=True)
class FinnhubStream(PriceStream):
    """Newest trades.  A trade tells no currency and no close of the day before."""

    TITLE: ClassVar[str] = "Finnhub"
    MOST: ClassVar[int] = 50  # symbols of a free key
    SILENCE: ClassVar[float] = 150.0  # a connection that is alive has a ping at least every minute

    def address(self) -> str:
        return f"{self.base or BASE}?{urlencode({'token': self.key})}"

    def joins(self, symbols: Sequence[str]) -> Iterable[str]:
        return [json.dumps({"type": "subscribe", "symbol": symbol}) for symbol in symbols]

    def leaves(self, symbols: Sequence[str]) -> Iterable[str]:
        return [json.dumps({"type": "unsubscribe", "symbol": symbol}) for symbol in symbols]

    def told(self, message: bytes) -> Iterable[SymbolQuote]:
        frame = read(message)
        if frame.error:
            raise _problem(frame.error)
        return frame.quotes


def read(message: bytes) -> Frame:
    """What a message tells.  Times are milliseconds; of several trades of a symbol the newest counts, and of equals the last.

    Raises BadAnswer for what is no message of Finnhub's.
    """
    told = fields(Reply(200, "a message", message).json())
    if told.get("type") == "error":
        return Frame(error=str(told.get("msg") or "an error without a word")[:200])
    if told.get("type") != "trade":
        return Frame()  # a ping, or a kind that came later
    newest: dict[str, SymbolQuote] = {}
    for row in items(told.get("data")):
        quote = _trade(fields(row))
        if quote and (quote.symbol not in newest or quote.as_of >= newest[quote.symbol].as_of):
            newest[quote.symbol] = quote
    return Frame(tuple(newest.values()))


def _trade(row: dict[str, Any]) -> SymbolQuote | None:
    value, stamp, symbol = price(row.get("p")), row.get("t"), row.get("s")
    if value is None or not isinstance(symbol, str) or isinstance(stamp, bool) or not isinstance(stamp, int):
        return None
    return SymbolQuote(symbol, value, epoch(Decimal(stamp) / 1000), Quality.LIVE)


def _problem(said: str) -> ProviderFailed:
    words = said.lower()
    if "api key" in words or "token" in words:
        return NotConfigured("Finnhub refuses the key.")
    if "too many symbols" in words or "access" in words:
        return PlanRestricted("Finnhub's stream does not give so many symbols to the key.")
    return Unreachable("Finnhub's stream told of an error.")
