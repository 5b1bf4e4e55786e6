"""Processes that write and read sealed rows while `rotate_keys` runs, is killed, and runs again.  Started by the drill.

    python -m tests.accounts.rotation ROWS KILLS STATEMENTS FOLDER

The database is that of the environment, empty and migrated.  Each process is a fork of this one with the keys that it is told.  What a writer
was told to be stored it writes into the journal in FOLDER; at the end a process that has the new key alone reads all of it.  STATEMENTS: how
far a rotation comes at most before it is killed.  Says as one line of JSON what was found.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

OLD, NEW = hashlib.sha256(b"old").digest(), hashlib.sha256(b"new").digest()
WRITERS = 3
DAY = "2024-01-02"


def apart(work: Callable[[], Any]) -> int:
    """Does it in a process of its own; its number."""
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def ended(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


class Journal:
    """What was told to be stored, a line each; whole lines alone count."""

    def __init__(self, folder: Path, name: str) -> None:
        self._handle = os.open(folder / f"{name}.journal", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(self, *said: Any) -> None:
        os.write(self._handle, json.dumps(said).encode() + b"\n")


def told_by(folder: Path, number: int) -> list[str]:
    file = folder / f"writer{number}.journal"
    return file.read_text().splitlines() if file.exists() else []


def told(folder: Path) -> dict[tuple[str, str], Any]:
    """The last of each (kind, key)."""
    found: dict[tuple[str, str], Any] = {}
    for file in sorted(folder.glob("*.journal")):
        for line in file.read_text().splitlines():
            kind, key, value = json.loads(line)
            found[kind, str(key)] = value
    return found


# ── who writes ──────────────────────────────────────────────────────────────


def prepare(rows: int, folder: Path) -> None:
    """People who are signed in, and rows under the old key."""
    from accounts.models import IdempotencyKey
    from tests import factories

    journal = Journal(folder, "prepared")
    for number in range(WRITERS):
        person = factories.make_person(f"writer{number}")
        portfolio = factories.make_portfolio(person, tracks_cash=False)
        journal.note("name", portfolio.pk, portfolio.name)
        client = caller(person)
        journal.note("session", client.cookies["sessionid"].value, person.pk)
    kept = [IdempotencyKey(user=person, key=f"seed {n}", fingerprint="f", status=201, body=f"{{}}\nanswer {n}".encode()) for n in range(rows)]
    IdempotencyKey.objects.bulk_create(kept, batch_size=1000)


def caller(person: Any) -> Any:
    from rest_framework.test import APIClient

    client = APIClient(SERVER_NAME="127.0.0.1")
    client.force_login(person)
    return client


def write(number: int, folder: Path, stop: Path) -> None:
    """Entries by the API under keys, their notes changed, the portfolio renamed; and each read back at once."""
    from accounts.models import User
    from portfolios.models import Portfolio, Transaction
    from portfolios.services import edit_transaction, update_portfolio

    person, journal = User.objects.get(username=f"writer{number}"), Journal(folder, f"writer{number}")
    portfolio, client, turn = Portfolio.objects.get(owner=person), caller(person), 0
    journal.note("session", client.cookies["sessionid"].value, person.pk)
    path = f"/api/v1/portfolios/{portfolio.pk}/transactions"
    while not stop.exists():
        turn += 1
        key, body = f"{os.getpid()}:{turn}", {"type": "deposit", "date": DAY, "amount": str(turn), "notes": f"first {turn}"}
        answer = client.post(path, body, format="json", headers={"Idempotency-Key": key})
        assert answer.status_code == 201, answer.content
        journal.note("answer", f"{number} {key}", [path, body, answer.content.decode()])
        entry = Transaction.objects.get(pk=answer.json()["id"])
        changed = edit_transaction(person, entry, notes=f"second {turn}")
        journal.note("notes", changed.pk, f"second {turn}")
        update_portfolio(person, portfolio, name=f"Book {turn}")
        journal.note("name", portfolio.pk, f"Book {turn}")
        assert Portfolio.objects.get(pk=portfolio.pk).name == f"Book {turn}"
        assert Transaction.objects.get(pk=changed.pk).notes == f"second {turn}"
        time.sleep(0.02)


def signed_in_by(cookie: str) -> int | None:
    """Who is signed in by a session."""
    from rest_framework.test import APIClient

    client = APIClient(SERVER_NAME="127.0.0.1")
    client.cookies["sessionid"] = cookie
    answer = client.get("/api/v1/auth/me")
    return int(answer.json()["id"]) if answer.status_code == 200 else None


# ── who rotates ─────────────────────────────────────────────────────────────


def rotate(batch: int, kill_at: int = 0) -> None:
    from django.core.management import call_command
    from django.db import connection

    left = kill_at

    def mortal(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(mortal):
        call_command("rotate_keys", batch=batch, stdout=io.StringIO())


def look(folder: Path) -> None:
    """With the new key alone: whatever was told to be stored, and every sealed value of every table."""
    from django.core.management import call_command

    from accounts.models import IdempotencyKey, User
    from portfolio_site.management.commands.rotate_keys import sealed_columns
    from portfolios.models import Portfolio, Transaction

    journal, wrong, read = told(folder), [], 0
    for (kind, key), value in journal.items():
        if kind == "answer":
            number, _, key = key.partition(" ")
            path, body, content = value
            again = caller(User.objects.get(username=f"writer{number}")).post(path, body, format="json", headers={"Idempotency-Key": key})
            found: Any = [again.get("Idempotency-Replayed"), again.content.decode()]
            value = ["true", content]
        elif kind == "notes":
            found = Transaction.objects.get(pk=key).notes
        elif kind == "name":
            found = Portfolio.objects.get(pk=key).name
        else:
            found = signed_in_by(key)
        if found != value:
            wrong.append([kind, key, value, found])
    for row in IdempotencyKey.objects.filter(key__startswith="seed ").iterator():
        if row.body != f"{{}}\nanswer {row.key.removeprefix('seed ')}".encode():
            wrong.append(["seed", row.key])
    for model, field in sealed_columns():
        read += sum(1 for _ in model._default_manager.values_list(field.attname, flat=True).iterator(chunk_size=1000))
    said = io.StringIO()
    call_command("rotate_keys", verify=True, stdout=said)
    (folder / "found.json").write_text(json.dumps({"journal": len(journal), "read": read, "wrong": wrong[:20], "verify": said.getvalue()}))


def main(rows: int, kills: int, statements: int, folder: Path) -> None:
    import django

    django.setup()
    from django.conf import settings

    settings.FIELD_KEYS, settings.SEALING_KEY = {1: OLD, 2: NEW}, 1
    stop, batch, killed, runs = folder / "stop", 500 if rows > 5000 else 10, 0, 0
    assert ended(apart(lambda: prepare(rows, folder))) == 0
    settings.SEALING_KEY = 0
    writers = [apart(lambda number=number: write(number, folder, stop)) for number in range(WRITERS)]  # type: ignore[misc]
    luck, ends = random.Random(7), time.monotonic() + 120
    try:
        while killed < kills and runs < 3 * kills:
            point = luck.randrange(2, statements)
            status, runs = ended(apart(lambda point=point: rotate(batch, point))), runs + 1  # type: ignore[misc]
            assert status in {0, -signal.SIGKILL}, f"the rotation failed: {status}"
            killed += status == -signal.SIGKILL
        assert ended(apart(lambda: rotate(batch))) == 0
        while any(len(told_by(folder, number)) < 5 for number in range(WRITERS)) and time.monotonic() < ends:
            time.sleep(0.1)  # a busy machine: each has written something
    finally:
        stop.touch()
        wrote = [ended(pid) for pid in writers]
    settings.FIELD_KEYS = {2: NEW}  # the old one is taken away
    assert ended(apart(lambda: look(folder))) == 0
    print(json.dumps({"killed": killed, "writers": wrote, **json.loads((folder / "found.json").read_text())}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]), Path(sys.argv[4]))
