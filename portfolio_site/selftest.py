"""What SQLite must be set to before anybody's money goes in.  A wrong setting here loses digits or committed entries silently."""

from __future__ import annotations

from decimal import Decimal

from django.db import connection

from portfolio_site.kernel.errors import Unavailable
from portfolio_site.web.fields import ExactDecimalField

_SAMPLES = tuple(Decimal(text) for text in ("0.123456789012345678", "99999999999999999999.999999999999999999", "-1234567890123456.78", "0"))


class UnsafeDatabase(Unavailable):
    code, title = "unsafe_database", "The database is not set up safely."


def check_sqlite() -> None:
    """Write-ahead log, full synchronisation, immediate transactions, exact decimals.  Raises UnsafeDatabase; nothing on PostgreSQL."""
    if connection.vendor != "sqlite":
        return
    wrong = []
    with connection.cursor() as cursor:
        for pragma, wanted, meaning in (("journal_mode", "wal", "WAL"), ("synchronous", 2, "FULL")):
            found = cursor.execute(f"PRAGMA {pragma}").fetchone()[0]
            if found != wanted:
                wrong.append(f"{pragma} is {found}, not {meaning}")
        mode = getattr(connection, "transaction_mode", None)
        if mode != "IMMEDIATE":
            wrong.append(f"transactions begin {mode or 'DEFERRED'}, not IMMEDIATE")
        field = ExactDecimalField()
        cursor.execute(f"CREATE TEMP TABLE self_test (value {field.db_type(connection)})")
        for sample in _SAMPLES:
            cursor.execute("DELETE FROM self_test")
            cursor.execute("INSERT INTO self_test VALUES (%s)", [field.get_db_prep_value(sample, connection)])
            back = field.from_db_value(cursor.execute("SELECT value FROM self_test").fetchone()[0], None, connection)
            if back != sample:
                wrong.append(f"{sample} came back as {back}")
        cursor.execute("DROP TABLE self_test")
    if wrong:
        raise UnsafeDatabase("SQLite is not set up as it must be: " + "; ".join(wrong) + ". Put DATA_DIR on a local disk and start again.")
