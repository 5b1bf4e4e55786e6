"""Websockets on the emulator's own port, by the protocol of the `websockets` package without its loop."""

from __future__ import annotations

import contextlib
import socket as sockets
from collections import deque
from http.server import BaseHTTPRequestHandler
from typing import Any

from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from tests.emulator.formats import exact_json
from tests.emulator.switches import Switches


class OpenSocket:
    """A websocket after its handshake."""

    def __init__(self, connection: sockets.socket, protocol: ServerProtocol, switches: Switches) -> None:
        self._connection, self._protocol, self._switches = connection, protocol, switches
        self._waiting: deque[str | bytes] = deque()
        self._sent = 0

    def send(self, message: str | bytes | dict[str, Any] | list[Any]) -> None:
        if self._switches.disconnect_after is not None and self._sent >= self._switches.disconnect_after:
            self._connection.close()
            raise ConnectionResetError("disconnected by a switch")
        self._sent += 1
        if isinstance(message, bytes):
            self._protocol.send_binary(message)
        else:
            self._protocol.send_text(message.encode() if isinstance(message, str) else exact_json(message))
        self._flush()

    def ping(self) -> None:
        self._protocol.send_ping(b"")
        self._flush()

    def receive(self, timeout: float | None = None) -> str | bytes | None:
        while not self._waiting:
            self._connection.settimeout(timeout)
            try:
                data = self._connection.recv(65536)
            except TimeoutError:
                return None
            finally:
                with contextlib.suppress(OSError):
                    self._connection.settimeout(None)
            if not data:
                raise ConnectionResetError("the other side has gone")
            self._protocol.receive_data(data)
            self._flush()
            self._take()
        return self._waiting.popleft()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._protocol.send_close(1000)
            self._flush()

    def _take(self) -> None:
        for event in self._protocol.events_received():
            if not isinstance(event, Frame):
                continue
            if event.opcode is Opcode.TEXT:
                self._waiting.append(bytes(event.data).decode())
            elif event.opcode is Opcode.BINARY:
                self._waiting.append(bytes(event.data))
            elif event.opcode is Opcode.CLOSE and not self._waiting:
                raise ConnectionResetError("the other side has closed")

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._connection.sendall(data)


def accept(handler: BaseHTTPRequestHandler, switches: Switches) -> OpenSocket | None:
    """Shakes hands over a request that `http.server` has read; None where the other side speaks no websocket."""
    protocol = ServerProtocol()
    lines = [handler.requestline, *(f"{name}: {value}" for name, value in handler.headers.items()), "", ""]
    protocol.receive_data("\r\n".join(lines).encode())
    request = next((event for event in protocol.events_received() if isinstance(event, Request)), None)
    if request is None:
        return None
    response = protocol.accept(request)
    protocol.send_response(response)
    for data in protocol.data_to_send():
        if data:
            handler.connection.sendall(data)
    return OpenSocket(handler.connection, protocol, switches) if response.status_code == 101 else None
