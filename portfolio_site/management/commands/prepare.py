"""Everything between installed packages and a served page: tables, schedule, market, demo.  Safe to run at every start."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connection
from django.db.migrations.executor import MigrationExecutor


class Command(BaseCommand):
    help = "Bring the data folder up to date: migrate, write the schedule, load the demo market and the demo person."

    def handle(self, *args: Any, **options: Any) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", verbosity=0, interactive=False)
        call_command("ensure_schedule", verbosity=0)
        if settings.DEMO_MARKET:
            call_command("load_demo_market", verbosity=options["verbosity"])
            call_command("load_demo", verbosity=options["verbosity"])
