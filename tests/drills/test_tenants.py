"""Two people side by side, on sockets, in the inbox, in mails and in exports: nothing of the one ever reaches the other.

Everything that each of them gets is searched for words that stand in the other's things alone, and, so that the search means something, for their own.
"""

from __future__ import annotations

import io
import json
import os
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from websockets.sync.client import connect

from tests.alerts.mail_server import MailServer
from tests.drills.fleet import Client, Fleet

LONG = os.environ.get("DRILLS") == "long"
SECONDS = 600.0
FIRST_ALERT = 90.0  # seconds beyond that in which a first alert is waited for, on a machine that has other things to do

pytestmark = [pytest.mark.drill, pytest.mark.slow, pytest.mark.own_process]


@dataclass
class Tenant:
    """One of the two, and what reached them.  `word` stands in their things alone."""

    known: dict[str, Any]
    other: dict[str, Any]
    ports: tuple[int, int]
    leaks: list[str] = field(default_factory=list)
    own: Counter[str] = field(default_factory=Counter)
    looked: Counter[str] = field(default_factory=Counter)

    def search(self, where: str, data: bytes | str) -> None:
        text = data.encode() if isinstance(data, str) else data
        self.looked[where] += 1
        if self.other["word"].encode() in text:
            self.leaks.append(f"{where}: {text[:300]!r}")
        self.own[where] += self.known["word"].encode() in text

    # ── each in a thread ────────────────────────────────────────────────────

    def listen(self, until: float) -> None:
        mine, theirs = self.known, self.other
        channels = [f"portfolio:{mine['portfolio']}", f"quotes:{mine['symbol']},SHARED", "alerts", "imports", "news"]
        foreign = [f"portfolio:{theirs['portfolio']}", f"quotes:{theirs['symbol'][: -len(theirs['word'])]}X"]
        with connect(f"ws://127.0.0.1:{self.ports[1]}/api/v1/ws/live", compression=None) as socket:
            socket.send(json.dumps({"type": "auth", "token": mine["token"]}))
            socket.send(json.dumps({"type": "subscribe", "channels": [*channels, *foreign]}))
            turn = 0
            while time.monotonic() < until:
                try:
                    self.search("socket", socket.recv(timeout=0.5))
                except TimeoutError:
                    turn += 1
                    socket.send(json.dumps({"type": "resume", "seq": 0}))

    def look(self, until: float) -> None:
        client = Client(self.known["token"], self.ports[0])
        pk, foreign = self.known["portfolio"], self.other["portfolio"]
        paths = [
            "/portfolios",
            f"/portfolios/{pk}/holdings",
            f"/portfolios/{pk}/transactions",
            f"/portfolios/{pk}/export",
            "/alerts",
            "/notifications",
        ]
        while time.monotonic() < until or (not self.own["inbox"] and time.monotonic() < until + FIRST_ALERT):
            for path in paths:
                status, _, body = client.call("GET", path)
                assert status == 200, (path, status, body)
                self.search("inbox" if path == "/notifications" else path.rpartition("/")[2], _bytes(body))
            for path in (f"/portfolios/{foreign}/holdings", f"/portfolios/{foreign}/export", f"/alerts/{self.other['rule']}"):
                status, _, body = client.call("GET", path)
                assert status == 404, (path, status)
                self.search("refusals", _bytes(body))
            time.sleep(0.2)

    def write(self, until: float) -> None:
        client, turn = Client(self.known["token"], self.ports[0]), 0
        while time.monotonic() < until:
            turn += 1
            body = {"type": "deposit", "date": "2026-01-05", "amount": "1", "notes": f"{self.known['word']} {turn}"}
            status, _, told = client.call("POST", f"/portfolios/{self.known['portfolio']}/transactions", body)
            assert status == 201, told
            self.search("answers", _bytes(told))
            time.sleep(0.5)

    def take_everything(self, until: float) -> None:
        """The archive of all that is kept about them, again and again."""
        client = Client(self.known["token"], self.ports[0])
        while True:
            status, _, asked = client.call("POST", "/auth/export")
            if status != 202:  # one that was taken a moment ago is enough
                assert self.own["archive"], asked
                return
            while client.call("GET", f"/auth/export/{asked['id']}")[2]["status"] != "ready":
                time.sleep(0.5)
            status, _, body = client.call("POST", f"/auth/export/{asked['id']}/file", {"password": self.known["password"]})
            assert status == 200, body
            with zipfile.ZipFile(io.BytesIO(body)) as archive:
                self.search("archive", b"\n".join(archive.read(name) for name in archive.namelist()))
            if time.monotonic() > until:
                return
            time.sleep(20)


def _bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode()


@pytest.mark.skipif(not LONG, reason="a minute of a whole machine: make drills")
def test_nothing_of_the_one_reaches_the_other(fleet_of: Callable[..., Fleet]) -> None:
    mail = MailServer()
    fleet = fleet_of(EMAIL_URL=f"smtp://127.0.0.1:{mail.port}")
    known = fleet.ask("tests.drills.program", "tenants")
    fleet.start("web-1", "live-1", "worker-1", "sender-1", "beat")
    ports = (fleet.ports["web-1"], fleet.ports["live-1"])
    tenants = [Tenant(mine, theirs, ports) for mine, theirs in (known, known[::-1])]
    until = time.monotonic() + SECONDS
    ticks = fleet.begin("tests.drills.program", "tick", SECONDS + FIRST_ALERT)
    problems: list[BaseException] = []

    def guarded(work: Callable[[float], None]) -> None:
        try:
            work(until)
        except BaseException as problem:  # told by the test, which waits for the threads
            problems.append(problem)

    threads = [threading.Thread(target=guarded, args=(work,)) for one in tenants for work in (one.listen, one.look, one.write, one.take_everything)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + FIRST_ALERT + 240)
    ends = time.monotonic() + 90
    while time.monotonic() < ends and len({one["To"] for one in mail.mails}) < 2:
        time.sleep(0.5)
    ticks.kill()
    ticks.communicate()
    fleet.close()
    mail.close()
    for one in tenants:
        for letter in list(mail.mails):
            if letter["To"] == one.known["email"]:
                one.search("mail", letter.as_bytes() + b"".join(part.get_payload(decode=True) or b"" for part in letter.walk()))
    print([{"looked": dict(one.looked), "own": dict(one.own)} for one in tenants])
    assert not problems, problems
    for one in tenants:
        assert one.leaks == []
        for where in ("socket", "inbox", "mail", "archive", "export", "holdings"):
            assert one.own[where], f"nothing of one's own was found in {where}: the search proves nothing there"
