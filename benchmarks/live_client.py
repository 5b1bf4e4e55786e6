"""The other end of many sockets, in one process: what `bench_live` measures with.

Started with a JSON description as its one argument.  It opens all sockets, prints `ready`, counts until a line comes in on its
standard input, and prints what it saw as one JSON object.  Prices hold the moment they were made (seconds of the monotonic clock,
which all processes of a machine share), so that a message tells its own age.

Frames are read by hand: a client library costs more than the server that is measured.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import os
import random
import re
import resource
import socket
import struct
import sys
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

OLDEST = 2.0  # seconds that a shown price may be old
LOOK = 0.5  # seconds between looks at what is shown
AT_ONCE = 100  # sockets opened at a time
PATIENCE = 30.0  # seconds that a socket may take from its first byte to its first snapshot; then it tries again
LATEST_BACK = 300.0  # seconds after a restart in which all are waited for
_QUOTE = re.compile(rb'"symbol":"B(\d+)","price":"([\d.]+)"')
_PUSHED = re.compile(rb'"t": ?(\d+)')


@dataclass
class Seen:
    """What came in since counting began."""

    counting: bool = False
    ages: list[float] = field(default_factory=list)
    frames: int = 0
    bytes: int = 0
    shown: int = 0
    old: int = 0


class Peer(asyncio.Protocol):
    """One socket: handshake, first messages, then whatever comes."""

    def __init__(self, work: Work, number: int) -> None:
        self.work, self.number = work, number
        self.transport: Any = None
        self._buffer = b""
        self._upgraded = False
        self._waiting: Any = None
        self.there = False
        self.slow = number < work.asked.get("never_read", 0)

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._waiting = asyncio.get_running_loop().call_later(PATIENCE, transport.abort)
        if self.slow:
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET {self.work.asked['path']} HTTP/1.1\r\nHost: 127.0.0.1:{self.work.asked['port']}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head:
                self.transport.abort()
                return
            self._upgraded, self._buffer = True, rest
            for message in self.work.first_messages(self.number):
                self.transport.write(masked(message))
            if not self.work.asked.get("tokens"):
                self._arrived()
        self._frames()

    def _frames(self) -> None:
        buffer, place = self._buffer, 0
        while len(buffer) - place >= 2:
            opcode, length, begin = buffer[place] & 15, buffer[place + 1] & 127, place + 2
            if length == 126:
                if len(buffer) - place < 4:
                    break
                (length,), begin = struct.unpack_from(">H", buffer, place + 2), place + 4
            elif length == 127:
                if len(buffer) - place < 10:
                    break
                (length,), begin = struct.unpack_from(">Q", buffer, place + 2), place + 10
            if len(buffer) < begin + length:
                break
            self._frame(opcode, buffer[begin : begin + length])
            place = begin + length
        self._buffer = buffer[place:]

    def _frame(self, opcode: int, payload: bytes) -> None:
        if opcode == 9:
            self.transport.write(masked(payload, opcode=10))
        elif opcode == 1:
            self.work.heard(self.number, payload)
            if not self.there and b'"type":"snapshot"' in payload:
                self._arrived()

    def _arrived(self) -> None:
        self.there = True
        self._waiting.cancel()
        self.work.tries.pop(self.number, None)  # as the page's script does
        self.work.arrived()
        if self.slow:
            self.transport.pause_reading()

    def connection_lost(self, _: Exception | None) -> None:
        self._waiting.cancel()
        self.work.lost(self)


def masked(payload: bytes, opcode: int = 1) -> bytes:
    """A frame as a client sends it, under the mask of zeros."""
    length = len(payload)
    head = bytes([128 | opcode, 128 | length]) if length < 126 else bytes([128 | opcode, 128 | 126]) + struct.pack(">H", length)
    return head + b"\0\0\0\0" + payload


class Work:
    """All sockets.  `asked`: port, path, sockets, tokens, symbols, subscriptions, never_read, back (whether to come back)."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked, self.seen = asked, Seen()
        self.present = 0
        self.all_there = asyncio.Event()
        self.tries: dict[int, int] = {}
        self.ending = False
        many, each = asked["sockets"], asked.get("subscriptions", 0)
        chance = random.Random(7)
        symbols = range(asked.get("symbols", 0))
        self.wanted = [chance.sample(symbols, each) for _ in range(many)] if each else [[] for _ in range(many)]
        self.place = [{symbol: place for place, symbol in enumerate(wanted)} for wanted in self.wanted]
        self.newest = np.zeros((many, max(each, 1)))

    def first_messages(self, number: int) -> list[bytes]:
        tokens = self.asked.get("tokens")
        if not tokens:
            return []
        channel = "quotes:" + ",".join(f"B{symbol}" for symbol in self.wanted[number])
        return [
            json.dumps({"type": "auth", "token": tokens[number % len(tokens)]}).encode(),
            json.dumps({"type": "subscribe", "channels": [channel]}).encode(),
        ]

    def heard(self, number: int, payload: bytes) -> None:
        now, seen = time.monotonic(), self.seen
        newest = 0.0
        if self.asked.get("tokens"):
            place, row = self.place[number], self.newest[number]
            for symbol, price in _QUOTE.findall(payload):
                made = float(price)
                row[place[int(symbol)]] = made
                newest = max(newest, made)
        elif found := _PUSHED.search(payload):
            newest = int(found[1]) / 1e9
        if seen.counting:
            seen.frames += 1
            seen.bytes += len(payload)
            if newest:
                seen.ages.append(now - newest)

    def arrived(self) -> None:
        self.present += 1
        if self.present == self.asked["sockets"]:
            self.all_there.set()

    def lost(self, peer: Peer) -> None:
        if peer.there:
            self.present -= 1
            self.all_there.clear()
        if self.ending or peer.slow:
            return
        tries = self.tries.get(peer.number, 0)
        self.tries[peer.number] = tries + 1
        asyncio.get_running_loop().call_later(random.random() * min(30.0, 2.0**tries), self._again, peer.number)

    def _again(self, number: int) -> None:
        asyncio.ensure_future(self.open(number))  # noqa: RUF006  (it keeps itself alive by its connection)

    async def open(self, number: int) -> None:
        peer = Peer(self, number)
        try:
            await asyncio.get_running_loop().create_connection(lambda: peer, "127.0.0.1", self.asked["port"])
        except OSError:
            self.lost(peer)

    async def look(self) -> None:
        """Every half second: how many of the shown prices are too old."""
        readers = slice(self.asked.get("never_read", 0), None)
        while True:
            await asyncio.sleep(LOOK)
            if self.seen.counting and self.asked.get("tokens"):
                age = time.monotonic() - self.newest[readers]
                self.seen.shown += age.size
                self.seen.old += int((age > OLDEST).sum())

    def told(self) -> dict[str, Any]:
        ages = np.sort(self.seen.ages) * 1000 if self.seen.ages else np.zeros(1)
        at = lambda share: float(ages[min(len(ages) - 1, int(share * len(ages)))])  # noqa: E731
        return {
            "frames": self.seen.frames,
            "bytes": self.seen.bytes,
            "p50": at(0.5),
            "p99": at(0.99),
            "max": float(ages[-1]),
            "fresh": 1.0 if not self.seen.shown else 1 - self.seen.old / self.seen.shown,
            "present": self.present,
        }


