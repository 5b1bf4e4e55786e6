"""The roles of a fleet as processes of their own, each a process group, on services that a drill may break."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from portfolio_site.roles import command_of
from tests.alerts.services_of_our_own import free_port, wait_for
from tests.shared import ROOT

STARTS_IN = 120  # seconds, on a machine that has other things to do


class Fleet:
    """`start("web-1")` starts a web process; the part before the dash is its role.  A `sender` is a worker of the queue of alerts alone, a
    `witness` one that writes down what it does (tests/drills/witness.py)."""

    def __init__(self, folder: Path, *, database: str, redis: str, **settings: str) -> None:
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}},
            "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local",
            "DATA_DIR": str(folder),
            "DATABASE_URL": database,
            "REDIS_URL": redis,
            "DEMO_MARKET": "false",
            "LOG_LEVEL": "ERROR",
            "RATE_LIMITS": "off",
            "STATIC_ROOT": str(folder / "static"),
            **settings,
        }
        self.folder = folder
        self.ports: dict[str, int] = {}
        self._log = (folder / "fleet.log").open("a")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    # ── processes ───────────────────────────────────────────────────────────

    def start(self, *names: str, ready: bool = True, **settings: str) -> None:
        for name in names:
            self._running[name] = subprocess.Popen(
                self._command(name),
                cwd=ROOT,
                env=self.environment | {"ROLE": self._role(name)} | settings,
                stdout=self._log,
                stderr=self._log,
                start_new_session=True,
            )
        for name in names:
            if ready and name in self.ports:
                wait_for(self.ports[name], STARTS_IN)

    @staticmethod
    def _role(name: str) -> str:
        role = name.partition("-")[0]
        return "worker" if role in ("sender", "witness") else role

    def _command(self, name: str) -> list[str]:
        role = self._role(name)
        if role in ("web", "live"):
            return command_of(role, host="127.0.0.1", port=self.ports.setdefault(name, free_port()))
        tool = [sys.executable, "-m", "celery", "-A", "tests.drills.witness" if name.startswith("witness") else "portfolio_site", "--quiet"]
        if role == "beat":
            return [*tool, "beat", "--pidfile", "", "--loglevel", "error"]
        queues = "alerts" if name.startswith("sender") else "default,market,analytics,alerts"
        quiet = ["--loglevel", "error", "--without-gossip", "--without-mingle"]
        return [*tool, "worker", "-Q", queues, "--concurrency", "1", "-n", f"{name}@drill", *quiet]

    def kill(self, name: str) -> None:
        """The whole process group, at once."""
        running = self._running.pop(name)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()

    def kill_parent(self, name: str) -> None:
        """The first process alone; what it started is on its own, and ends with the next moment."""
        running = self._running.pop(name)
        running.kill()
        running.wait()
        time.sleep(1)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)

    def kill_child(self, name: str) -> None:
        """One process of the pool, as the kernel does where memory is short; the parent lives."""
        children = Path(f"/proc/{self._running[name].pid}/task/{self._running[name].pid}/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGKILL)

    def terminate(self, name: str, patience: float = 60) -> int:
        """As a service manager does: SIGTERM to the parent, and SIGKILL to what is left; how it ended."""
        running = self._running.pop(name)
        running.terminate()
        try:
            code = running.wait(patience)
        except subprocess.TimeoutExpired:
            code = -signal.SIGKILL
        try:
            os.killpg(running.pid, signal.SIGKILL)
        except ProcessLookupError:
            return code
        running.wait()
        return code

    def close(self) -> None:
        for name in list(self._running):
            self.kill(name)
        self._log.close()

    # ── programs beside it ──────────────────────────────────────────────────

    def begin(self, module: str, *arguments: object, **settings: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", module, *map(str, arguments)]
        environment = self.environment | {"ROLE": "worker"} | settings
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=self._log, text=True)

    def ask(self, module: str, *arguments: object, **settings: str) -> Any:
        """What a program says on the last line of its output, read as JSON."""
        program = self.begin(module, *arguments, **settings)
        out, _ = program.communicate(timeout=900)
        assert program.returncode == 0, (self.folder / "fleet.log").read_text()[-3000:]
        lines = out.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    def drill(self, *arguments: object) -> subprocess.Popen[str]:
        return self.begin("tests.alerts.drill", *arguments)

    def look(self) -> dict[str, Any]:
        return dict(self.ask("tests.alerts.drill", "look"))


class Client:
    """A program that calls the API, on a connection of its own for each call."""

    def __init__(self, token: str, *ports: int) -> None:
        self.ports, self._token = list(ports), token
        self._turn = 0

    def call(self, method: str, path: str, body: Any = None, *, key: str = "", timeout: float = 30) -> tuple[int, dict[str, str], Any]:
        """Status, headers and body.  Raises OSError where nobody took the call; an answer that was cut off is one."""
        self._turn += 1
        port = self.ports[self._turn % len(self.ports)]
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json", "Connection": "close"}
        if key:
            headers["Idempotency-Key"] = key
        if isinstance(body, bytes):  # a file
            head = '--drill\r\nContent-Disposition: form-data; name="file"; filename="drill.csv"\r\nContent-Type: text/csv\r\n\r\n'
            headers["Content-Type"], data = "multipart/form-data; boundary=drill", head.encode() + body + b"\r\n--drill--\r\n"
        else:
            data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{port}/api/v1{path}", data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, dict(answer.headers), _read(answer)
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, dict(problem.headers), _read(problem)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as problem:
            raise ConnectionError(repr(problem)) from None


def _read(answer: Any) -> Any:
    text = answer.read()
    return json.loads(text) if text and "json" in (answer.headers.get("Content-Type") or "") else text


class Writers:
    """Threads that each record one entry after another, each under a key of its own, until they are told to stop: the journal.

    acknowledged   note → id of the entry, as the server said
    statuses       how often each status was answered
    waited         the longest time from the first try of an entry to its acknowledgement
    """

    def __init__(self, client_of: Any, portfolio: int, *, threads: int = 3, pause: float = 0.05) -> None:
        self.acknowledged: dict[str, int] = {}
        self.statuses: dict[int, int] = {}
        self.odd: list[str] = []
        self.asked: set[str] = set()
        self.waited = 0.0
        self.refused = self.cut = 0  # calls that nobody took; and those that were taken and not answered
        self._lock, self._stop = threading.Lock(), threading.Event()
        self._portfolio, self._pause = portfolio, pause
        self._threads = [threading.Thread(target=self._run, args=(client_of(), number)) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def _run(self, client: Client, number: int) -> None:
        turn = 0
        while not self._stop.is_set():
            note = f"w{number}-{turn}"
            turn += 1
            with self._lock:
                self.asked.add(note)
            begin = time.monotonic()
            while not self._try(client, note):
                if self._stop.is_set() and time.monotonic() - begin > 90:
                    return
                time.sleep(0.1)
            with self._lock:
                self.waited = max(self.waited, time.monotonic() - begin)
            time.sleep(self._pause)

    def _try(self, client: Client, note: str) -> bool:
        body = {"type": "deposit", "date": "2026-01-05", "amount": "1", "notes": note}
        try:
            status, headers, told = client.call("POST", f"/portfolios/{self._portfolio}/transactions", body, key=f"key-{note}")
        except ConnectionError as problem:
            with self._lock:
                if "refused" in str(problem):
                    self.refused += 1
                else:
                    self.cut += 1
            return False
        with self._lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if status == 201:
                self.acknowledged[note] = told["id"]
                return True
            # 409: the first of the two is still under way, or its process died with it
            if not (status == 503 and "Retry-After" in headers) and status != 409:
                self.odd.append(f"{status} {str(told)[:300]}")
        return False

    def stop(self) -> None:
        """Each finishes the entry that it is at."""
        self._stop.set()
        for thread in self._threads:
            thread.join(180)


def everything_once(fleet: Fleet, portfolio: int, journal: Writers) -> None:
    """Each acknowledged entry is there under the id that was told; no other more than once; the books balance."""
    seen = fleet.ask("tests.drills.program", "look", portfolio)
    entries = {int(pk): note for pk, note in seen["entries"].items()}
    notes = list(entries.values())
    assert len(notes) == len(set(notes)), "an entry was recorded twice"
    assert {note: pk for pk, note in entries.items() if note in journal.acknowledged} == journal.acknowledged, "what was acknowledged is not there"
    assert set(notes) <= journal.asked and seen["findings"] == 0


def until(true: Any, patience: float = 120) -> float:
    """Waits until it is so; how long that took, in seconds."""
    begin = time.monotonic()
    while not true():
        assert time.monotonic() - begin < patience, "it did not come in time"
        time.sleep(0.1)
    return time.monotonic() - begin
