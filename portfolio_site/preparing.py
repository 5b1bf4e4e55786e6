"""Everything between installed packages and a served page: tables, schedule, demo market, demo person.  Safe at every start."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import OutputWrapper
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from accounts.data_rights.erasing import reapply_erasures
from portfolio_site.schedule import ensure_schedule
from portfolios.services import DEMO_USERNAME


def migrate() -> bool:
    """Make the tables that are missing.  Says whether there were any."""
    executor = MigrationExecutor(connection)
    if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
        return False
    call_command("migrate", verbosity=0, interactive=False)
    return True


def prepare(out: OutputWrapper, verbosity: int = 1) -> None:
    """Bring the data up to date.

    The demo is loaded where its person is missing, which comes last.  Later starts do not wait for the days that have passed
    since: a job that the scheduler rings at its start adds them.
    """
    if migrate():
        ensure_schedule()
    reapply_erasures()  # the database may be a backup that was put back
    if settings.DEMO_MARKET and not get_user_model()._default_manager.filter(username=DEMO_USERNAME).exists():
        if verbosity:
            out.write("Loading the demo market (once) …")
            out.flush()
        call_command("load_demo_market", verbosity=verbosity, stdout=out)
        call_command("load_demo", verbosity=verbosity, stdout=out)
