"""The hub over Redis, as the live role has it: news comes from another process, and a broken connection is made again."""

from __future__ import annotations

import asyncio
import os

import pytest

from portfolio_site.web import push
from tests import factories
from tests.live.peers import Peer, in_thread, new_price, session_cookie

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.asyncio]


@pytest.fixture(autouse=True)
def redis_layer(settings):
    address = os.environ.get("REDIS_URL", "")
    if not address:
        pytest.skip("needs REDIS_URL")
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": [address], "prefix": "test"}}
    }
    yield
    push.remember_loop(None)


async def _subscribed(person, instrument) -> Peer:
    peer = await Peer("/api/v1/ws/live", await in_thread(session_cookie)(person)).open()
    await peer.says(type="subscribe", channels=[f"quotes:{instrument.symbol}", "alerts"])
    await peer.next("snapshot")
    await peer.next("snapshot")
    return peer


async def test_a_tick_reaches_a_socket_over_redis(person):
    instrument = await in_thread(factories.make_instrument)("RED", price="12", previous="12")
    peer = await _subscribed(person, instrument)
    await asyncio.sleep(0.3)
    await in_thread(new_price)(instrument, "15")
    assert (await peer.next("quotes"))["quotes"][0]["price"] == "15"
    await peer.leave()


async def test_news_for_a_person_reaches_them_over_redis(person):
    instrument = await in_thread(factories.make_instrument)("RED", price="12", previous="12")
    peer = await _subscribed(person, instrument)
    await in_thread(push.send)(f"user.{person.pk}", {"type": "alert.fired", "user": person.pk, "alert": {"id": 1}})
    assert (await peer.next("alert"))["id"] == 1
    await peer.leave()


async def test_a_connection_that_redis_drops_is_made_again(person):
    import redis

    instrument = await in_thread(factories.make_instrument)("RED", price="12", previous="12")
    peer = await _subscribed(person, instrument)
    client = redis.from_url(os.environ["REDIS_URL"])
    await in_thread(client.execute_command)("CLIENT", "KILL", "TYPE", "pubsub")
    await asyncio.sleep(2)
    price = 20
    async with asyncio.timeout(20):
        while True:
            price += 1
            await in_thread(new_price)(instrument, str(price))
            try:
                message = await peer.next("quotes", timeout=1.5)
            except TimeoutError:
                continue
            if message["quotes"][0]["price"] == str(price):
                break
    await peer.leave()
