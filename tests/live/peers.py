"""What the tests of sockets share: somebody signed in, the other end of a socket, and a price that moves."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from channels.db import database_sync_to_async
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.utils import timezone

from market.choices import Quality
from market.services import QuoteDraft, publish_quotes
from portfolio_site.sockets import with_sockets

application = with_sockets(None)
in_thread = database_sync_to_async


def session_cookie(user) -> str:
    """The Cookie header of somebody who is signed in."""
    client = Client()
    client.force_login(user)
    return f"sessionid={client.cookies['sessionid'].value}"


def new_price(instrument, price: str) -> None:
    """A quote of this moment; it closed at 12 before."""
    publish_quotes([QuoteDraft(instrument.pk, Decimal(price), timezone.now(), "test", Quality.LIVE, previous_close=Decimal("12"))])


class Peer:
    """The other end of a socket."""

    def __init__(self, path: str, cookie: str = "", origin: bytes = b"http://testserver"):
        headers = [(b"host", b"testserver")] + ([(b"origin", origin)] if origin else []) + ([(b"cookie", cookie.encode())] if cookie else [])
        self.wire = WebsocketCommunicator(application, path, headers=headers)

    async def open(self) -> Peer:
        accepted, code = await self.wire.connect(timeout=30)
        assert accepted, code
        return self

    async def says(self, **message) -> None:
        await self.wire.send_json_to(message)

    async def next(self, *kinds: str, timeout: float = 5) -> dict:
        """The next message of one of these kinds; others are passed over."""
        async with asyncio.timeout(timeout):
            while True:
                message = await self.wire.receive_json_from(timeout=timeout)
                if not kinds or message["type"] in kinds:
                    return message

    async def closed(self, timeout: float = 5) -> int:
        async with asyncio.timeout(timeout):
            while True:
                event = await self.wire.receive_output(timeout=timeout)
                if event["type"] == "websocket.close":
                    return event["code"]

    async def leave(self) -> None:
        await self.wire.disconnect()
