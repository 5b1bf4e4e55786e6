"""One hub per live process: everything that sockets show, held once.

It has one subscription to the channel layer, keeps the newest quote of each instrument that somebody looks at, revalues the
portfolios that somebody looks at, and puts down for each member what changed for it.  Members are asked to send in rounds, each at
most four times a second: what moved twice in between is sent once, the newest.  A price is a latest value with a sequence number,
never a queue of changes, so that rounds which take longer with a crowd lose nothing that counts.
"""

from __future__ import annotations

import asyncio
import logging
import weakref
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError
from redis.exceptions import RedisError

from analytics.live import frames
from analytics.live.listening import no_longer
from analytics.live.members import Member
from analytics.live.valuation import Key, Valuation
from market.selectors import QuoteView, quotes_of, sequences_of
from portfolio_site.web import push
from portfolios.models import Portfolio
from portfolios.selectors import holdings_of, revisions_of

log = logging.getLogger(__name__)

GROUPS = ("quotes", "ledger")
GATHER = 0.05  # seconds between two looks at the database: ticks in between are gathered
PACE = 0.25  # seconds between two rounds of one member: four a second
STEP = 0.02  # seconds between looks at who has rested for so long
AT_ONCE = 100  # members that send before others get their turn on the loop
SWEEP = 5.0  # seconds between looks at who may still listen, and at what moved without a message
FRESH = 300.0  # seconds after which a valuation is taken anew: rates change once a day, and nobody says so
REJOIN = 3600.0  # seconds: a layer forgets its groups after a day
RETRY = 1.0  # seconds before a broken subscription is made again


