"""kill -9 between "it came true" and "it was sent": nothing is lost, and what is sent twice carries the same id."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.mail_server import MailServer

ROOT = Path(__file__).resolve().parents[2]
LONG = os.environ.get("DRILLS") == "long"
ALERTS = 60 if LONG else 8
FIRING = range(4, 64, 2) if LONG else (24,)  # statements of the process that fires, before which it dies
SENDING = [*(f"wire:{n}" for n in (1, 2, 3)), *range(2, 40, 2)] if LONG else ["wire:2", 9]


class Processes:
    """Processes over one database file and one mail server, and the journal of what was acknowledged to have fired."""

    def __init__(self, folder: Path, port: int) -> None:
        self._env = {**os.environ, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local", "DRILL_LEASE": "1"}
        for name in ("DATABASE_URL", "REDIS_URL"):
            self._env.pop(name, None)
        self._env |= {"EMAIL_URL": f"smtp://127.0.0.1:{port}", "DEMO_MARKET": "false", "LOG_LEVEL": "ERROR"}
        self.kills = 0

    def run(self, *arguments: object, kill_at: object = "") -> list[Any]:
        command = [sys.executable, "-m", "tests.alerts.drill", *map(str, arguments)]
        done = subprocess.run(command, cwd=ROOT, env={**self._env, "KILL_AT": str(kill_at)}, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode not in (0, -signal.SIGKILL):
            raise AssertionError(done.stderr[-3000:])
        self.kills += done.returncode == -signal.SIGKILL
        return [json.loads(line) for line in done.stdout.splitlines() if line[:1] in "{["]


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.own_process
def test_killed_at_any_point_every_alert_is_in_the_inbox_once_and_its_mail_arrives_under_one_id(tmp_path):
    server = MailServer()
    try:
        processes = Processes(tmp_path, server.port)
        processes.run("prepare", ALERTS)
        acknowledged = set()
        for point in FIRING:
            acknowledged |= {number for number, _ in processes.run("fire", 0, ALERTS, kill_at=point)}
        assert processes.kills == len(FIRING)
        before, first, *others = processes.kills, *SENDING
        acknowledged |= {number for number, _ in processes.run("fire", 0, ALERTS, "/", "send", 20, kill_at=first)}
        assert acknowledged == set(range(ALERTS))
        for point in others:
            processes.run("send", 20, kill_at=point)
        killed = processes.kills - before
        assert killed >= len(SENDING) // 2
        (seen,) = processes.run("send", 20, "/", "look")
    finally:
        server.close()
    assert (seen["firings"], seen["sent"]) == (ALERTS, ALERTS) and len(seen["keys"]) == ALERTS
    arrived = Counter(server.journal)
    assert set(arrived) == {f"<{key.replace(':', '.')}@127.0.0.1>" for key in seen["keys"]}, "an alert is lost, or an id is not ours"
    assert sum(arrived.values()) - ALERTS <= killed, "more mails than kills explain"
