"""All roles on one machine, for trying: web, live, worker and beat behind one port, and stream where a source has one."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from market.services.streaming import streams_are_on
from portfolio_site import roles
from portfolio_site.edge import Edge

PATIENCE = 30.0  # seconds that a role has to end by itself; a worker finishes what it is doing


class Command(BaseCommand):
    help = "Starts web, live, worker and beat against DATABASE_URL and REDIS_URL, and one port in front of them. Ctrl-C stops all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="port in front (PORT); the next two are used too")
        parser.add_argument("--no-prepare", action="store_true", help="the database is up to date already")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DATABASE_URL and settings.REDIS_URL):
            raise CommandError(
                "DATABASE_URL and REDIS_URL are not set. Several processes share a PostgreSQL database and a Redis, for example:\n"
                "  DATABASE_URL=postgres://plumbline@127.0.0.1/plumbline REDIS_URL=redis://127.0.0.1:6379/0 make services\n"
                "For one process without either: make run."
            )
        if not options["no_prepare"]:
            call_command("prepare", verbosity=0)
        port = options["port"]
        children = {role: self._start(role, port + 1 if role == "web" else port + 2) for role in self._roles()}
        try:
            asyncio.run(self._front(port, children))
        finally:
            self._stop(children)
        failed = [role for role, child in children.items() if child.returncode not in {0, -signal.SIGTERM, -signal.SIGINT}]
        if failed:
            raise CommandError(f"{', '.join(failed)} did not end well; its last lines are above.")
        self.stdout.write("Stopped.")

    def _roles(self) -> list[str]:
        """All of them; nothing is streamed without a source that does."""
        return [role for role in roles.ROLES if role != "stream" or streams_are_on()]

    def _start(self, role: str, port: int) -> subprocess.Popen[str]:
        command = roles.command_of(role, host="127.0.0.1", port=port, processes=1)
        child = subprocess.Popen(  # noqa: S603  (our own programs, no shell)
            command,
            env=os.environ | {"ROLE": role, "PORT": str(port), "WEB_CONCURRENCY": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,  # Ctrl-C is for this process; it tells each role's parent, and no child of it
        )
        # one session for all: among sessions Linux shares the processors evenly, whatever their members' places are
        os.setpriority(os.PRIO_PROCESS, child.pid, os.getpriority(os.PRIO_PROCESS, 0) + roles.BEHIND.get(role, 0))
        threading.Thread(target=self._repeat, args=(role, child), daemon=True).start()
        return child

    def _repeat(self, role: str, child: subprocess.Popen[str]) -> None:
        for line in child.stdout or ():
            sys.stdout.write(f"{role:6} | {line}")
            sys.stdout.flush()

    async def _front(self, port: int, children: dict[str, subprocess.Popen[str]]) -> None:
        """Until a signal comes or a role ends."""
        ended = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, ended.set)
        try:
            server = await Edge("127.0.0.1", pages=port + 1, sockets=port + 2).serve(port)
        except OSError as problem:
            raise CommandError(f"Cannot listen on 127.0.0.1:{port} ({problem.strerror}). Choose another port: PORT=8100 make services.") from None
        self.stdout.write(f"Plumbline is on http://127.0.0.1:{port}/  (web on {port + 1}, live on {port + 2}; Ctrl-C stops all)")
        self.stdout.flush()
        while not ended.is_set():
            gone = [role for role, child in children.items() if child.poll() is not None]
            if gone:
                self.stderr.write(f"{', '.join(gone)} ended; stopping the others.")
                break
            try:
                await asyncio.wait_for(ended.wait(), 0.5)
            except TimeoutError:
                continue
        server.close()

    def _stop(self, children: dict[str, subprocess.Popen[str]]) -> None:
        for child in children.values():
            if child.poll() is None:
                child.terminate()
        until = time.monotonic() + PATIENCE
        for role, child in children.items():
            try:
                child.wait(max(until - time.monotonic(), 0.1))
            except (subprocess.TimeoutExpired, KeyboardInterrupt):  # or a second Ctrl-C
                until = time.monotonic()
                self.stderr.write(f"{role} has not ended and is killed; what it was doing is done again.")
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
