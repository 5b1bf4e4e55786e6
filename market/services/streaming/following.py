"""Following streams of prices: one connection for each source, and once a second the newest price of each instrument is stored.

The loop only listens.  What touches the database or the cache is done aside, on one thread, and may fail: the newest prices are then
kept for the next second, and no failure of ours or of a source ends the whole.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, TypeVar

from django.db import close_old_connections, connections
from django.utils import timezone

from market.providers.base import SymbolQuote
from market.providers.failures import Failure, FailureKind, NotConfigured, PlanRestricted
from market.providers.streaming import PriceStream
from market.services.refreshing import Openings, take_quotes
from market.services.streaming.choosing import symbols_to_follow
from market.services.streaming.told import StreamState, tell_state
from portfolio_site.kernel.errors import DomainError

log = logging.getLogger(__name__)
STORE_EVERY, CHOOSE_EVERY, TELL_EVERY = 1.0, 60.0, 10.0  # seconds
SHORTEST, LONGEST = 1.0, 300.0  # seconds of a pause between two attempts
QUIET = timedelta(minutes=1)  # a price in doubt is asked for elsewhere once in this time
Done = TypeVar("Done")


@dataclass(slots=True)
class Followed:
    """One source's stream.  room: symbols that it takes; less than it promises after it refused so many."""

    stream: PriceStream
    room: int
    symbols: dict[str, int] = field(default_factory=dict)  # with the instruments that they mean
    pending: dict[int, SymbolQuote] = field(default_factory=dict)  # the newest by instrument, not stored yet
    failure: Failure | None = None
    failed_at: datetime | None = None
    ended: bool = False

    def state(self) -> StreamState:
        detail = "" if self.failure is None else self.failure.detail
        return StreamState(self.stream.since, len(self.symbols), self.stream.heard, self.failed_at, detail, self.ended)

    def failed(self, failure: Failure) -> None:
        self.failure, self.failed_at = failure, timezone.now()


@dataclass(slots=True)
class Streaming:
    """Follows streams until it is cancelled.

    every    seconds between two times of storing
    choose   seconds between two looks at what is to be followed
    pause    seconds before the second attempt; each further one waits twice as long, up to five minutes
    """

    streams: Mapping[str, PriceStream]
    every: float = STORE_EVERY
    choose: float = CHOOSE_EVERY
    pause: float = SHORTEST
    followed: dict[str, Followed] = field(init=False)
    _quiet: dict[int, datetime] = field(default_factory=dict)
    _aside: ThreadPoolExecutor = field(init=False)

    def __post_init__(self) -> None:
        self.followed = {name: Followed(stream, stream.MOST) for name, stream in self.streams.items()}
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="stream")

    async def run(self) -> None:
        """Ends by being cancelled."""
        log.info("stream.started", extra={"sources": list(self.followed)})
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._every(self.choose, self._choose))
                group.create_task(self._every(self.every, self._store))
                group.create_task(self._every(TELL_EVERY, self._tell))
                for name in self.followed:
                    group.create_task(self._follow(name))
        finally:
            self._aside.submit(connections.close_all)
            self._aside.shutdown(wait=False)
            log.info("stream.ended")

    async def _every(self, seconds: float, work: Callable[[], Any]) -> None:
        """Again and again, whatever comes of it: a database or a Redis that is away comes back."""
        while True:
            try:
                await work()
            except Exception as problem:
                log.warning("stream.put_off", extra={"what": work.__name__, "problem": repr(problem)})
            await asyncio.sleep(seconds)

    # ── what is followed ────────────────────────────────────────────────────

    async def _choose(self) -> None:
        room = {name: one.room for name, one in self.followed.items() if not one.ended}
        for name, symbols in (await self._do(partial(symbols_to_follow, room, timezone.now()))).items():
            self.followed[name].symbols = symbols
            await self.followed[name].stream.watch(symbols)

    # ── what is told ────────────────────────────────────────────────────────

    async def _follow(self, name: str) -> None:
        """One source, until its key is refused: no new attempt would help before the settings change."""
        one, failures = self.followed[name], 0
        while not one.ended:
            if not one.symbols:
                await asyncio.sleep(self.every)
                continue
            try:
                await self._listen(one)
            except NotConfigured as problem:
                one.failed(problem.failure)
                one.ended = True
            except PlanRestricted as problem:  # fewer symbols may be what the key buys
                failures += 1
                one.room = len(one.symbols) // 2
                one.ended = one.room == 0
                one.symbols = dict(list(one.symbols.items())[: one.room])
                await one.stream.watch(one.symbols)
                await self._rest(one, failures, problem.failure)
            except Exception as problem:
                failures += 1
                log.exception("stream.fault", extra={"source": name})
                await self._rest(one, failures, Failure(FailureKind.MALFORMED, f"What it sent could not be taken ({type(problem).__name__})."))
        log.warning("stream.given_up", extra={"source": name, "problem": one.failure.detail if one.failure else ""})

    async def _listen(self, one: Followed) -> None:
        async for batch in one.stream.quotes(partial(self._rest, one)):
            for quote in batch:
                if (pk := one.symbols.get(quote.symbol)) is not None:
                    one.pending[pk] = quote

    async def _rest(self, one: Followed, failures: int, failure: Failure) -> None:
        """A growing pause with a random part, so that not all come back at once; never less than the source asked for."""
        one.failed(failure)
        pause = min(self.pause * 2.0 ** min(failures - 1, 20), LONGEST) * random.uniform(0.5, 1.0)  # noqa: S311  (no secret)
        await asyncio.sleep(max(pause, failure.retry_after or 0.0))

    # ── what is stored ──────────────────────────────────────────────────────

    async def _store(self) -> None:
        """The newest price of each instrument; what could not be stored waits for the next time, unless a newer one came."""
        told = {pk: (name, quote) for name, one in self.followed.items() for pk, quote in one.pending.items()}
        for one in self.followed.values():
            one.pending = {}
        if not told:
            return
        try:
            await self._do(partial(self._take, told, timezone.now()))
        except DomainError as problem:  # one that cannot be stored: not worth another try
            log.warning("stream.left_out", extra={"quotes": len(told), "problem": problem.detail})
        except Exception:
            for pk, (name, quote) in told.items():
                self.followed[name].pending.setdefault(pk, quote)
            raise

    def _take(self, told: Mapping[int, tuple[str, SymbolQuote]], now: datetime) -> None:
        self._quiet = {pk: until for pk, until in self._quiet.items() if until > now}
        taken = take_quotes(told, now, Openings(now, patience=1.0).quotes, self._quiet)
        self._quiet |= dict.fromkeys(taken.suspects, now + QUIET)

    # ── how it does ─────────────────────────────────────────────────────────

    async def _tell(self) -> None:
        states = {name: one.state() for name, one in self.followed.items()}
        await self._do(partial(_tell_all, states))

    async def _do(self, work: Callable[[], Done]) -> Done:
        """Aside, with a connection to the database that is good before and put away behind."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, _cleanly, work)


def _tell_all(states: Mapping[str, StreamState]) -> None:
    for name, state in states.items():
        tell_state(name, state)


def _cleanly(work: Callable[[], Done]) -> Done:
    close_old_connections()
    try:
        return work()
    finally:
        close_old_connections()
