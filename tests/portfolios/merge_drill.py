"""A process of its own in which jobs that merge, and take a merge back, die by SIGKILL.  Started by test_merge_kill.py.

    python -m tests.portfolios.merge_drill POINT…      a statement before which a job dies, or "end": after its work, before anybody is told

Each job is a child that the sweep rings for, as after a restart; the lease of dead jobs is taken as over.  Tells, as JSON, what stood in
the database after each, of the merge first and then of taking it back.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any


def look() -> list[Any]:
    from market.models import Instrument, InstrumentMerge
    from portfolios.models import Holding, Transaction
    from portfolios.services import check_integrity

    held = sorted((row.instrument.symbol, str(row.quantity)) for row in Holding.objects.select_related("instrument"))
    named = Transaction.objects.filter(instrument__symbol="FB").count()
    return [InstrumentMerge.objects.get().status, sorted(Instrument.objects.values_list("symbol", flat=True)), held, named, len(check_integrity())]


def job(point: str) -> bool:
    """Whether a child that did what the sweep rang for was killed there."""
    from django.db import connection, connections

    connections.close_all()
    if not (child := os.fork()):
        from market import tasks

        count = 0

        def mortal(execute: Any, *rest: Any) -> Any:
            nonlocal count
            count += 1
            if point.isdigit() and count >= int(point):
                os.kill(os.getpid(), signal.SIGKILL)
            return execute(*rest)

        with connection.execute_wrapper(mortal):
            tasks.sweep_merges()
        if point == "end":
            os.kill(os.getpid(), signal.SIGKILL)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


def main(points: Sequence[str]) -> None:
    import django

    django.setup()
    from django.apps import apps
    from django.core.management import call_command
    from django.test import override_settings

    from market.models import InstrumentMerge
    from market.selectors import merges
    from market.services import listing
    from market.services.listing import merges as jobs
    from market.signals import merge_begun
    from tests.factories import make_instrument, make_person, make_portfolio, make_staff, record

    merges.LEASE = jobs.LEASE = timedelta(0)
    merge_begun.receivers = []  # only the sweep rings in this drill
    merge_begun.sender_receivers_cache.clear()
    with override_settings(MIGRATION_MODULES={app.label: None for app in apps.get_app_configs()}):  # the tables at once
        call_command("migrate", verbosity=0, run_syncdb=True)
    person = make_person("drill")
    make_staff(person)
    stays, goes = make_instrument("META"), make_instrument("FB")
    for names in ((stays, goes), (goes,)):
        portfolio = make_portfolio(person, tracks_cash=False)
        for one in names:
            for day in ("2024-01-02", "2024-01-03"):
                record(portfolio, "buy", day, one, quantity="3", price="10")
    number = listing.start_merge(person, stays, goes)
    told: list[list[Any]] = [[]]
    for step in ("merge", "undo"):
        if step == "undo":
            told.append([])
            listing.start_parting(person, number)
        for point in points:
            InstrumentMerge.objects.update(attempts=0)  # no job is given up here
            told[-1].append([point, job(point), look()])
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(sys.argv[1:])
