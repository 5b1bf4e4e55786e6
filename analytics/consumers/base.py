"""What all sockets share: who is there, limits, order, pace, and the end.

A socket has one reader.  When the hub has something for it, it is asked to send the newest, at most four times a second whatever the
market does.  Where the connection takes it, that is done on the spot; else a task of its own waits for the peer, and nobody waits for
the task.  Who does not take what is sent is closed.

Close codes: 4401 not signed in (any more), 4403 not yours, 4408 too slow, 4429 too many, 1003 not JSON.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import orjson
from channels.db import database_sync_to_async
from django.conf import settings
from django.http.request import split_domain_port, validate_host

from accounts.tickets.errors import BadOpening
from accounts.tickets.services import by_access_token, by_credential, take_ticket
from accounts.viewing.middleware import VIEW_KEY
from analytics.live.hub import Hub, hub
from analytics.live.members import Member
from portfolio_site.kernel.errors import NotFound
from portfolio_site.web import refusals
from portfolio_site.web.json import dumps
from portfolio_site.web.refusals import Refusal

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Said = tuple[str, str]  # kind and body of a message: see `Socket.put`

SEND_TIMEOUT = 5.0  # seconds that a peer has to take a message
LINGER = 5.0  # seconds that a cut-off peer has to fetch what is on its way
AUTH_TIMEOUT = 5.0  # seconds to say who one is
MESSAGES = (60, 20.0)  # from a peer: so many at once, and so many a second
LONGEST_MESSAGE = 16 * 1024
SOCKETS_A_PERSON = 50
REFUSALS_TOLD = 20  # of one socket

UNAUTHENTICATED, NOT_YOURS, TOO_SLOW, TOO_MANY, NOT_JSON = 4401, 4403, 4408, 4429, 1003


class Closed(Exception):
    """The socket ends; `code` is told to the peer, None where the peer is gone."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


def members(body: dict[str, Any]) -> str:
    """JSON without its braces."""
    return dumps(body)[1:-1].decode()


class Allowance:
    """A bucket of messages that fills again with time."""

    def __init__(self, burst: int, a_second: float) -> None:
        self._burst, self._rate = float(burst), a_second
        self._left, self._at = float(burst), time.monotonic()

    def take(self) -> bool:
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= 1
        return self._left >= 0


