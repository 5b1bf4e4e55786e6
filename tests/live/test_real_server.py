"""The same sockets on a real server: uvicorn with its limits, and a client on the other end of a TCP connection."""

from __future__ import annotations

import base64
import json
import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from analytics.consumers import base
from analytics.live import hub as hub_module
from portfolio_site import embedded
from portfolio_site.web import push
from tests import factories
from tests.live.peers import new_price, session_cookie

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


CLOSE = b"\x88\x02\x11\x38"  # a close frame with 4408


@pytest.fixture
def address(settings, monkeypatch) -> Iterator[tuple[str, int]]:
    """A server on a thread of this process, so that it sees this test's database."""
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    from portfolio_site.asgi import application

    listener = embedded.listen("127.0.0.1", 0)
    started = threading.Event()
    server = embedded.server(application, on_start=started.set, on_end=lambda: None)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    assert started.wait(20)
    yield listener.getsockname()
    server.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def _headers(user, address) -> dict[str, str]:
    return {"Cookie": session_cookie(user), "Origin": f"http://{address[0]}:{address[1]}"}


def _open(address, path: str, headers: dict[str, str]) -> ClientConnection:
    plain = {name: value for name, value in headers.items() if name != "Origin"}
    return connect(f"ws://{address[0]}:{address[1]}{path}", additional_headers=plain, origin=headers.get("Origin"), max_size=None, compression=None)


def _next(wire: ClientConnection, kind: str, timeout: float = 5) -> dict:
    until = time.monotonic() + timeout
    while True:
        message = json.loads(wire.recv(timeout=max(until - time.monotonic(), 0.01)))
        if message["type"] == kind:
            return message


def _tick(instrument, price: str) -> float:
    began = time.monotonic()
    new_price(instrument, price)
    return began


def test_a_tick_reaches_a_real_socket_and_the_page_socket_in_a_moment(address, person, a_portfolio):
    portfolio = a_portfolio(positions=1)
    instrument = portfolio.holdings.get().instrument
    headers = _headers(person, address)
    with _open(address, f"/api/v1/ws/portfolio/{portfolio.pk}", headers) as program, _open(address, "/ws/prices/", headers) as page:
        _next(program, "snapshot")
        page.send(json.dumps({"type": "watch", "ids": [str(instrument.pk)], "p": ""}))
        _next(page, "tick")
        time.sleep(0.4)  # past the pace of the first messages
        began = _tick(instrument, "77.5")
        message = _next(program, "portfolio")
        assert [row["price"] for row in message["holdings"]] == ["77.5"]
        tick = _next(page, "tick")
        while "77.50" not in tick["rows"][0]["price"]:
            tick = _next(page, "tick")
        assert time.monotonic() - began < 2


def test_a_foreign_page_gets_403_in_the_handshake(address, person):
    headers = _headers(person, address) | {"Origin": "https://evil.example"}
    with pytest.raises(InvalidStatus) as refused:
        _open(address, "/ws/prices/", headers)
    assert refused.value.response.status_code == 403


def test_pages_are_served_beside_the_sockets(address):
    import http.client

    wire = http.client.HTTPConnection(*address, timeout=10)
    wire.request("GET", "/healthz")
    assert wire.getresponse().status == 200


def test_a_frame_beyond_the_limit_ends_the_connection(address, person):
    with _open(address, "/api/v1/ws/live", _headers(person, address)) as wire:
        wire.send(json.dumps({"type": "ping", "padding": "x" * (embedded.FRAME_BYTES + 1)}))
        with pytest.raises(ConnectionClosed) as ended:
            wire.recv(timeout=5)
        assert ended.value.rcvd.code == 1009


def test_who_never_reads_is_cut_off_and_the_others_do_not_notice(address, person, monkeypatch):
    monkeypatch.setattr(base, "SEND_TIMEOUT", 0.5)
    other = factories.make_person("other")
    headers = _headers(person, address)
    lazy = _raw_socket(address, "/api/v1/ws/live", headers)
    lazy.sendall(_frame({"type": "subscribe", "channels": ["alerts"]}))
    with _open(address, "/api/v1/ws/live", _headers(other, address)) as busy:
        busy.send(json.dumps({"type": "subscribe", "channels": ["alerts"]}))
        _next(busy, "snapshot")
        time.sleep(0.3)
        for number in range(12):  # twelve megabytes that nobody takes
            push.send(f"user.{person.pk}", {"type": "alert.fired", "user": person.pk, "alert": {"id": number, "text": "x" * 1_000_000}})
        push.send(f"user.{other.pk}", {"type": "alert.fired", "user": other.pk, "alert": {"id": 99}})
        assert _next(busy, "alert", timeout=2)["id"] == 99
        hubs = list(hub_module._hubs.values())
        until = time.monotonic() + 5
        while any(one.sockets_of(person.pk) for one in hubs) and time.monotonic() < until:
            time.sleep(0.05)
        assert not any(one.sockets_of(person.pk) for one in hubs)
        lazy.settimeout(5)
        taken = _drain(lazy)
        assert len(taken) < 12_000_000  # what was not taken was not kept
        assert taken.endswith(CLOSE)  # behind what was on its way
        busy.send(json.dumps({"type": "ping"}))
        _next(busy, "pong")
    lazy.close()


def _raw_socket(address, path: str, headers: dict[str, str]) -> socket.socket:
    """A WebSocket whose client reads the handshake and nothing after it."""
    wire = socket.socket()
    wire.connect(address)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Upgrade: websocket", "Connection: Upgrade"]
    lines += [f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", *(f"{name}: {value}" for name, value in headers.items())]
    wire.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += wire.recv(1)
    assert b" 101 " in answer.split(b"\r\n")[0]
    return wire


def _frame(message: dict) -> bytes:
    """A masked text frame of less than 126 bytes."""
    data = json.dumps(message).encode()
    return bytes([0x81, 0x80 | len(data), 0, 0, 0, 0]) + data


def _drain(wire: socket.socket) -> bytes:
    """All that still comes, until the close frame or the end."""
    taken = b""
    while not taken.endswith(CLOSE) and (part := wire.recv(1 << 20)):
        taken += part
    return taken
