"""How much a socket may ask, how it ends, and that it misses nothing."""

from __future__ import annotations

import asyncio

import pytest

from analytics.consumers import base
from analytics.live import hub as hub_module
from analytics.live.hub import hub
from portfolio_site.web import push
from portfolios.roles import Role
from portfolios.sharing.memberships import end_membership, set_membership
from tests import factories
from tests.live.peers import Peer, in_thread, new_price, session_cookie

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


async def test_what_moved_while_no_message_came_through_is_found_by_the_sweep(person, held, monkeypatch):
    """As while Redis was away: what was sent then is lost, and the database knows."""
    portfolio, instruments = held
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="subscribe", channels=[f"quotes:{instruments[0].symbol}", f"portfolio:{portfolio.pk}"])
    await peer.next("snapshot")
    await peer.next("snapshot")
    monkeypatch.setattr(push, "_hand_over", lambda work, loop: work.close())
    await in_thread(new_price)(instruments[0], "77")
    assert (await peer.next("quotes"))["quotes"][0]["price"] == "77"
    before = hub().valuations[next(iter(hub().valuations))]
    await in_thread(factories.record)(portfolio, "deposit", "2026-01-05", amount="1")
    async with asyncio.timeout(10):
        while hub().valuations[before.key] is before:
            await asyncio.sleep(0.05)
    await peer.leave()
