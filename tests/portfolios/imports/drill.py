"""A process of its own that imports, and can be told to die by SIGKILL at its nth statement.  Started by test_kill.py.

    python -m tests.portfolios.imports.drill prepare ROWS | read | confirm | record | look      several: look,record

The database lies in DATA_DIR.  KILL_AT=n kills the process just before the nth statement of `read` or `record`; KILL_AT=end
kills it right after its work, before anybody is told.  Every start rings the sweep, as a server does; the lease of dead jobs is
taken as over, because the test does not wait for it.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from datetime import datetime, timedelta
from typing import Any

HEADER = (
    "Action,Time,ISIN,Ticker,Name,No. of shares,Price / share,Currency (Price / share),Exchange rate,Total,Currency (Total),"
    "Notes,ID,Currency conversion fee,Currency (Currency conversion fee)"
)
INSTRUMENTS = 20


def statement(rows: int) -> bytes:
    """Two purchases and a sale in turn, of twenty instruments."""
    moment, lines = datetime(2015, 1, 1, 9), [HEADER]
    for number in range(rows):
        moment += timedelta(minutes=300)
        which, selling = number % INSTRUMENTS, (number // INSTRUMENTS) % 3 == 2
        side, units, total = ("sell", "1", "79.80") if selling else ("buy", "2", "160.20")
        lines.append(
            f"Market {side},{moment:%Y-%m-%d %H:%M:%S},US0000{which:04d}00,S{which},Stock {which},{units}.0000000000,100.00,USD,1.25000,{total},GBP,,ID{number},0.20,GBP"
        )
    return "\n".join(lines).encode()


def _mortal() -> Any:
    """A wrapper of statements that ends this process at the one it is told."""
    wanted = os.environ.get("KILL_AT", "")
    count = 0

    def wrapper(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if wanted.isdigit() and count >= int(wanted):
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    return wrapper


def _prepare(rows: int) -> None:
    from django.core.management import call_command

    from market.services import create_private_instrument
    from portfolios.models import ImportBatch
    from portfolios.services import create_portfolio
    from tests import factories

    call_command("migrate", verbosity=0)
    person = factories.make_person("drill")
    for which in range(INSTRUMENTS):
        create_private_instrument(person, symbol=f"S{which}", name=f"Stock {which}", asset_class="stock", currency="USD", isin=f"US0000{which:04d}00")
    portfolio = create_portfolio(person, name="Drill", base_currency="GBP")
    ImportBatch.objects.create(portfolio=portfolio, uploaded_by=person, file_name="drill.csv", content=statement(rows))


def _look() -> dict[str, Any]:
    from portfolios.imports.selectors import counts_of
    from portfolios.models import Holding, ImportBatch, Transaction
    from portfolios.services import check_integrity

    batch = ImportBatch.objects.get()
    return {
        "status": batch.status,
        "rows": counts_of(batch).listed,
        "entries": Transaction.objects.live().count(),
        "keys": Transaction.objects.live().values("source_key").distinct().count(),
        "units": str(sum(row.quantity for row in Holding.objects.all())),
        "findings": len(check_integrity([batch.portfolio_id])),
    }


def main(action: str, *more: str) -> None:
    import django

    django.setup()
    from portfolios.imports import reading, tasks

    reading.LEASE = tasks.LEASE = timedelta(0)
    for one in action.split(","):
        _do(one, *more)


def _do(action: str, *more: str) -> None:
    from django.db import connection

    from portfolios.imports import services, tasks
    from portfolios.models import ImportBatch

    if action == "prepare":
        _prepare(int(more[0]))
    elif action == "confirm":
        batch = ImportBatch.objects.select_related("portfolio", "uploaded_by").get()
        with connection.execute_wrapper(lambda execute, *rest: execute(*rest)):
            from portfolios.signals import import_confirmed

            import_confirmed.receivers = []  # only the sweep rings in this drill
            import_confirmed.sender_receivers_cache.clear()
            services.confirm_import(batch.uploaded_by, batch)
    elif action in ("read", "record"):
        with connection.execute_wrapper(_mortal()):
            tasks.sweep_imports()
            if os.environ.get("KILL_AT") == "end":
                os.kill(os.getpid(), signal.SIGKILL)
    if action == "look":
        print(json.dumps(_look()), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
