"""How much a socket may ask, and how it ends."""

from __future__ import annotations

import asyncio

import pytest

from analytics.consumers import base
from analytics.live import hub as hub_module
from analytics.live.hub import hub
from portfolios.roles import Role
from portfolios.sharing.memberships import end_membership, set_membership
from tests.live.peers import Peer, in_thread, session_cookie

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio, pytest.mark.usefixtures("quick")]


async def test_a_flood_of_messages_is_closed_with_4429(person):
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    for _ in range(100):
        await peer.says(type="ping")
    assert await peer.closed() == 4429


async def test_too_many_symbols_are_closed_with_4429(person):
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="subscribe", channels=["quotes:" + ",".join(f"S{n}" for n in range(600))])
    assert await peer.closed() == 4429


async def test_what_is_not_json_is_closed_with_1003(person):
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.wire.send_to(text_data="{")
    assert await peer.closed() == 1003


async def test_an_unknown_message_is_answered_with_an_error(person):
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="dance")
    assert (await peer.next())["code"] == "unknown_message"
    await peer.leave()


async def test_more_sockets_than_a_person_needs_are_closed_with_4429(person, monkeypatch):
    monkeypatch.setattr(base, "SOCKETS_A_PERSON", 1)
    cookie = await in_thread(session_cookie)(person)
    first = await Peer("/api/v1/ws/live", cookie).open()
    await first.says(type="ping")
    await first.next("pong")
    second = await Peer("/api/v1/ws/live", cookie).open()
    assert await second.closed() == 4429
    await first.leave()


async def test_the_hub_forgets_everything_when_the_last_socket_leaves(person, held):
    peer = await Peer(f"/api/v1/ws/portfolio/{held[0].pk}", await in_thread(session_cookie)(person)).open()
    await peer.next("snapshot")
    assert hub().valuations
    await peer.leave()
    async with asyncio.timeout(2):
        while hub()._tasks:
            await asyncio.sleep(0.01)
    assert not hub().valuations and not hub().quotes


# ── what others share ───────────────────────────────────────────────────────


@pytest.mark.parametrize("address", ["/api/v1/ws/portfolio/{}", "/api/v1/ws/live", "/ws/prices/"])
async def test_a_role_that_ends_closes_the_sockets_that_it_let_in(address, stranger, held, monkeypatch):
    portfolio, _ = held
    await in_thread(set_membership)(portfolio, stranger, Role.VIEWER)
    monkeypatch.setattr(hub_module, "SWEEP", 60)  # the message alone has to do it
    peer = await Peer(address.format(portfolio.pk), await in_thread(session_cookie)(stranger)).open()
    if address.endswith("live"):
        await peer.says(type="subscribe", channels=[f"portfolio:{portfolio.pk}"])
        assert (await peer.next("snapshot"))["channel"] == f"portfolio:{portfolio.pk}"
    elif address.startswith("/ws"):
        await peer.says(type="watch", ids=[], p=str(portfolio.pk))
        assert "totals" in await peer.next("tick")
    else:
        await peer.next("snapshot")
    await in_thread(end_membership)(portfolio, stranger)
    assert await peer.closed() == 4403
