"""Alerts while everything that can fail does: senders killed, Redis emptied and killed, connections to the database cut, a mail server
that hangs up.  Real workers, a real scheduler, PostgreSQL and Redis of the drill's own.  Of the long form only (`make drills`).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.alerts.mail_server import MailServer
from tests.alerts.services_of_our_own import Postgres, Redis

ROOT = Path(__file__).resolve().parents[2]
ALERTS, KILLS, SENDERS = 400, 24, 2
RECOVERS_IN = 60  # seconds after the last fault
BROKEN = ("drop", "451 later")  # answers of the mail server now and then


class Fleet:
    """Workers of the queue of alerts, and the scheduler, each a process group of its own."""

    def __init__(self, folder: Path, postgres: Postgres, redis: Redis, mail: MailServer) -> None:
        self._env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local",
            "DATA_DIR": str(folder),
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "EMAIL_URL": f"smtp://127.0.0.1:{mail.port}",
            "DEMO_MARKET": "false",
            "LOG_LEVEL": "ERROR",
            "ROLE": "worker",
        }
        self._log = (folder / "fleet.log").open("w")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str) -> None:
        tool = [sys.executable, "-m", "celery", "-A", "portfolio_site", "--quiet"]
        if name == "beat":
            command = [*tool, "beat", "--pidfile", "", "--loglevel", "error"]
        else:
            command = [
                *tool,
                "worker",
                "-Q",
                "alerts",
                "--concurrency",
                "1",
                "-n",
                f"{name}@drill",
                "--loglevel",
                "error",
                "--without-gossip",
                "--without-mingle",
            ]
        self._running[name] = subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=self._log, stderr=self._log, start_new_session=True)

    def kill(self, name: str) -> None:
        """The whole process group, at once."""
        running = self._running.pop(name)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()

    def close(self) -> None:
        for name in list(self._running):
            self.kill(name)
        self._log.close()

    def drill(self, *arguments: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.alerts.drill", *map(str, arguments)]
        return subprocess.Popen(command, cwd=ROOT, env=self._env, stdout=subprocess.PIPE, text=True)

    def look(self) -> dict:
        out, _ = self.drill("look").communicate(timeout=120)
        return json.loads(out)


def _faults(fleet: Fleet, postgres: Postgres, redis: Redis, mail: MailServer, luck: random.Random) -> int:
    """All of them, by chance and one after another; how many senders were killed."""
    senders = [f"sender{number}" for number in range(SENDERS)]
    for number in range(KILLS):
        time.sleep(luck.uniform(0.5, 2.5))
        name = luck.choice(senders)
        fleet.kill(name)
        fleet.start(name)
        mail.answers += luck.choices(BROKEN, k=2)
        if number % 6 == 1:
            redis.flush()
        if number % 6 == 3:
            postgres.cut_everybody_off()
        if number % 8 == 5:
            redis.kill()
            time.sleep(2)
            redis.start()
        if number == KILLS // 2:
            fleet.kill("beat")
            fleet.start("beat")
    return KILLS


@pytest.mark.drill
@pytest.mark.slow
@pytest.mark.own_process
@pytest.mark.skipif(os.environ.get("DRILLS") != "long", reason="some minutes; make drills")
def test_alerts_arrive_once_each_through_every_fault_and_within_a_minute_of_the_last(tmp_path):
    postgres, redis, mail = Postgres(), Redis(tmp_path), MailServer()
    fleet = Fleet(tmp_path, postgres, redis, mail)
    try:
        assert fleet.drill("prepare", ALERTS).wait(600) == 0
        for name in ("beat", *(f"sender{number}" for number in range(SENDERS))):
            fleet.start(name)
        acknowledged: set[int] = set()
        firing = fleet.drill("fire", 0, ALERTS)
        kills = _faults(fleet, postgres, redis, mail, random.Random(7))
        last_fault = time.monotonic()
        out, _ = firing.communicate(timeout=300)
        acknowledged |= {int(line) for line in out.splitlines() if line.isdigit()}
        mail.answers.clear()
        again, _ = fleet.drill("fire", 0, ALERTS).communicate(timeout=300)  # what the cut of the database broke off is looked at again
        acknowledged |= {int(line) for line in again.splitlines() if line.isdigit()}
        all_fired = time.monotonic()
        while len(set(mail.journal)) < ALERTS and time.monotonic() - all_fired < RECOVERS_IN:
            time.sleep(0.5)
        took = mail.last_at - max(last_fault, all_fired)
        time.sleep(2)
        seen = fleet.look()
    finally:
        fleet.close()
        mail.close()
        redis.kill()
        postgres.close()
    arrived = Counter(mail.journal)
    doubtful = mail.dropped
    print(
        {
            "kills": kills,
            "hung up": doubtful,
            "doubled": sum(arrived.values()) - ALERTS,
            "recovered in": round(max(took, 0), 1),
            "after the last fault": round(mail.last_at - last_fault, 1),
            **seen,
            "keys": len(seen["keys"]),
        }
    )
    assert acknowledged == set(range(ALERTS)) and seen["firings"] == ALERTS and len(seen["keys"]) == ALERTS
    assert set(arrived) == {f"<{key.replace(':', '.')}@127.0.0.1>" for key in seen["keys"]}, "an alert is lost, or an id is not ours"
    assert sum(arrived.values()) - ALERTS <= kills + doubtful, "more mails than kills and doubtful answers explain"
    assert took < RECOVERS_IN