class Socket(Member, ABC):
    """One connection.  Subclasses say what it may ask and what it is sent."""

    tokens_allowed = True  # the pages' own socket takes sessions only

    def __init__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        super().__init__()
        self.scope, self._receive, self._send = scope, receive, send
        self._wire: Send = scope.get("wire", send)  # past what middleware wraps around each message
        self.hub: Hub = hub()
        self.scopes: frozenset[str] | None = None  # of what it was opened by; None: all
        self._seq = 0
        self._order = asyncio.Lock()
        self._waiting: asyncio.Task[None] | None = None  # for the peer to take what was sent
        self._allowance = Allowance(*MESSAGES)
        self._refused: dict[tuple[str, int | str] | None, Refusal] = {}
        self._end: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    @classmethod
    def as_asgi(cls) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
        async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
            await cls(scope, receive, send).run()

        return application

    # ── from beginning to end ───────────────────────────────────────────────

    async def run(self) -> None:
        if (await self._receive())["type"] != "websocket.connect":
            return
        await self._send({"type": "websocket.accept"})
        reader: asyncio.Task[None] | None = None
        code: int | None = None
        try:
            await self._authenticate()
            if self.hub.sockets_of(self.user_id) >= SOCKETS_A_PERSON:
                raise Closed(TOO_MANY)
            await self.hub.join(self)
            await self.opened()
            reader = asyncio.create_task(self._read())
            endings: list[asyncio.Future[Any]] = [reader, self._end]
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            code = self._code(reader)
        except Closed as end:
            code = end.code
        except TimeoutError:
            code = 1011
        finally:
            for task in (reader, self._waiting):
                if task is not None:
                    task.cancel()
            await self.hub.leave(self)
        if code is not None:
            await self._close(code)
        if self._refused:
            await database_sync_to_async(refusals.tell)(self.user_id, "socket", list(self._refused.values()))

    def _code(self, reader: asyncio.Task[None]) -> int | None:
        """Why it ended: what the sweep or sending said, else what the reader raised."""
        if self._end.done():
            return self._end.result()
        problem = None if reader.cancelled() else reader.exception()
        return None if problem is None else _code_of(problem)

    def end(self, code: int | None) -> None:
        """Ends the socket from outside its own tasks."""
        if not self._end.done():
            self._end.set_result(code)

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(1):
                await self._send({"type": "websocket.close", "code": code})
        except TimeoutError:
            _force_close(self._wire, code)
        except (OSError, RuntimeError):  # the peer went first
            return

    # ── who is there ────────────────────────────────────────────────────────

    async def _authenticate(self) -> None:
        """By the session of the same origin; else by a ticket or a token in the first message."""
        user = self.scope.get("user")
        if user is not None and user.is_authenticated and self.scope.get("same_origin"):
            if VIEW_KEY in (self.scope.get("session") or {}):  # support looks at somebody's account: pages there hear nothing by themselves
                raise Closed(NOT_YOURS)
            self._known(user)
            return
        if not self.tokens_allowed:
            raise Closed(UNAUTHENTICATED)
        try:
            async with asyncio.timeout(AUTH_TIMEOUT):
                message = await self._next()
        except TimeoutError:
            raise Closed(UNAUTHENTICATED) from None
        if message.get("type") != "auth":
            raise Closed(UNAUTHENTICATED)
        try:
            await self._opened_by(message.get("ticket"), message.get("token"))
        except BadOpening:
            raise Closed(UNAUTHENTICATED) from None

    async def _opened_by(self, ticket: Any, token: Any) -> None:
        """One of the two: a ticket, or what the API takes as a credential.  Raises BadOpening."""
        if isinstance(token, str) and ticket is None and token.count(".") == 2:
            self._known(await database_sync_to_async(by_access_token)(token))
            self.token = token
            return
        if isinstance(ticket, str) and token is None:
            opened = await database_sync_to_async(take_ticket)(ticket)
        elif isinstance(token, str) and ticket is None:
            opened = await database_sync_to_async(by_credential)(token, str(self.scope.get("path", "")))
        else:
            raise BadOpening("Send either a ticket or a token.")
        self._known(opened.user)
        self.proof, self.scopes = opened.proof, opened.scopes

    def may(self, scope: str) -> bool:
        """Whether what it was opened by has this scope."""
        return self.scopes is None or scope in self.scopes

    def _known(self, user: Any) -> None:
        self.user, self.user_id, self.password = user, user.pk, user.password
        self.session_key = getattr(self.scope.get("session"), "session_key", None) or ""

    def not_theirs(self, problem: NotFound) -> None:
        """Keeps in mind what was asked for in vain, for the audit: it is told when the socket has ended, so that no answer takes longer for
        what exists."""
        if len(self._refused) < REFUSALS_TOLD:
            self._refused[problem.about] = Refusal("access.not_theirs", problem.code, problem.about)

    # ── in ──────────────────────────────────────────────────────────────────

    async def _next(self) -> dict[str, Any]:
        """The next message.  Raises Closed when the peer is gone, sends too much, or sends something else than a JSON object."""
        event = await self._receive()
        if event["type"] == "websocket.disconnect":
            raise Closed
        if not self._allowance.take():
            raise Closed(TOO_MANY)
        text = event.get("text") or event.get("bytes") or ""
        if len(text) > LONGEST_MESSAGE:
            raise Closed(TOO_MANY)
        try:
            message = orjson.loads(text)
        except orjson.JSONDecodeError:
            raise Closed(NOT_JSON) from None
        if not isinstance(message, dict):
            raise Closed(NOT_JSON)
        return message

    async def _read(self) -> None:
        while True:
            await self.heard(await self._next())

    @abstractmethod
    async def heard(self, message: dict[str, Any]) -> None:
        """One message from the peer."""

    async def opened(self) -> None:
        """The person is known and the hub listens."""

    # ── out ─────────────────────────────────────────────────────────────────

    def deliver(self) -> None:
        """Sends what the hub has put down: on the spot where the connection takes it, else by a task that waits for the peer."""
        if self._order.locked():  # something is on its way: the newest goes after it
            self.hub.call(self)
            return
        try:
            messages = self.composed()
            while messages and _takes(self._wire):
                _at_once(self._wire({"type": "websocket.send", "text": self._text(*messages.pop(0))}))
        except (OSError, RuntimeError):
            self.end(None)
        except Exception as problem:
            self.end(_code_of(problem))
        else:
            if messages:
                self._waiting = asyncio.create_task(self._put_all(messages))

    async def _put_all(self, messages: list[Said]) -> None:
        try:
            for kind, body in messages:
                await self.put(kind, body)
        except Closed as end:
            self.end(end.code)

    @abstractmethod
    def composed(self) -> list[Said]:
        """The newest of what the hub has put down, taken away from there: messages for `put`."""

    def _text(self, kind: str, body: str) -> str:
        self._seq += 1
        return f'{{"type":"{kind}","seq":{self._seq},"time":"{_moment()}"{"," if body else ""}{body}}}'

    async def put(self, kind: str, body: str) -> None:
        """Sends one message in order.  `body` is JSON members without braces, or empty.  Raises Closed(4408) if the peer does not take it."""
        async with self._order:
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._wire({"type": "websocket.send", "text": self._text(kind, body)})
            except TimeoutError:
                raise Closed(TOO_SLOW) from None
            except (OSError, RuntimeError):
                raise Closed from None


