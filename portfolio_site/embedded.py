"""One process for everything: pages and sockets on the main thread's loop, jobs and the schedule on threads beside it.

Memory is what the parts share, so there can be only one such process: a lock in the data folder sees to that.
Nothing is lost when it ends: jobs are rows, and what was in memory is rung again at the next start.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
import sys
import threading
from collections.abc import Callable, Generator
from pathlib import Path
from typing import IO, Any

import uvicorn
from celery import beat
from celery.worker import WorkController
from celery.worker import state as worker_state

from portfolio_site.kernel.errors import Conflict
from portfolio_site.web import push
from portfolio_site.web.bell import told

GRACE = 5  # seconds that open requests have to finish
WORKER_GRACE = 2.0  # seconds that running jobs have; one cut short is rolled back and done at the next start
SLICE = 0.0005  # seconds that a thread keeps the interpreter while another wants it; ten times as long is what Python begins with
FRAME_BYTES = 16 * 1024  # the largest message a socket may send us


class AlreadyServed(Conflict):
    code, title = "already_served", "Plumbline already runs here."


class PortTaken(Conflict):
    code, title = "port_taken", "The port is in use."


def share_in_slices() -> None:
    """Lets pages have the interpreter soon while jobs of the same process are at work.

    A page lets it go at each query, and has to wait for a slice to end before it goes on: with twenty queries and slices of 5 ms that is
    as much as the page itself takes (docs/performance.md).
    """
    sys.setswitchinterval(SLICE)


def lock(folder: Path) -> IO[str]:
    """Holds the data folder for this process, as long as the returned file is open.  Raises AlreadyServed."""
    path = folder / "serve.lock"
    held = path.open("a+")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.seek(0)
        other = held.read().strip() or "unknown"
        held.close()
        raise AlreadyServed(
            f"Process {other} already serves {folder}. Stop it first, or give this one another folder with DATA_DIR=…; "
            "several processes need PostgreSQL and Redis (make services)."
        ) from None
    held.truncate(0)
    held.write(str(os.getpid()))
    held.flush()
    return held


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.  Raises PortTaken with what to do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as problem:
        listener.close()
        raise PortTaken(f"Cannot listen on {host}:{port} ({problem.strerror}). Choose another port: PORT=8001 make run.") from None
    return listener


class Server(uvicorn.Server):
    """uvicorn, with a word at the start and the end, and signals that end it and nothing else."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None], on_end: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start, self._on_end = on_start, on_end

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        push.remember_loop(asyncio.get_running_loop())
        self._on_start()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_end()
        await super().shutdown(sockets)
        push.remember_loop(None)

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # otherwise they are raised again, and end the process before the jobs are put away


def server(application: str, *, on_start: Callable[[], None], on_end: Callable[[], None]) -> Server:
    """The web server: frames limited, compression off (it costs memory for each socket), no lifespan."""
    config = uvicorn.Config(
        application,
        lifespan="off",
        ws="websockets-sansio",
        ws_max_size=FRAME_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=GRACE,
        timeout_keep_alive=20,
        backlog=2048,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,  # whom to believe about addresses is one setting, PROXY_COUNT
    )
    return Server(config, on_start, on_end)


class Jobs:
    """The Celery worker and beat as threads of this process."""

    def __init__(self, app: Any, *, concurrency: int = 2) -> None:
        self._app = app
        self._concurrency = concurrency
        self._worker: WorkController | None = None
        self._beat: beat.Service | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Returns at once."""
        worker_state.should_stop = None
        self._threads = [threading.Thread(target=self._work, name="worker", daemon=True)]
        self._threads[0].start()

    def ask_to_stop(self) -> None:
        """Takes no more jobs; returns at once."""
        worker_state.should_stop = 0  # type: ignore[assignment]  # the exit code
        # the worker looks up when a message comes, or after two seconds, and waits once more before it goes: two messages
        for _ in range(2):
            told("canary", lambda: self._app.send_task("portfolio_site.tasks.canary", args=["default"], queue="default"))
        if self._beat is not None:
            self._beat.stop()

    def wait(self, patience: float = WORKER_GRACE) -> bool:
        """Whether all threads ended in time."""
        for thread in list(self._threads):
            thread.join(patience)
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        self._worker = WorkController(
            app=self._app,
            pool_cls="threads",
            concurrency=self._concurrency,
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        # not before: the worker has imported the tasks by now, and two threads that do it at once get half of them
        ticking = threading.Thread(target=self._keep_time, name="beat", daemon=True)
        self._threads.append(ticking)
        ticking.start()
        self._worker.start()

    def _keep_time(self) -> None:
        self._beat = beat.Service(self._app, scheduler_cls=self._app.conf.beat_scheduler)
        self._beat.start()
