"""Finnhub's stream: at most 50 symbols, again after each loss, never back in time, and no word of the key."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve

from market.providers.base import SymbolQuote
from market.providers.failures import BadAnswer, Failure, FailureKind, NotConfigured, PlanRestricted
from market.providers.finnhub_stream import FinnhubStream, Frame, read
from tests.emulator import Emulator

AT = 1_781_622_000_000  # 2026-06-16 15:00 UTC
Handler = Callable[[ServerConnection], Awaitable[None]]


class Enough(Exception):
    """Raised by a test in place of waiting."""


def trades(*rows: tuple[str, float, int]) -> str:
    return json.dumps({"type": "trade", "data": [{"c": None, "s": symbol, "p": value, "t": AT + later, "v": 1} for symbol, value, later in rows]})


@asynccontextmanager
async def server(handler: Handler, **more: Any) -> AsyncIterator[str]:
    async def handle(socket: ServerConnection) -> None:
        with suppress(Exception):
            await handler(socket)

    async with serve(handle, "127.0.0.1", 0, **more) as running:
        yield f"ws://127.0.0.1:{next(iter(running.sockets)).getsockname()[1]}"


async def heard_of(socket: ServerConnection, messages: int) -> list[Any]:
    return [json.loads(await socket.recv()) for _ in range(messages)]


def never(rests: list[tuple[int, FailureKind]], most: int) -> Callable[[int, Failure], Awaitable[None]]:
    async def rest(failures: int, failure: Failure) -> None:
        rests.append((failures, failure.kind))
        if len(rests) >= most:
            raise Enough

    return rest


async def collected(stream: FinnhubStream, rest: Callable[[int, Failure], Awaitable[None]]) -> list[tuple[SymbolQuote, ...]]:
    found = []
    with suppress(Enough):
        async for batch in stream.quotes(rest):
            found.append(batch)
    return found


# ── messages ────────────────────────────────────────────────────────────────


def test_several_trades_of_a_symbol_in_a_message_are_one_quote_the_newest() -> None:
    found = read(trades(("A", 1, 5), ("B", 9, 1), ("A", 3, 7), ("A", 4, 7), ("A", 2, 6)).encode()).quotes
    assert {(each.symbol, each.price, each.as_of.microsecond) for each in found} == {("A", 4, 7000), ("B", 9, 1000)}


def test_stamps_are_milliseconds() -> None:
    assert read(trades(("A", 1, 123)).encode()).quotes[0].as_of == datetime(2026, 6, 16, 15, 0, 0, 123000, tzinfo=UTC)


def test_a_trade_without_price_time_or_symbol_is_none() -> None:
    rows = [{"s": "A", "p": 0, "t": AT}, {"s": "A", "p": 1}, {"p": 1, "t": AT}, {"s": "A", "p": 1, "t": "x"}, {"s": "A", "p": None, "t": AT}]
    assert read(json.dumps({"type": "trade", "data": rows}).encode()) == Frame()


@pytest.mark.parametrize("message", [b"", b"hello", b"[1]", b'{"type": "trade"}', b'{"type": "trade", "data": [1]}', b'{"type": "tr'])
def test_what_is_no_message_is_a_bad_answer(message: bytes) -> None:
    with pytest.raises(BadAnswer):
        read(message)


def test_pings_and_kinds_that_came_later_tell_nothing() -> None:
    assert read(b'{"type": "ping"}') == read(b'{"type": "news", "data": [1]}') == Frame()


# ── connections ─────────────────────────────────────────────────────────────


async def test_what_is_watched_is_subscribed_and_again_after_a_loss() -> None:
    heard: list[list[Any]] = []

    async def handle(socket: ServerConnection) -> None:
        heard.append(await heard_of(socket, 2))
        await socket.send('{"type": "ping"}')
        await socket.send(trades(("A", len(heard), len(heard))))
        await socket.close()

    rests: list[tuple[int, FailureKind]] = []
    async with server(handle) as address:
        stream = FinnhubStream("k", address)
        await stream.watch({"B", "A"})
        found = await collected(stream, never(rests, 3))
    assert heard == [[{"type": "subscribe", "symbol": "A"}, {"type": "subscribe", "symbol": "B"}]] * 3
    assert [batch[0].price for batch in found] == [1, 2, 3]
    assert rests == [(1, FailureKind.UNREACHABLE)] * 3  # trades in between begin the count anew


async def test_failures_are_counted_so_that_the_pause_can_grow() -> None:
    async def handle(socket: ServerConnection) -> None:
        await socket.close()

    rests: list[tuple[int, FailureKind]] = []
    async with server(handle) as address:
        await collected(FinnhubStream("k", address), never(rests, 4))
    assert rests == [(number, FailureKind.UNREACHABLE) for number in (1, 2, 3, 4)]


async def test_a_trade_older_than_the_last_is_dropped_also_after_a_reconnection() -> None:
    turns = iter([[trades(("A", 1, 50)), trades(("A", 2, 40), ("B", 7, 1)), trades(("A", 3, 50))], [trades(("A", 4, 49)), trades(("A", 5, 51))]])

    async def handle(socket: ServerConnection) -> None:
        await heard_of(socket, 2)
        for message in next(turns):
            await socket.send(message)
        await socket.close()

    async with server(handle) as address:
        stream = FinnhubStream("k", address)
        await stream.watch({"A", "B"})
        found = await collected(stream, never([], 2))
    assert [(quote.symbol, quote.price) for batch in found for quote in batch] == [("A", 1), ("B", 7), ("A", 3), ("A", 5)]
    assert stream.dropped == 2


async def test_a_message_that_cannot_be_read_is_dropped_and_the_stream_goes_on() -> None:
    async def handle(socket: ServerConnection) -> None:
        await heard_of(socket, 1)
        for message in ("hello", '{"type": "trade", "data": [{"s": "A", "p": -1, "t": 1}]}', b"\xff\x00", trades(("A", 1, 1), ("X", 1, 1))):
            await socket.send(message)
        await socket.close()

    async with server(handle) as address:
        stream = FinnhubStream("k", address)
        await stream.watch({"A"})
        found = await collected(stream, never([], 1))
    assert [[quote.symbol for quote in batch] for batch in found] == [["A"]]  # X was not asked for
    assert stream.dropped == 3


async def test_more_than_fifty_symbols_are_refused_and_nothing_changes() -> None:
    stream = FinnhubStream("k")
    await stream.watch({"A"})
    with pytest.raises(PlanRestricted, match="at most 50"):
        await stream.watch({str(number) for number in range(51)})
    assert stream._wanted == {"A"}


async def test_watching_others_while_connected_leaves_before_it_joins() -> None:
    heard: list[Any] = []
    seen = asyncio.Event()

    async def handle(socket: ServerConnection) -> None:
        heard.extend(await heard_of(socket, 1))
        await socket.send(trades(("A", 1, 1)))
        heard.extend(await heard_of(socket, 2))
        seen.set()
        await socket.wait_closed()

    async with server(handle) as address:
        stream = FinnhubStream("k", address)
        await stream.watch({"A"})
        batches = stream.quotes(never([], 1))
        assert (await anext(batches))[0].symbol == "A"
        await stream.watch({"B"})
        await asyncio.wait_for(seen.wait(), 5)
        await batches.aclose()
    assert [(each["type"], each["symbol"]) for each in heard] == [("subscribe", "A"), ("unsubscribe", "A"), ("subscribe", "B")]


async def test_a_connection_without_a_sign_of_life_is_left() -> None:
    async def handle(socket: ServerConnection) -> None:
        await socket.wait_closed()

    rests: list[tuple[int, FailureKind]] = []
    async with server(handle) as address:
        await collected(FinnhubStream("k", address, silence=0.1), never(rests, 1))
    assert rests == [(1, FailureKind.UNREACHABLE)]


@pytest.mark.parametrize(
    ("status", "expected"), [(HTTPStatus.UNAUTHORIZED, NotConfigured), (HTTPStatus.FORBIDDEN, NotConfigured), (HTTPStatus.TOO_MANY_REQUESTS, Enough)]
)
async def test_a_refused_key_is_not_tried_again_and_too_many_attempts_wait(status: HTTPStatus, expected: type[Exception]) -> None:
    def refuse(socket: ServerConnection, request: Any) -> Any:
        response = socket.respond(status, "no")
        response.headers["Retry-After"] = "17"
        return response

    pauses: list[float | None] = []

    async def rest(failures: int, failure: Failure) -> None:
        pauses.append(failure.retry_after)
        raise Enough

    async with server(lambda socket: socket.wait_closed(), process_request=refuse) as address:
        with pytest.raises(expected):
            async for _ in FinnhubStream("k", address).quotes(rest):
                raise AssertionError("nothing was sent")
    assert pauses == ([17.0] if expected is Enough else [])


@pytest.mark.parametrize(
    ("said", "expected"), [("Invalid API key", NotConfigured), ("Subscribing to too many symbols", PlanRestricted), ("Something else", Enough)]
)
async def test_an_error_told_on_the_stream_is_typed(said: str, expected: type[Exception]) -> None:
    async def handle(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "error", "msg": said}))
        await socket.wait_closed()

    async with server(handle) as address:
        with pytest.raises(expected):
            async for _ in FinnhubStream("k", address).quotes(never([], 1)):
                raise AssertionError("nothing was sent")


async def test_no_log_and_no_error_holds_the_key(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []

    async def rest(failures: int, failure: Failure) -> None:
        told.append(failure.detail)
        raise Enough

    async def handle(socket: ServerConnection) -> None:
        assert socket.request is not None and "token=SECRETKEY" in socket.request.path
        await socket.close()

    logging.getLogger("websockets.server").setLevel(logging.WARNING)
    async with server(handle) as address:
        for base in (address, "ws://127.0.0.1:9"):
            stream = FinnhubStream("SECRETKEY", base)
            with pytest.raises(Enough):
                async for _ in stream.quotes(rest):
                    raise AssertionError("nothing was sent")
            assert "SECRETKEY" not in repr(stream)
    assert len(told) == 2 and "SECRETKEY" not in caplog.text + str(told)


# ── with the emulator ───────────────────────────────────────────────────────


async def test_the_emulated_stream_tells_the_prices_of_the_world_and_outlives_a_cut(emulator: Emulator) -> None:
    emulator.switches["finnhub"].disconnect_after = 3  # a ping and two messages
    stream, apple = FinnhubStream("k", emulator.stream("finnhub")), emulator.world.get("AAPL")
    await stream.watch({"AAPL", "MSFT", "NOPE"})
    rests: list[tuple[int, FailureKind]] = []
    prices: dict[str, Decimal] = {}
    for batch in await asyncio.wait_for(collected(stream, never(rests, 2)), 20):
        prices |= {quote.symbol: quote.price for quote in batch}
    assert apple is not None and prices["AAPL"] == emulator.world.quote(apple).price
    assert set(prices) == {"AAPL", "MSFT"} and rests == [(1, FailureKind.UNREACHABLE)] * 2


async def test_the_emulated_stream_refuses_a_wrong_key(emulator: Emulator) -> None:
    emulator.switches["finnhub"].wrong_key = True
    with pytest.raises(NotConfigured):
        await collected(FinnhubStream("k", emulator.stream("finnhub")), never([], 5))
