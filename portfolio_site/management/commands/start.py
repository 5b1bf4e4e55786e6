"""Becomes the process of its role."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from market.services import tell_sources
from portfolio_site import roles


class Command(BaseCommand):
    help = "Starts the role that ROLE names: web, live, worker, beat or stream; embedded (or nothing) is the one-process server."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--queues", default=os.environ.get("QUEUES", ""), help="what a worker reads (QUEUES), such as market,analytics; default all"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.ROLE == "embedded":
            call_command("serve")
            return
        if settings.ROLE not in roles.ROLES:
            raise CommandError(f"ROLE={settings.ROLE} is not a role. Set it to {', '.join(roles.ROLES)}, or unset it.")
        if not (settings.DATABASE_URL and settings.REDIS_URL):
            raise CommandError(f"ROLE={settings.ROLE} needs DATABASE_URL and REDIS_URL: processes share a database, a cache and a queue.")
        if settings.ROLE in {"worker", "stream"}:  # the roles that ask them
            tell_sources()
        command = roles.command_of(
            settings.ROLE,
            host=os.environ.get("HOST", "127.0.0.1"),
            port=int(os.environ.get("PORT") or 8000),
            processes=settings.PROCESSES,
            queues=options["queues"],
        )
        sys.stdout.flush()
        os.execv(command[0], command)  # noqa: S606  (our own program, no shell)
