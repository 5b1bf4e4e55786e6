"""What all sockets share: who is there, limits, order, pace, and the end.

A socket has one reader and one sender.  The sender wakes when the hub has something, sends the newest of it, and then rests for a
quarter of a second: at most four rounds a second, whatever the market does.  Who does not take what is sent is closed.

Close codes: 4401 not signed in (any more), 4403 not yours, 4408 too slow, 4429 too many, 1003 not JSON.
"""

from __future__ import annotations

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.http.request import split_domain_port, validate_host
from django.utils import timezone

from accounts.errors import BadToken
from accounts.tokens import user_of_access
from analytics.live.hub import Hub, Member, hub

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

PACE = 0.25  # seconds between rounds: four a second
SEND_TIMEOUT = 5.0  # seconds that a peer has to take a message
LINGER = 5.0  # seconds that a cut-off peer has to fetch what is on its way
AUTH_TIMEOUT = 5.0  # seconds to say who one is
MESSAGES = (60, 20.0)  # from a peer: so many at once, and so many a second
LONGEST_MESSAGE = 16 * 1024
SOCKETS_A_PERSON = 50

UNAUTHENTICATED, NOT_YOURS, TOO_SLOW, TOO_MANY, NOT_JSON = 4401, 4403, 4408, 4429, 1003


class Closed(Exception):
    """The socket ends; `code` is told to the peer, None where the peer is gone."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


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
        self.user: Any = None
        self.hub: Hub = hub()
        self._seq = 0
        self._order = asyncio.Lock()
        self._allowance = Allowance(*MESSAGES)
        self._end: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._token = ""
        self._password = ""

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
        tasks: list[asyncio.Task[None]] = []
        code: int | None = None
        try:
            await self._authenticate()
            if self.hub.sockets_of(self.user_id) >= SOCKETS_A_PERSON:
                raise Closed(TOO_MANY)
            await self.hub.join(self)
            await self.opened()
            tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._write())]
            endings: list[asyncio.Future[Any]] = [*tasks, self._end]
            await asyncio.wait(endings, return_when=asyncio.FIRST_COMPLETED)
            code = self._code(tasks)
        except Closed as end:
            code = end.code
        except TimeoutError:
            code = 1011
        finally:
            for task in tasks:
                task.cancel()
            await self.hub.leave(self)
        if code is not None:
            await self._close(code)

    def _code(self, tasks: list[asyncio.Task[None]]) -> int | None:
        """Why it ended: what the sweep said, else what reader or sender raised."""
        if self._end.done():
            return self._end.result()
        for task in tasks:
            if task.done() and not task.cancelled() and (problem := task.exception()) is not None:
                if isinstance(problem, Closed):
                    return problem.code
                log.error("socket.failed", exc_info=problem)
                return 1011
        return None

    def end(self, code: int | None) -> None:
        """Ends the socket from outside its own tasks."""
        if not self._end.done():
            self._end.set_result(code)

    async def _close(self, code: int) -> None:
        try:
            async with asyncio.timeout(1):
                await self._send({"type": "websocket.close", "code": code})
        except TimeoutError:
            _force_close(self._send, code)
        except (OSError, RuntimeError):  # the peer went first
            return

    # ── who is there ────────────────────────────────────────────────────────

    async def _authenticate(self) -> None:
        """By the session of the same origin; else by a token in the first message."""
        user = self.scope.get("user")
        if user is not None and user.is_authenticated and self.scope.get("same_origin"):
            self._known(user)
            return
        if not self.tokens_allowed:
            raise Closed(UNAUTHENTICATED)
        try:
            async with asyncio.timeout(AUTH_TIMEOUT):
                message = await self._next()
        except TimeoutError:
            raise Closed(UNAUTHENTICATED) from None
        token = message.get("token")
        if message.get("type") != "auth" or not isinstance(token, str):
            raise Closed(UNAUTHENTICATED)
        try:
            self._known(await database_sync_to_async(user_of_access)(token))
        except BadToken:
            raise Closed(UNAUTHENTICATED) from None
        self._token = token

    def _known(self, user: Any) -> None:
        self.user, self.user_id, self._password = user, user.pk, user.password

    async def still_allowed(self) -> None:
        """Ends the socket when the session or token it came by has ended, the password changed, or what it shows is no longer its person's."""
        if self._token:
            try:
                await database_sync_to_async(user_of_access)(self._token)
            except BadToken:
                self.end(UNAUTHENTICATED)
                return
        elif not await database_sync_to_async(self._session_holds)():
            self.end(UNAUTHENTICATED)
            return
        if not await database_sync_to_async(self.may_see)():
            self.end(NOT_YOURS)

    def _session_holds(self) -> bool:
        """Sign-out deletes the session; a new password ends all of them."""
        session = self.scope.get("session")
        key = getattr(session, "session_key", None)
        alive = key is not None and Session.objects.filter(session_key=key, expire_date__gt=timezone.now()).exists()
        return alive and get_user_model()._default_manager.filter(pk=self.user_id, is_active=True, password=self._password).exists()

    def may_see(self) -> bool:
        """Whether what is subscribed to is still visible to the person.  Runs on a database thread."""
        return True

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

    async def _write(self) -> None:
        while True:
            await self.wake.wait()
            self.wake.clear()
            await self.flush()
            await asyncio.sleep(PACE)

    @abstractmethod
    async def flush(self) -> None:
        """Sends the newest of what the hub has put down."""

    async def put(self, kind: str, body: str) -> None:
        """Sends one message in order.  `body` is JSON members without braces, or empty.  Raises Closed(4408) if the peer does not take it."""
        async with self._order:
            self._seq += 1
            moment = timezone.now().isoformat(timespec="milliseconds")
            text = f'{{"type":"{kind}","seq":{self._seq},"time":"{moment}"{"," if body else ""}{body}}}'
            try:
                async with asyncio.timeout(SEND_TIMEOUT):
                    await self._send({"type": "websocket.send", "text": text})
            except TimeoutError:
                raise Closed(TOO_SLOW) from None
            except (OSError, RuntimeError):
                raise Closed from None


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