def _code_of(problem: BaseException) -> int | None:
    if isinstance(problem, Closed):
        return problem.code
    log.error("socket.failed", exc_info=problem)
    return 1011


def _moment() -> str:
    """Now, to the millisecond.  The part that holds for a second is made once."""
    now = time.time()
    return f"{_second(int(now))}.{int(now % 1 * 1000):03}+00:00"


@lru_cache(maxsize=2)
def _second(number: int) -> str:
    return datetime.fromtimestamp(number, UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _takes(send: Send) -> bool:
    """Whether the connection takes a message without waiting.  uvicorn's `send` is a method of the connection, which knows; others do not say."""
    writable = getattr(getattr(send, "__self__", None), "writable", None)
    return writable is not None and writable.is_set()


def _at_once(sending: Awaitable[None]) -> None:
    """Runs to its end what does not wait: a task for each of thousands of messages would cost more than the messages."""
    try:
        sending.__await__().__next__()
    except StopIteration:
        return
    raise RuntimeError("the connection waits though it said that it takes more")


def _force_close(send: Send, code: int) -> None:
    """Ends a connection whose peer reads nothing: a polite close would wait behind what it does not take.

    uvicorn's `send` is a method of the connection.  The close frame goes behind what is buffered; five seconds later the
    connection is cut.  With another server the return from the application ends it in that server's own time.
    """
    connection = getattr(send, "__self__", None)
    transport, protocol = getattr(connection, "transport", None), getattr(connection, "conn", None)
    if transport is None or protocol is None or transport.is_closing():
        return
    protocol.send_close(code)
    transport.write(b"".join(protocol.data_to_send()))
    asyncio.get_running_loop().call_later(LINGER, transport.abort)


def same_origin(scope: dict[str, Any]) -> bool | None:
    """Whether the page that opens the socket is ours; None where no page does (a program sends no Origin)."""
    headers = dict(scope.get("headers", ()))
    origin, host = headers.get(b"origin"), headers.get(b"host", b"").decode("latin-1").lower()
    if origin is None:
        return None
    text = origin.decode("latin-1").lower()
    if text in {trusted.lower() for trusted in settings.CSRF_TRUSTED_ORIGINS}:
        return True
    scheme, _, named = text.partition("://")
    name, _ = split_domain_port(host)
    return scheme in {"http", "https"} and named == host and bool(name) and validate_host(name, settings.ALLOWED_HOSTS)
