"""News to sockets from any thread."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from channels.layers import get_channel_layer

from portfolio_site.web import push


@pytest.fixture
def memory_layer(settings):
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    yield get_channel_layer
    push.remember_loop(None)


async def test_a_message_from_another_thread_wakes_the_servers_loop_at_once(memory_layer):
    layer = memory_layer()
    await layer.group_add("quotes", "hub")
    push.remember_loop(asyncio.get_running_loop())
    threading.Thread(target=push.send, args=("quotes", {"type": "quotes.changed", "ids": [7]})).start()
    assert await asyncio.wait_for(layer.receive("hub"), 0.5) == {"type": "quotes.changed", "ids": [7]}


async def test_a_message_from_the_loop_itself_does_not_block_it(memory_layer):
    layer = memory_layer()
    await layer.group_add("quotes", "hub")
    push.remember_loop(asyncio.get_running_loop())
    push.send("quotes", {"type": "quotes.changed", "ids": [1]})
    assert (await asyncio.wait_for(layer.receive("hub"), 0.5))["ids"] == [1]


def test_without_a_server_the_message_is_dropped_quietly(memory_layer, caplog):
    push.remember_loop(None)
    push.send("quotes", {"type": "quotes.changed", "ids": [7]})
    assert not caplog.records


def test_a_server_that_has_ended_is_no_trouble(memory_layer):
    loop = asyncio.new_event_loop()
    push.remember_loop(loop)
    loop.close()
    push.send("quotes", {"type": "quotes.changed", "ids": [7]})
    assert push._server_loop is loop


def test_an_unreachable_redis_is_said_in_the_log_and_nowhere_else(settings, caplog):
    settings.CHANNEL_LAYERS = {
        "default": {"BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer", "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]}}
    }
    push.send("quotes", {"type": "quotes.changed", "ids": [7]})
    until = time.monotonic() + 5
    while not caplog.records and time.monotonic() < until:
        time.sleep(0.01)
    assert [record.message for record in caplog.records] == ["push.dropped"]
