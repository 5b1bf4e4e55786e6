"""Tests that commit are cleaned up by emptying every table, which the triggers of the audit refuse on SQLite.

There they stand aside for exactly as long as the emptying takes.  PostgreSQL empties by TRUNCATE, which is no
row event.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

GUARDS = [importlib.import_module(f"accounts.migrations.{name}") for name in ("0002_audit_append_only", "0011_consent_append_only")]


class _Direct:
    """As much of a schema editor as the migration's functions use."""

    connection = connection

    def execute(self, statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)


@pytest.fixture(scope="session", autouse=True)
def audit_triggers_stand_aside_while_tables_are_emptied() -> Iterator[None]:
    """Wraps the flush of the test database."""
    if connection.vendor != "sqlite":
        yield
        return
    operations = connection.ops
    plain = operations.execute_sql_flush

    def flush(statements: Any) -> None:
        for guard in GUARDS:
            guard.remove(None, _Direct())
        try:
            plain(statements)
        finally:
            for guard in GUARDS:
                guard.install(None, _Direct())

    operations.execute_sql_flush = flush  # type: ignore[method-assign]
    yield
    operations.execute_sql_flush = plain  # type: ignore[method-assign]
