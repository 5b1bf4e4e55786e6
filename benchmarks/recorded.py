"""What measurements share: the recorded workload beside this repository, a database to fill, and its entries in a portfolio.

The workload and the references are recorded scripts (see tests/shared.py); where they are absent there is nothing to measure with.
The database is SQLite in a temporary folder, or the one that DATABASE_URL names, whose tables are made and emptied.
"""

from __future__ import annotations

import contextlib
import csv
import importlib
import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

RECORDED = Path(__file__).resolve().parent.parent.parent / "shared" / "benchmarks"
KINDS = {"BUY": "buy", "SELL": "sell", "DIVIDEND": "dividend"}
EURUSD = Decimal("1.12")  # one rate for all days: what is measured does not depend on it


def present() -> bool:
    """Whether the workload is on this machine; says so where it is not."""
    if (RECORDED / "workload.py").exists():
        return True
    print("The recorded workload is not on this machine; nothing is measured.")
    return False


def workload(size: str, folder: Path) -> list[dict[str, str]]:
    """The entries of a workload in order, as texts; its files are written into the folder."""
    sys.dont_write_bytecode = True
    if str(RECORDED) not in sys.path:
        sys.path.insert(0, str(RECORDED))
    with contextlib.redirect_stdout(io.StringIO()):
        importlib.import_module("workload").write(size, folder)
    with (folder / size / "transactions.csv").open() as file:
        return list(csv.DictReader(file))


@contextlib.contextmanager
def database() -> Iterator[str]:
    """An empty Plumbline database.  Yields its vendor."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATA_DIR"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portfolio_site.settings.local")
        os.environ["LOG_LEVEL"] = "ERROR"
        os.environ.pop("REDIS_URL", None)
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        call_command("flush", verbosity=0, interactive=False)
        yield connection.vendor
        connection.close()


def portfolio_with(symbols: dict[str, str], method: str = "fifo") -> tuple[Any, dict[str, Any]]:
    """A person's portfolio in dollars that does not track cash, and an instrument for each symbol (symbol → currency)."""
    from accounts.models import Preferences, User
    from market.models import Instrument
    from portfolios.models import Portfolio

    person = User.objects.create_user(f"bench{User.objects.count()}", f"bench{User.objects.count()}@example.org", "a plumb line hangs true")
    Preferences.objects.update_or_create(user=person, defaults={"base_currency": "USD", "welcome_done": True})
    portfolio = Portfolio.objects.create(owner=person, name="Workload", base_currency="USD", cost_method=method, tracks_cash=False)
    made = [Instrument(owner=person, symbol=symbol, name=symbol, currency=currency) for symbol, currency in symbols.items()]
    Instrument.objects.bulk_create(made)
    return portfolio, {one.symbol: one for one in Instrument.objects.filter(owner=person)}


def entries_of(portfolio: Any, instruments: dict[str, Any], rows: list[dict[str, str]], **more: Any) -> list[Any]:
    """The rows of a workload as entries, not saved."""
    from django.utils import timezone

    from portfolios.models import Transaction

    now, made = timezone.now(), []
    for row in rows:
        foreign = row["currency"] != "USD"
        made.append(
            Transaction(
                portfolio_id=portfolio.pk,
                instrument_id=instruments[row["symbol"]].pk,
                kind=KINDS[row["type"]],
                traded_on=date.fromisoformat(row["date"]),
                quantity=Decimal(row["quantity"]),
                price=Decimal(row["price"]),
                fees=Decimal(row["fees"]) or None,
                currency=row["currency"],
                fx_rate=EURUSD if foreign else None,
                fx_source="reference" if foreign else "",
                recorded_at=now,
                recorded_by_id=portfolio.owner_id,
                **more,
            )
        )
    return made


def filled(size: str = "L", method: str = "fifo") -> tuple[Any, dict[str, Any], list[dict[str, str]]]:
    """A portfolio with the whole workload stored and its holdings written, its instruments, and the workload."""
    from portfolios.services.projections import rebuild_projection
    from portfolios.services.storing import store

    with tempfile.TemporaryDirectory() as folder:
        rows = workload(size, Path(folder))
    portfolio, instruments = portfolio_with({row["symbol"]: row["currency"] for row in rows}, method)
    store(entries_of(portfolio, instruments, rows))
    rebuild_projection(portfolio)
    return portfolio, instruments, rows


def median(call: Callable[[], Any], runs: int = 5) -> tuple[float, float]:
    """Median seconds of a few runs: by the clock, and of this process."""
    wall, cpu = [], []
    for _ in range(runs):
        clock, busy = time.perf_counter(), time.process_time()
        call()
        wall.append(time.perf_counter() - clock)
        cpu.append(time.process_time() - busy)
    return statistics.median(wall), statistics.median(cpu)


def memory() -> float:
    """The most this process has held so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
