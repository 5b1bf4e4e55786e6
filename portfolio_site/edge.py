"""A small front for trying several processes on one machine: sockets go to one port, everything else to another.

It looks at the first line of a connection and then passes bytes on.  A browser opens a connection of its own for each socket, so
the first line is enough.  In front of the world stands a real one: deploy/README.md has nginx doing the same.
"""

from __future__ import annotations

import asyncio
import contextlib

SOCKETS = (b"/ws/", b"/api/v1/ws/")
_FIRST_LINE = 16 * 1024


class Edge:
    """Listens on one port and passes on to two."""

    def __init__(self, host: str, pages: int, sockets: int) -> None:
        self._host, self._pages, self._sockets = host, pages, sockets

    async def serve(self, port: int) -> asyncio.Server:
        return await asyncio.start_server(self._pass_on, self._host, port, limit=_FIRST_LINE)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await asyncio.wait_for(reader.readuntil(b"\r\n"), 30)
            path = first.split(b" ")[1] if first.count(b" ") == 2 else b"/"
            port = self._sockets if path.startswith(SOCKETS) else self._pages
            there_reader, there_writer = await asyncio.open_connection(self._host, port)
        except (TimeoutError, OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            writer.close()
            return
        there_writer.write(first)
        await asyncio.gather(_copy(reader, there_writer), _copy(there_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one side ends; a slow taker slows the giver."""
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError, RuntimeError):
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()
    if writer.transport.is_closing():
        return
    asyncio.get_running_loop().call_later(5, writer.close)
