from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import prepared


def test_another_migration_means_another_database(monkeypatch: pytest.MonkeyPatch) -> None:
    before = prepared.digest()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda file: read(file) + b"#" * (file.name == "0001_initial.py"))
    assert prepared.digest() != before


def test_nothing_is_laid_out_where_nothing_was_kept(tmp_path: Path) -> None:
    assert not prepared.lay_out(tmp_path / "none.sqlite3", str(tmp_path / "own.sqlite3"))
    assert not (tmp_path / "own.sqlite3").exists()


@pytest.mark.django_db(transaction=True)
def test_the_database_of_a_run_lacks_no_migration_and_its_copy_no_table(tmp_path: Path) -> None:
    executor = MigrationExecutor(connection)
    assert executor.migration_plan(executor.loader.graph.leaf_nodes()) == []
    if connection.vendor != "sqlite":
        return
    prepared.keep(tmp_path / "kept" / "now.sqlite3")
    assert prepared.lay_out(tmp_path / "kept" / "now.sqlite3", str(tmp_path / "own.sqlite3"))
    copied = {name for (name,) in sqlite3.connect(tmp_path / "own.sqlite3").execute("select name from sqlite_master where type = 'table'")}
    assert set(connection.introspection.table_names()) <= copied


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_a_killed_process_left_behind_does_not_keep_the_database_of_a_run() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("a database that is a file has no sessions of its own")
    left = connection.copy("left")
    left.ensure_connection()
    try:
        prepared.see_off_whoever_is_left()
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()")
            assert cursor.fetchone() == (0,)
    finally:
        left.close()