class Hub:
    """See the module's first lines.  All methods run on one loop."""

    def __init__(self) -> None:
        self.quotes: dict[int, QuoteView] = {}
        self.valuations: dict[Key, Valuation] = {}
        self._revisions: dict[int, int] = {}  # portfolio → how far its ledger was when it was last read
        self.encoded = frames.Encoder()
        self._members: set[Member] = set()
        self._lookers: dict[int, set[Member]] = defaultdict(set)
        self._owners: dict[Key, set[Member]] = defaultdict(set)
        self._keys_of: dict[int, set[Key]] = defaultdict(set)  # instrument → valuations that hold it
        self._people: dict[int, int] = defaultdict(int)  # person → sockets
        self._dirty: set[int] = set()
        self._changed: set[int] = set()  # portfolios whose ledger changed
        self._doubted: set[int] = set()  # people whose right to listen may have ended
        self._ledger_news = 0
        self._news = asyncio.Event()
        self._called: dict[Member, None] = {}  # who has something to send, in the order in which they got it
        self._bell = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._layer: Any = None
        self._channel = ""
        self._ready = asyncio.Event()

    # ── members ─────────────────────────────────────────────────────────────

    async def join(self, member: Member) -> None:
        """Returns when the hub listens, so that nothing is missed between a snapshot and the first message."""
        self._members.add(member)
        self._people[member.user_id] += 1
        if not self._tasks:
            self._start()
        await asyncio.wait_for(self._ready.wait(), 5)
        if self._people[member.user_id] == 1:
            await self._layer.group_add(_group_of(member.user_id), self._channel)

    async def leave(self, member: Member) -> None:
        if member not in self._members:
            return
        self._members.discard(member)
        self._called.pop(member, None)
        self.watch(member, instruments=(), keys=())
        self._people[member.user_id] -= 1
        if not self._people[member.user_id]:
            del self._people[member.user_id]
            try:
                await self._layer.group_discard(_group_of(member.user_id), self._channel)
            except (RedisError, OSError) as problem:
                log.warning("hub.leave", extra={"problem": repr(problem)})
        if not self._members:
            await self.stop()

    def call(self, member: Member) -> None:
        """The member has something to send: it is asked in one of the next rounds."""
        self._called[member] = None
        self._bell.set()

    def sockets_of(self, user_id: int) -> int:
        return self._people.get(user_id, 0)

    def watch(self, member: Member, *, instruments: Iterable[int], keys: Iterable[Key]) -> None:
        """Replaces what the member looks at.  Valuations must have been loaded by `value` before.

        What is new is read once more: a tick may have come between the load and this call.
        """
        wanted, held = set(instruments), set(keys)
        for pk in member.instruments - wanted:
            self._lookers[pk].discard(member)
            self._forget_quote(pk)
        for pk in wanted - member.instruments:
            self._lookers[pk].add(member)
            self._dirty.add(pk)
        for key in member.keys - held:
            self._owners[key].discard(member)
            self._forget_valuation(key)
        for key in held - member.keys:
            self._owners[key].add(member)
            self._dirty |= self.valuations[key].lines.keys()
        if self._dirty:
            self._news.set()
        member.instruments, member.keys = wanted, held
        member.moved &= wanted

    def _forget_quote(self, pk: int) -> None:
        if not self._lookers.get(pk):
            self._lookers.pop(pk, None)
            if not self._keys_of.get(pk):
                self.quotes.pop(pk, None)
                self.encoded.forget(pk)

    def _forget_valuation(self, key: Key) -> None:
        if self._owners.get(key):
            return
        self._owners.pop(key, None)
        gone = self.valuations.pop(key, None)
        for pk in gone.lines if gone else ():
            self._keys_of[pk].discard(key)
            if not self._keys_of[pk]:
                del self._keys_of[pk]
                self._forget_quote(pk)

    # ── what is known ───────────────────────────────────────────────────────

    async def know(self, instrument_ids: Iterable[int]) -> None:
        """Loads the quotes that are not known yet."""
        missing = set(instrument_ids) - self.quotes.keys()
        if missing:
            self._take(await database_sync_to_async(quotes_of)(missing))

    async def value(self, key: Key, *, anew: bool = False) -> Valuation:
        """The valuation of these portfolios, from the database if it is not held or must be exact."""
        known = self.valuations.get(key)
        if known is not None and not anew:
            return known
        heard = self._ledger_news
        revisions: dict[int, int]
        fresh: Valuation
        revisions, fresh = await database_sync_to_async(_valuation)(key)
        self._revisions |= revisions
        await self.know(fresh.lines)
        fresh.apply(self.quotes, fresh.lines)
        self._hold(fresh)
        if self._ledger_news != heard:  # perhaps of these, while they were being read
            self._changed |= set(key[0])
            self._news.set()
        return fresh

    def _hold(self, valuation: Valuation) -> None:
        old = self.valuations.get(valuation.key)
        for pk in (old.lines.keys() if old else set()) - valuation.lines.keys():
            self._keys_of[pk].discard(valuation.key)
        self.valuations[valuation.key] = valuation
        for pk in valuation.lines:
            self._keys_of[pk].add(valuation.key)

    def _take(self, quotes: dict[int, QuoteView]) -> set[int]:
        newer = {pk for pk, quote in quotes.items() if pk not in self.quotes or quote.sequence > self.quotes[pk].sequence}
        self.quotes.update((pk, quotes[pk]) for pk in newer)
        return newer

    # ── work ────────────────────────────────────────────────────────────────

    def _start(self) -> None:
        push.remember_loop(asyncio.get_running_loop())
        self._layer = get_channel_layer()
        self._tasks = [
            asyncio.create_task(work, name=name)
            for name, work in (("listen", self._listen()), ("pump", self._pump()), ("rounds", self._rounds()), ("sweep", self._sweep()))
        ]

    async def stop(self) -> None:
        """Forgets everything; the next member starts it again."""
        tasks, self._tasks = self._tasks, []
        channel, self._channel = self._channel, ""
        people = list(self._people)
        self._ready.clear()
        self.quotes.clear()
        self.valuations.clear()
        self._revisions.clear()
        self._keys_of.clear()
        self.encoded.clear()
        self._called.clear()
        for task in tasks:
            if task is not asyncio.current_task():
                task.cancel()
        if channel:
            try:
                for group in (*GROUPS, *map(_group_of, people)):
                    await self._layer.group_discard(group, channel)
            except (RedisError, OSError) as problem:
                log.warning("hub.stop", extra={"problem": repr(problem)})

    async def _listen(self) -> None:
        """The one subscription.  When the layer breaks it is made again, and everything looked at is read anew."""
        while True:
            try:
                self._channel = await self._layer.new_channel("hub")
                await self._join_groups()
                self._ready.set()
                while True:
                    self._hear(await self._layer.receive(self._channel))
            except (RedisError, OSError) as problem:
                log.warning("hub.broken", extra={"problem": repr(problem)})
                await asyncio.sleep(RETRY)
                self._dirty |= self._watched()
                self._news.set()

    async def _join_groups(self) -> None:
        for group in (*GROUPS, *(_group_of(user) for user in self._people)):
            await self._layer.group_add(group, self._channel)

    def _watched(self) -> set[int]:
        return self._lookers.keys() | self._keys_of.keys()

    def _hear(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "quotes.changed":
                self._dirty |= self._watched().intersection(message["ids"])
            case "ledger.changed":
                self._ledger_news += 1
                self._changed.add(message["portfolio"])
            case "access.changed":
                self._doubted.add(message["user"])
            case "alert.fired":
                self._tell(message["user"], "alert", message["alert"])
            case "import.moved":
                self._tell(message["user"], "import", message["import"])
            case "news.stored":
                self._tell_of_news(set(message["ids"]))
        if self._dirty or self._changed or self._doubted:
            self._news.set()

    def _tell(self, user_id: int, kind: str, said: dict[str, Any]) -> None:
        for member in self._members:
            if member.user_id == user_id:
                member.letters.append((kind, said))
                self.call(member)

    def _tell_of_news(self, about: set[int]) -> None:
        """Whoever looks at one of these instruments, or at a portfolio that holds it."""
        for member in self._members:
            held = {pk for key in member.keys if key in self.valuations for pk in self.valuations[key].lines}
            if concerned := about & (member.instruments | held):
                member.letters.append(("news", {"instruments": sorted(concerned)}))
                self.call(member)

    async def _pump(self) -> None:
        clock = asyncio.get_running_loop().time
        looked = 0.0
        while True:
            await self._news.wait()
            await asyncio.sleep(max(0.0, looked + GATHER - clock()))
            looked = clock()
            self._news.clear()
            dirty, self._dirty = self._dirty, set()
            changed, self._changed = self._changed, set()
            doubted, self._doubted = self._doubted, set()
            try:
                await self._ask([member for member in self._members if member.user_id in doubted])
                await self._move(dirty)
                await self._renew({key for key in self.valuations if changed.intersection(key[0])})
            except DatabaseError as problem:
                log.warning("hub.database", extra={"problem": repr(problem)})
                await asyncio.sleep(RETRY)
                self._dirty |= dirty
                self._changed |= changed
                self._doubted |= doubted
                self._news.set()

    async def _move(self, dirty: set[int]) -> None:
        """New quotes: one query, then the members and valuations that they concern."""
        if not dirty:
            return
        newer = self._take(await database_sync_to_async(quotes_of)(dirty))
        for pk in newer:
            for member in self._lookers.get(pk, ()):
                member.moved.add(pk)
                self.call(member)
        for key in {key for pk in newer for key in self._keys_of.get(pk, ())}:
            moved = self.valuations[key].apply(self.quotes, newer)
            if moved:
                for member in self._owners.get(key, ()):
                    member.revalued.setdefault(key, set()).update(moved)
                    self.call(member)

    async def _renew(self, keys: Iterable[Key]) -> None:
        """Valuations taken anew; their members are told that everything may differ."""
        for key in keys:
            await self.value(key, anew=True)
            for member in self._owners.get(key, ()):
                member.renewed.add(key)
                self.call(member)

    async def _rounds(self) -> None:
        """Asks those who have rested to send.  A round lets go of the loop now and then, so that reading goes on beside it."""
        clock = asyncio.get_running_loop().time
        while True:
            await self._bell.wait()
            self._bell.clear()
            now = clock()
            for turn, member in enumerate([one for one in self._called if one.rests_until <= now], start=1):
                if member in self._called:  # it may have left in between
                    del self._called[member]
                    member.rests_until = clock() + PACE
                    member.deliver()
                if turn % AT_ONCE == 0:
                    await asyncio.sleep(0)
            if self._called:
                self._bell.set()
                await asyncio.sleep(STEP)

    async def _sweep(self) -> None:
        """Who may still listen, and what moved without a message; less often, what nobody sends news of."""
        elapsed = 0.0
        while True:
            await asyncio.sleep(SWEEP)
            before, elapsed = elapsed, elapsed + SWEEP
            await self._guarded(lambda: self._ask(list(self._members)))
            await self._guarded(self._catch_up)
            if elapsed // FRESH > before // FRESH:
                await self._guarded(lambda: self._renew(list(self.valuations)))
            if elapsed // REJOIN > before // REJOIN:
                await self._guarded(self._join_groups)

    async def _catch_up(self) -> None:
        """News is sent at most once, and while Redis is away not at all: the database says what is newer than what is held.  Two queries."""
        held = {pk for ids, _ in self.valuations for pk in ids}
        sequences, revisions = await database_sync_to_async(_newest)(self._watched(), held)
        self._dirty |= {pk for pk, sequence in sequences.items() if pk not in self.quotes or sequence > self.quotes[pk].sequence}
        self._changed |= {pk for pk, revision in revisions.items() if revision != self._revisions.get(pk)}
        if self._dirty or self._changed:
            self._news.set()

    async def _ask(self, members: list[Member]) -> None:
        """Ends those whose person may no longer listen."""
        for member, code in await database_sync_to_async(no_longer)(members) if members else ():
            member.end(code)

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except (DatabaseError, RedisError, OSError) as problem:
            log.warning("hub.sweep", extra={"problem": repr(problem)})


def _group_of(user_id: int) -> str:
    return f"user.{user_id}"


def _valuation(key: Key) -> tuple[dict[int, int], Valuation]:
    """With the revisions as they were before it was read."""
    ids, currency = key
    found = Portfolio.objects.select_related("owner").in_bulk(ids)
    table = holdings_of([found[pk] for pk in ids if pk in found], currency=currency)
    return {pk: portfolio.revision for pk, portfolio in found.items()}, Valuation.of(key, table)


def _newest(instrument_ids: Iterable[int], portfolio_ids: Iterable[int]) -> tuple[dict[int, int], dict[int, int]]:
    return sequences_of(instrument_ids), revisions_of(portfolio_ids)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running loop: one in each process, one in each test."""
    loop = asyncio.get_running_loop()
    found = _hubs.get(loop)
    if found is None:
        found = _hubs[loop] = Hub()
    return found