async def lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def main() -> None:
    asked = json.loads(sys.argv[1])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(20000, most), most))
    work, told, begin = Work(asked), await lines(), time.monotonic()
    for first in range(0, asked["sockets"], AT_ONCE):
        await asyncio.gather(*(work.open(number) for number in range(first, min(first + AT_ONCE, asked["sockets"]))))
        while work.present < first - 4 * AT_ONCE:  # a crowd at the door is the measurement of the restart, not of the others
            await asyncio.sleep(0.01)
    await work.all_there.wait()
    print(json.dumps({"ready": time.monotonic() - begin}), flush=True)
    looking = asyncio.create_task(work.look())
    while word := (await told.readline()).decode().strip():
        if word == "count":
            work.seen = Seen(counting=True)
        elif word == "tell":
            work.seen.counting = False
            print(json.dumps(work.told()), flush=True)
        elif word == "back":
            begin = time.monotonic()
            while work.present == asked["sockets"] and time.monotonic() - begin < LATEST_BACK:
                await asyncio.sleep(0.01)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(work.all_there.wait(), LATEST_BACK)
            print(json.dumps({"back": time.monotonic() - begin, "present": work.present}), flush=True)
        elif word == "end":
            break
    work.ending = True
    looking.cancel()


if __name__ == "__main__":
    try:
        import uvloop

        uvloop.run(main())
    except ImportError:
        asyncio.run(main())
