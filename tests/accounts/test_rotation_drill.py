"""A new field key under traffic: the rotation is killed again and again, everything stays readable, and the old key can go."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection

from tests.shared import ROOT

LONG = os.environ.get("DRILLS") == "long"
ROWS, KILLS, STATEMENTS = (100_000, 20, 20_000) if LONG else (150, 3, 90)


def database_for(folder: Path) -> dict[str, str]:
    """The database of this test for processes of their own: a copy of the file, or the one on the server."""
    if connection.vendor == "sqlite":
        copy = sqlite3.connect(folder / "plumbline.sqlite3")
        connection.ensure_connection()
        connection.connection.backup(copy)
        copy.close()
        return {"DATABASE_URL": ""}
    name = str(connection.settings_dict["NAME"])
    return {"DATABASE_URL": urlunsplit(urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}")), "ROLE": "worker"}


@pytest.mark.drill
@pytest.mark.unbalanced  # nothing of it is this process's to check
@pytest.mark.django_db(transaction=True)
def test_killed_at_every_turn_under_traffic_all_stays_readable_and_the_old_key_can_go(tmp_path: Path) -> None:
    environment = {
        **os.environ,
        **database_for(tmp_path),
        "DATA_DIR": str(tmp_path),
        "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local",
        "RATE_LIMITS": "off",
        "DEMO_MARKET": "false",
        "LOG_LEVEL": "ERROR",
        "REDIS_URL": "",
    }
    command = [sys.executable, "-m", "tests.accounts.rotation", *map(str, (ROWS, KILLS, STATEMENTS)), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=3000 if LONG else 300, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["killed"] == KILLS and found["writers"] == [0, 0, 0], done.stderr[-3000:]
    assert found["wrong"] == [] and found["journal"] >= 12 and found["read"] > ROWS
    assert "older keys may go" in found["verify"] and "key 1" not in found["verify"]
