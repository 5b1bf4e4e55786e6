"""100 000 entries into the database, sealed, beside the plainest way there is: executemany on SQLite, COPY on PostgreSQL.

The references insert the same workload into a table of seven plain columns with two indexes, as the recorded script does.

    python -m benchmarks store                  SQLite
    DATABASE_URL=… python -m benchmarks store   PostgreSQL
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.recorded import database, entries_of, median, portfolio_with, present, workload

COLUMNS = ("date", "kind", "symbol", "quantity", "price", "fees", "currency")


def reference(vendor: str, rows: list[tuple[str, ...]]) -> Callable[[], None]:
    """What the recorded script does, on a table of its shape."""
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        exact = "decimal" if vendor == "sqlite" else "numeric(20, 4)"
        key = "integer PRIMARY KEY AUTOINCREMENT" if vendor == "sqlite" else "bigserial PRIMARY KEY"
        cursor.execute("DROP TABLE IF EXISTS bench_plain")
        cursor.execute(
            f"CREATE TABLE bench_plain (id {key}, date date NOT NULL, kind varchar(10) NOT NULL, symbol varchar(12) NOT NULL, "
            f"quantity {exact} NOT NULL, price {exact} NOT NULL, fees {exact} NOT NULL, currency varchar(3) NOT NULL)"
        )
        cursor.execute("CREATE INDEX bench_date ON bench_plain (date)")
        cursor.execute("CREATE INDEX bench_symbol ON bench_plain (symbol)")
    names = ", ".join(COLUMNS)

    def run() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM bench_plain" if vendor == "sqlite" else "TRUNCATE bench_plain")
            if vendor == "sqlite":
                connection.connection.executemany(f"INSERT INTO bench_plain ({names}) VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
                return
            with cursor.cursor.copy(f"COPY bench_plain ({names}) FROM STDIN") as copy:
                copy.write("\n".join(map("\t".join, rows)) + "\n")

    return run


def main() -> None:
    if not present():
        return
    with database() as vendor, tempfile.TemporaryDirectory() as folder:
        from django.db import transaction

        from portfolios.models import ImportBatch, Transaction
        from portfolios.services.storing import store

        rows = workload("L", Path(folder))
        portfolio, instruments = portfolio_with({row["symbol"]: row["currency"] for row in rows})
        batch = ImportBatch.objects.create(portfolio=portfolio, uploaded_by=portfolio.owner, file_name="l.csv")
        entries = entries_of(portfolio, instruments, rows, batch_id=batch.pk, source="generic")
        for place, entry in enumerate(entries):
            entry.source_key = hashlib.sha256(str(place).encode()).hexdigest()[:32]

        def emptied() -> None:
            with transaction.atomic():
                Transaction.objects.all().delete()

        plain_once = reference(vendor, [tuple(row.values()) for row in rows])
        plains, runs, keys = [], [], []
        for _ in range(5):  # both take turns
            plains.append(median(plain_once, runs=1))
            emptied()
            runs.append(median(lambda: keys.append(_stored(entries, store)), runs=1))
        plain, (wall, cpu) = sorted(plains)[2], sorted(runs)[2]
        name = "executemany" if vendor == "sqlite" else "COPY"
        print(f"{vendor}: {name} of plain rows {plain[0]:.2f} s ({plain[1]:.2f} s of CPU)")
        print(
            f"   entries, sealed, with their indexes {wall:.2f} s ({cpu:.2f} s of CPU): {wall / plain[0]:.1f} of it   {len(rows) / wall:10,.0f} rows/s"
        )
        if vendor == "postgresql":
            print(f"   of it the keys of other tables, checked row by row when the transaction ends: {sorted(keys)[2]:.2f} s")


def _stored(entries: list[Any], store: Callable[[Any], None]) -> float:
    """Store them; the seconds that the deferred checks took by the clock."""
    from django.db import connection, transaction

    with transaction.atomic():
        store(entries)
        begin = time.perf_counter()
        if connection.vendor == "postgresql":
            connection.check_constraints()
        return time.perf_counter() - begin


if __name__ == "__main__":
    main()
