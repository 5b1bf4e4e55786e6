"""A migrated database is kept beside the packages for the next run: to migrate from nothing takes longer than most files of tests.

Only on SQLite, where a database is a file.  It is kept under a digest of every migration and of the fields they use, so a change of one
means a database made anew; Django still looks for what is left to migrate in a copy.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from filelock import FileLock

KEPT = Path(sys.prefix) / "prepared"
_HOW_MANY = 6
_ROOT = Path(__file__).parents[1]


def digest() -> str:
    """Of all that decides what a migrated database looks like."""
    files = [file for app in apps.get_app_configs() for file in Path(app.path, "migrations").glob("*.py")]
    files += [file for folder in ("web", "kernel") for file in (_ROOT / "portfolio_site" / folder).glob("*.py")]
    made = hashlib.sha256(repr(sqlite3.sqlite_version).encode())
    for file in sorted(files):
        made.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return made.hexdigest()[:24]


def lay_out(kept: Path, name: str) -> bool:
    """A copy of the kept database as the database of this run; whether there was one."""
    if not kept.exists():
        return False
    shutil.copyfile(kept, name)
    os.utime(kept)
    return True


def keep(kept: Path) -> None:
    """The database of this run, just migrated, for later ones; the ones that were longest not used go."""
    kept.parent.mkdir(exist_ok=True)
    coming = kept.with_suffix(f".{os.getpid()}")
    copy = sqlite3.connect(coming)
    connection.ensure_connection()
    connection.connection.backup(copy)
    copy.close()
    coming.replace(kept)
    for old in sorted(kept.parent.glob("*.sqlite3"), key=lambda file: file.stat().st_mtime, reverse=True)[_HOW_MANY:]:
        old.unlink(missing_ok=True)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None) -> Iterator[None]:
    """The database of this run, in place of pytest-django's fixture of that name."""
    with django_db_blocker.unblock():
        made = _set_up()
    yield
    with django_db_blocker.unblock():
        see_off_whoever_is_left()
        teardown_databases(made, verbosity=0)


def see_off_whoever_is_left() -> None:
    """Ends what PostgreSQL still holds open for processes that a test killed: it learns of a client's end when it next writes to it."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
            )


def _set_up() -> Any:
    if connection.vendor != "sqlite":
        return setup_databases(verbosity=0, interactive=False)
    KEPT.mkdir(exist_ok=True)
    kept = KEPT / f"{digest()}.sqlite3"
    with FileLock(kept.with_suffix(".lock")):  # runs side by side wait for the first, which is quicker alone
        there = lay_out(kept, str(connection.settings_dict["TEST"]["NAME"]))
        made = setup_databases(verbosity=0, interactive=False, keepdb=there)
        if not there:
            keep(kept)
    return made
