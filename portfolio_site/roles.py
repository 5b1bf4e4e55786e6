"""How each role of a fleet is started.  One image, one command (`manage.py start`), the role from the environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from portfolio_site.celery import QUEUES
from portfolio_site.embedded import FRAME_BYTES, GRACE

ROLES = ("web", "live", "worker", "beat", "stream")
BEHIND = {"worker": 5, "stream": 5}  # how far these stand behind pages where they share a machine with them (nice)


def command_of(role: str, *, host: str, port: int, processes: int = 1, queues: str = "") -> list[str]:
    """The command line of a role.  `port` matters to web and live; `queues` (comma-separated, all where blank) to worker."""
    tools = Path(sys.executable).parent
    place = ["--host", host, "--port", str(port)]
    if role == "web":
        return [
            str(tools / "granian"),
            *("--interface", "wsgi", *place, "--workers", str(processes), "--blocking-threads", str(2 * (os.cpu_count() or 1))),
            *("--backpressure", "64", "--no-ws", "--workers-kill-timeout", "10", "--log-level", "warning"),
            "portfolio_site.wsgi:application",
        ]
    if role == "live":
        return [
            str(tools / "uvicorn"),
            *(*place, "--workers", str(processes), "--lifespan", "off", "--ws", "websockets-sansio"),
            *("--ws-max-size", str(FRAME_BYTES), "--ws-per-message-deflate", "false"),
            *("--timeout-graceful-shutdown", str(GRACE), "--backlog", "4096"),
            *("--no-access-log", "--no-server-header", "--no-proxy-headers", "--log-level", "warning"),
            "portfolio_site.asgi:application",
        ]
    if role == "worker":
        return [
            str(tools / "celery"),
            *("-A", "portfolio_site", "--quiet", "worker", "-Q", queues or ",".join(QUEUES), "--concurrency", str(max(processes, 2))),
            *("--loglevel", "warning", "-O", "fair", "--max-tasks-per-child", "1000"),
        ]
    if role == "beat":
        return [str(tools / "celery"), "-A", "portfolio_site", "--quiet", "beat", "--pidfile", "", "--loglevel", "warning"]
    if role == "stream":
        return [sys.executable, str(Path(__file__).parent.parent / "manage.py"), "stream"]
    raise ValueError(f"There is no role “{role}”. Roles are {', '.join(ROLES)}.")
