"""Yahoo's stream of prices: protocol buffers in base64 inside a frame of JSON."""

from __future__ import annotations

import base64
import json
import struct

from tests.emulator.formats import Ask, Socket
from tests.emulator.things import Security


def stream(ask: Ask, socket: Socket) -> None:
    """After each subscription, and all the time while the world's clock runs, the newest price of all that were subscribed to."""
    wanted: dict[str, Security] = {}
    while True:
        message = socket.receive(timeout=0.05)
        if message is not None:
            told = json.loads(message)
            for symbol in told.get("unsubscribe", []):
                wanted.pop(symbol, None)
            wanted |= {symbol: security for symbol in told.get("subscribe", []) if (security := ask.security(symbol))}
        if message is not None or ask.world.clock.speed:
            for security in wanted.values():
                socket.send({"type": "pricing", "message": base64.b64encode(pricing(ask, security)).decode()})


def pricing(ask: Ask, security: Security) -> bytes:
    """A message with the fields that a price needs."""
    quote = ask.quote(security)
    return b"".join(
        (
            _text(1, security.symbol),
            _float(2, float(quote.price / security.factor)),
            _number(3, 2 * int(quote.at.timestamp()) * 1000),  # zigzag: twice the number
            _text(4, security.unit),
            _text(5, security.exchange.code),
            _number(7, 1 if quote.open_now else 2),
            _number(9, 2 * quote.volume),
            _float(16, float(quote.previous_close / security.factor)),
            _number(27, 2 * security.plan.places),
        )
    )


def _varint(value: int) -> bytes:
    sent = bytearray()
    while value >= 0x80:
        sent.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*sent, value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _text(field: int, value: str) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value.encode())) + value.encode()


def _float(field: int, value: float) -> bytes:
    return _varint(field << 3 | 5) + struct.pack("<f", value)
