"""Messages of Yahoo's stream of prices: protocol buffers in base64, since version 2 inside a frame of JSON.

Only the few fields that a price needs are read, by their numbers; the wire format is that of developers.google.com/protocol-buffers.
"""

from __future__ import annotations

import base64
import binascii
import json
import struct
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from market.providers import reading
from market.providers.base import SymbolQuote
from market.providers.failures import BadAnswer, NoData
from market.providers.yahoo.numbers import Unit, single

ADDRESS = "wss://streamer.finance.yahoo.com/?version=2"
AGAIN = 15  # seconds after which a subscription must be sent again
_LONGEST = 16 * 1024  # characters of a frame
_ID, _PRICE, _TIME, _CURRENCY, _HOURS, _VOLUME, _BEFORE, _HINT, _CAP = 1, 2, 3, 4, 7, 9, 16, 27, 33
_REGULAR = 1  # of market hours: 0 before them, 2 after, 3 at night


def subscription(symbols: Sequence[str]) -> str:
    """The frame that asks for these symbols."""
    return json.dumps({"subscribe": list(symbols)})


def quote_in(frame: str) -> SymbolQuote | None:
    """The price in a frame; None for a frame of another kind.  Raises BadAnswer, or NoData for a message without a price."""
    message = _message(frame)
    if message is None:
        return None
    told = dict(_fields(message))
    symbol = _text(told.get(_ID))
    unit = Unit.of({"currency": _text(told.get(_CURRENCY)), "priceHint": _signed(told[_HINT]) if _HINT in told else None})
    at = _signed(told.get(_TIME, 0))
    price = _price(told.get(_PRICE), unit)
    if not symbol or price is None or not at:
        raise NoData("Yahoo sent a message without a price.")
    return SymbolQuote(
        symbol,
        price,
        reading.epoch(Decimal(at) / 1000),
        "live" if told.get(_HOURS) == _REGULAR else "close",
        _price(told.get(_BEFORE), unit),
        reading.count(_signed(told.get(_VOLUME, 0))) or None,
        unit.currency,
        unit.factor,
        market_cap=_cap(told.get(_CAP)),
    )


def _message(frame: str) -> bytes | None:
    if len(frame) > _LONGEST:
        raise BadAnswer("Yahoo sent a frame that is too long.")
    packed = frame
    if frame.lstrip().startswith("{"):
        try:
            told = reading.fields(json.loads(frame))
        except ValueError:
            raise BadAnswer("Yahoo sent a frame of broken JSON.") from None
        if told.get("type") != "pricing":
            return None
        packed = str(told.get("message") or "")
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError):
        raise BadAnswer("Yahoo sent a frame that is no base64.") from None


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Numbers of fields with what is in them: whole numbers as they are, all else as bytes.  Raises BadAnswer."""
    at = 0
    while at < len(message):
        key, at = _varint(message, at)
        kind = key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield key >> 3, value
            continue
        if kind == 2:
            length, at = _varint(message, at)
        elif kind in {1, 5}:
            length = 8 if kind == 1 else 4
        else:
            raise BadAnswer("Yahoo sent a message of an unknown form.")
        if at + length > len(message):
            raise BadAnswer("Yahoo sent half a message.")
        yield key >> 3, message[at : at + length]
        at += length


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise BadAnswer("Yahoo sent half a message.")
        byte = message[at]
        value, at = value | (byte & 0x7F) << shift, at + 1
        if byte < 0x80:
            return value, at
    raise BadAnswer("Yahoo sent a number of too many bytes.")


def _signed(value: Any) -> int:
    """A zigzag number: 0, −1, 1, −2 … are sent as 0, 1, 2, 3 …"""
    return (value >> 1) ^ -(value & 1) if isinstance(value, int) else 0


def _text(value: Any) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""


def _price(value: Any, unit: Unit) -> Decimal | None:
    if not isinstance(value, bytes) or len(value) != 4:
        return None
    found: float = struct.unpack("<f", value)[0]
    return unit.price(single(found)) if found == found and abs(found) != float("inf") else None


def _cap(value: Any) -> Decimal | None:
    if not isinstance(value, bytes) or len(value) != 8:
        return None
    found: float = struct.unpack("<d", value)[0]
    return reading.price(Decimal(repr(found))) if found == found and 0 < found < 1e19 else None
