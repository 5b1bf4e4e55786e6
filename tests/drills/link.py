"""A link to a service that a drill may let fall silent: what is sent over it is swallowed, as by a network that lost its way."""

from __future__ import annotations

import selectors
import socket
import threading
from contextlib import suppress


class Link:
    """Listens on a port of its own and carries every byte to `port` and back.  Silent, it takes connections and data, and passes nothing on."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server = socket.create_server(("127.0.0.1", 0), backlog=512)
        self.port = int(self._server.getsockname()[1])
        self._silent = self._over = False
        self._pairs: dict[socket.socket, socket.socket | None] = {}
        self._waiting = selectors.DefaultSelector()
        self._waiting.register(self._server, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def fall_silent(self) -> None:
        self._silent = True

    def mend(self) -> None:
        """What was under way is lost with its connections."""
        self._silent = False
        for one in list(self._pairs):
            self._part(one)

    def close(self) -> None:
        self._over = True
        self._thread.join(10)
        for one in [self._server, *self._pairs]:
            one.close()

    def _run(self) -> None:
        while not self._over:
            for key, _ in self._waiting.select(0.1):
                one = key.fileobj
                if one is self._server:
                    self._take()
                elif isinstance(one, socket.socket):
                    self._carry(one)

    def _take(self) -> None:
        near, _ = self._server.accept()
        far = None
        if not self._silent:
            try:
                far = socket.create_connection(("127.0.0.1", self._to), 5)
            except OSError:
                near.close()
                return
        self._pairs[near] = far
        self._waiting.register(near, selectors.EVENT_READ)
        if far is not None:
            self._pairs[far] = near
            self._waiting.register(far, selectors.EVENT_READ)

    def _carry(self, one: socket.socket) -> None:
        try:
            data = one.recv(65536)
            other = self._pairs.get(one)
            if data and not self._silent:
                if other is None:
                    raise ConnectionResetError
                other.sendall(data)
        except (OSError, ValueError):
            data = b""
        if not data:
            self._part(one)

    def _part(self, one: socket.socket) -> None:
        other = self._pairs.pop(one, None)
        if other is not None:
            self._pairs.pop(other, None)
        for end in (one, other):
            if end is not None and end.fileno() >= 0:
                with suppress(KeyError, ValueError):
                    self._waiting.unregister(end)
                end.close()
