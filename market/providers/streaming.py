"""Prices as they happen, over a websocket: connections made anew, what is watched asked for again, and time that never goes back.

A source's stream says where it connects, what it sends to join and to leave, and what a message tells.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException

from market.providers.base import SymbolQuote
from market.providers.failures import BadAnswer, Failure, NotConfigured, PlanRestricted, ProviderFailed, Throttled, Unreachable
from market.providers.web import PAUSE, Reply

LARGEST = 512 * 1024  # bytes of a message
_quiet = logging.getLogger("market.providers.streaming.websocket")
_quiet.setLevel(logging.WARNING)  # its lines below that hold the address, and an address may hold a key

Rest = Callable[[int, Failure], Awaitable[None]]


@dataclass(slots=True)
class PriceStream(ABC):
    """Newest prices of some symbols.

        stream = FinnhubStream(key)
        await stream.watch({"AAPL", "MSFT"})           # at any time, also while connected
        async for quotes in stream.quotes(rest): ...   # one batch a message

    `rest(failures, failure)` is awaited before each new attempt, with the number of failures in a row: it waits, with a growing and
    jittered pause and not less than `failure.retry_after`, or raises in order to give up.  The count begins anew with each message
    that brings prices.

    silence    seconds without a message after which a connection is taken for dead
    dropped    prices older than what was told already, and messages that could not be read
    since      when the connection was made; None while there is none
    heard      when the last message came
    """

    key: str = field(default="", repr=False)
    base: str = ""  # of the emulator; the source's own where it is empty
    silence: float = 0.0  # the source's own where it is 0
    dropped: int = 0
    since: datetime | None = None
    heard: datetime | None = None
    _wanted: set[str] = field(default_factory=set)
    _newest: dict[str, datetime] = field(default_factory=dict)
    _open: ClientConnection | None = None

    TITLE: ClassVar[str]
    MOST: ClassVar[int]  # symbols at once
    SILENCE: ClassVar[float]
    AGAIN: ClassVar[float] = 0.0  # seconds after which what is watched must be asked for again; 0: never

    @abstractmethod
    def address(self) -> str:
        """Where it connects."""

    @abstractmethod
    def joins(self, symbols: Sequence[str]) -> Iterable[str]:
        """What is sent to hear of these."""

    @abstractmethod
    def leaves(self, symbols: Sequence[str]) -> Iterable[str]:
        """What is sent to hear of these no longer."""

    @abstractmethod
    def told(self, message: bytes) -> Iterable[SymbolQuote]:
        """What a message tells.  Raises BadAnswer for what is no message; any other failure ends the connection."""

    async def watch(self, symbols: Iterable[str]) -> None:
        """These from now on, and no others.  Raises PlanRestricted for more than the source allows, and then changes nothing."""
        wanted = set(symbols)
        if len(wanted) > self.MOST:
            raise PlanRestricted(f"{self.TITLE} streams at most {self.MOST} symbols; {len(wanted)} were asked for.")
        gone, new = self._wanted - wanted, wanted - self._wanted
        self._wanted = wanted
        for symbol in gone:
            self._newest.pop(symbol, None)
        if self._open is not None:
            # leaving comes first: there may be room for so many only.  On a connection that has just ended nothing is said:
            # the next one begins with all that is wanted
            with contextlib.suppress(WebSocketException):
                await self._say(self._open, self.leaves(sorted(gone)) if gone else ())
                await self._say(self._open, self.joins(sorted(new)) if new else ())

    async def quotes(self, rest: Rest) -> AsyncGenerator[tuple[SymbolQuote, ...], None]:
        """Batches of newest prices until `rest` raises, with connections made anew.

        Raises NotConfigured where the key is refused and PlanRestricted where it does not buy this: no new attempt would help.
        """
        failures = 0
        while True:
            try:
                async with contextlib.aclosing(self._connection()) as batches:
                    async for batch in batches:
                        failures = 0
                        yield batch
            except (NotConfigured, PlanRestricted):
                raise
            except ProviderFailed as problem:
                failure = problem.failure
            failures += 1
            await rest(failures, failure)

    async def _connection(self) -> AsyncGenerator[tuple[SymbolQuote, ...], None]:
        """Batches of one connection.  Ends by raising."""
        repeating: asyncio.Task[None] | None = None
        try:
            async with connect(self.address(), max_size=LARGEST, open_timeout=10, close_timeout=2, logger=_quiet) as socket:
                self._open, self.since = socket, datetime.now(UTC)
                with contextlib.suppress(WebSocketException):  # who is refused at once may still be told why: that is read below
                    await self._join_all(socket)
                repeating = asyncio.create_task(self._repeat(socket)) if self.AGAIN else None
                while True:
                    async with asyncio.timeout(self.silence or self.SILENCE):  # not wait_for, which may swallow a cancellation up to 3.11
                        message = await socket.recv()
                    self.heard = datetime.now(UTC)
                    if batch := self._fresh(self._read(message)):
                        yield batch
        except InvalidStatus as problem:
            raise self._refused(problem.response.status_code, dict(problem.response.headers.raw_items())) from None
        except TimeoutError:
            raise Unreachable(f"{self.TITLE}'s stream has fallen silent.") from None
        except (WebSocketException, OSError) as problem:
            raise Unreachable(f"{self.TITLE}'s stream ended ({type(problem).__name__}).") from None
        finally:
            self._open = self.since = None
            if repeating is not None:
                repeating.cancel()

    async def _repeat(self, socket: ClientConnection) -> None:
        """Until the connection ends, which its reader says."""
        with contextlib.suppress(WebSocketException):
            while True:
                await asyncio.sleep(self.AGAIN)
                await self._join_all(socket)

    async def _join_all(self, socket: ClientConnection) -> None:
        await self._say(socket, self.joins(sorted(self._wanted)) if self._wanted else ())

    async def _say(self, socket: ClientConnection, frames: Iterable[str]) -> None:
        for frame in frames:
            await socket.send(frame)

    def _read(self, message: str | bytes) -> Iterable[SymbolQuote]:
        try:
            return self.told(message if isinstance(message, bytes) else message.encode())
        except BadAnswer:
            self.dropped += 1
            return ()

    def _fresh(self, quotes: Iterable[SymbolQuote]) -> tuple[SymbolQuote, ...]:
        """Those that are wanted and not older than what was told of their symbol, also before a reconnection."""
        fresh = []
        for quote in quotes:
            if quote.symbol not in self._wanted:
                continue
            if (known := self._newest.get(quote.symbol)) and quote.as_of < known:
                self.dropped += 1
                continue
            self._newest[quote.symbol] = quote.as_of
            fresh.append(quote)
        return tuple(fresh)

    def _refused(self, status: int, headers: dict[str, str]) -> ProviderFailed:
        """By the status of the handshake; 429 where the key has a connection already."""
        if status in {401, 403}:
            return NotConfigured(f"{self.TITLE} refuses the key." if self.key else f"{self.TITLE}'s stream refuses us.")
        if status == 429:
            lower = {name.lower(): value for name, value in headers.items()}
            pause = Reply(status, "", b"", lower).retry_after() or PAUSE
            return Throttled(f"{self.TITLE}'s stream was opened too often.", retry_after=pause)
        return Unreachable(f"{self.TITLE}'s stream did not open (status {status}).")
