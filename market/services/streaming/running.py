"""How following is started and stopped: as a thread of the one process, or as a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
from typing import TYPE_CHECKING

from market.providers import registry
from market.services.sources import setup

if TYPE_CHECKING:  # they load a websocket client, which a start without streams does not need
    from market.providers.streaming import PriceStream
    from market.services.streaming.following import Streaming

log = logging.getLogger(__name__)


def streams_are_on() -> bool:
    """Whether a source with a stream is on.  No query."""
    return bool(registry.streams_on(setup()))


def open_streams() -> dict[str, PriceStream]:
    """The streams of all sources that are on, not connected yet."""
    made = setup()
    return {name: registry.streamed(made, name) for name in registry.streams_on(made)}


def _streaming() -> Streaming:
    from market.services.streaming.following import Streaming

    return Streaming(open_streams())


async def follow_until_told() -> None:
    """Follows until SIGINT or SIGTERM."""
    loop, work = asyncio.get_running_loop(), asyncio.ensure_future(_streaming().run())
    for name in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(name, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


class StreamThread:
    """Following as a thread of this process, with a loop of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._work: asyncio.Task[None] | None = None
        self._thread = threading.Thread(target=self._run, name="streams", daemon=True)

    def start(self) -> None:
        """Returns at once.  Without a source with a stream there is no thread."""
        if streams_are_on():
            self._thread.start()

    def ask_to_stop(self) -> None:
        """Returns at once."""
        if self._thread.is_alive():
            with contextlib.suppress(RuntimeError):  # it has just ended by itself
                self._loop.call_soon_threadsafe(self._cancel)

    def wait(self, patience: float = 2.0) -> bool:
        """Whether it ended in time."""
        if self._thread.is_alive():
            self._thread.join(patience)
        return not self._thread.is_alive()

    def _cancel(self) -> None:
        if self._work is not None:
            self._work.cancel()

    def _run(self) -> None:
        try:
            self._work = self._loop.create_task(_streaming().run())
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._work)
        except Exception:
            log.exception("stream.fault")
        finally:
            self._loop.close()
