"""Runs everything in one process: pages, API, sockets, jobs, the schedule and streams of prices."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from market.services import tell_sources
from market.services.streaming import StreamThread
from portfolio_site import embedded
from portfolio_site.celery import app as celery_app
from portfolio_site.kernel.errors import DomainError
from portfolio_site.preparing import migrate, prepare
from portfolio_site.selftest import check_sqlite
from portfolios.services import DEMO_PASSWORD, DEMO_USERNAME

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Runs Plumbline in one process: pages, API, sockets, jobs and the schedule. For several processes see deploy/README.md."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=os.environ.get("HOST", "127.0.0.1"), help="address to listen on (HOST); default 127.0.0.1")
        parser.add_argument("--prepare", action="store_true", help="first load the demo market and the demo person, where they are missing")
        parser.add_argument("--port", type=int, default=int(os.environ.get("PORT") or 8000), help="port to listen on (PORT); default 8000")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ROLE != "embedded":
            raise CommandError(
                f"ROLE={settings.ROLE}: this command is for the embedded role only. Unset ROLE, or start the role as deploy/README.md says."
            )
        if settings.PROCESSES > 1:
            raise CommandError(
                "WEB_CONCURRENCY is above 1, but the embedded server is one process: memory is what its parts share. "
                "Unset it, or run separate processes on PostgreSQL and Redis (make services)."
            )
        os.umask(0o077)  # the database and all files beside it are for their owner alone
        try:
            self._held = embedded.lock(settings.DATA_DIR)
            listener = embedded.listen(options["host"], options["port"])
            self._prepare(demo=options["prepare"])
        except DomainError as problem:
            raise CommandError(problem.detail) from None
        self._run(listener)  # does not come back; the lock is held until the process is gone

    def _prepare(self, *, demo: bool) -> None:
        """Look at the database's settings, then bring it up to date."""
        check_sqlite()
        tell_sources()
        if demo:
            prepare(self.stdout)
        else:
            migrate()
        connections.close_all()

    def _run(self, listener: Any) -> None:
        embedded.share_in_slices()
        jobs, streams = embedded.Jobs(celery_app), StreamThread()

        def on_start() -> None:
            jobs.start()
            streams.start()
            threading.Thread(target=self._greet, args=(listener.getsockname(),), name="greet", daemon=True).start()

        def on_end() -> None:
            jobs.ask_to_stop()
            streams.ask_to_stop()

        server = embedded.server("portfolio_site.asgi:application", on_start=on_start, on_end=on_end)
        server.run(sockets=[listener])
        ended = time.monotonic()
        finished = jobs.wait() and streams.wait()
        connections.close_all()
        log.info("serve.ended", extra={"jobs_finished": finished, "waited": round(time.monotonic() - ended, 2)})
        self.stdout.write("Stopped.")
        # Everything is put away.  Taking the interpreter apart would cost seconds and save nothing; and a job that is still at
        # work on a thread would be waited for, though its database transaction ends with the process.
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)

    def _greet(self, address: tuple[Any, ...]) -> None:
        """The address, and how to sign in where the demo is loaded."""
        host, port = address[0], address[1]
        shown = f"[{host}]" if ":" in host else host
        self.stdout.write(f"Plumbline is on http://{shown}:{port}/  (Ctrl-C stops it)")
        if get_user_model()._default_manager.filter(username=DEMO_USERNAME, is_active=True).exists():
            self.stdout.write(f"Sign in as “{DEMO_USERNAME}” with the password “{DEMO_PASSWORD}”.")
        self.stdout.flush()
        connections.close_all()
