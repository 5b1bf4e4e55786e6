"""A Plumbline server for measurements: a fresh data folder, the embedded process, the demo person signed in."""

from __future__ import annotations

import contextlib
import http.cookiejar
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Client:
    """One browser-like client with cookies."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        self.headers: Mapping[str, str] = {}  # of the newest answer

    def get(self, path: str, **headers: str) -> bytes:
        with self.opener.open(urllib.request.Request(self.base + path, headers=headers), timeout=60) as answer:
            self.headers = answer.headers
            return bytes(answer.read())

    def post_json(self, path: str, sent: object, **headers: str) -> bytes:
        """As a program would: without the cookies."""
        told = {"Content-Type": "application/json", **headers}
        with urllib.request.urlopen(urllib.request.Request(self.base + path, data=json.dumps(sent).encode(), headers=told), timeout=60) as answer:
            self.headers = answer.headers
            return bytes(answer.read())

    def sign_in(self, login: str = "demo", password: str = "a plumb line hangs true") -> None:
        token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', self.get("/accounts/login/"))
        assert token, "the sign-in page has no form"
        data = urllib.parse.urlencode({"csrfmiddlewaretoken": token[1].decode(), "login": login, "password": password}).encode()
        self.opener.open(urllib.request.Request(self.base + "/accounts/login/", data=data, headers={"Referer": self.base}), timeout=60).read()

    def token(self, login: str = "demo", password: str = "a plumb line hangs true") -> str:
        body = json.dumps({"username": login, "password": password}).encode()
        request = urllib.request.Request(self.base + "/api/v1/auth/login", data=body, headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return str(json.load(answer)["access"])


@contextlib.contextmanager
def embedded(folder: str | None = None) -> Iterator[tuple[str, float]]:
    """Yields the address and the seconds from `prepare` on an empty folder to the first served page."""
    with served(folder) as (base, seconds, _):
        yield base, seconds


@contextlib.contextmanager
def served(
    folder: str | None = None, *, prepare: Sequence[str] = ("manage.py", "prepare"), serve: Sequence[str] = ("manage.py", "serve"), **settings: str
) -> Iterator[tuple[str, float, int]]:
    """As `embedded`, under these settings of the environment; yields the number of the process as well.

    prepare, serve  what Python is to run first, and then; the second is told in SERVED_SINCE when it began
    """
    with tempfile.TemporaryDirectory() as temporary:
        port = free_port()
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}} | {
            "DATA_DIR": folder or temporary,
            "PORT": str(port),
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local",
            **settings,
        }
        begin = time.perf_counter()
        subprocess.run([sys.executable, *prepare], cwd=ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
        environment["SERVED_SINCE"] = str(time.time())
        process = subprocess.Popen([sys.executable, *serve], cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            base = f"http://127.0.0.1:{port}"
            while True:
                try:
                    urllib.request.urlopen(base + "/", timeout=2).read()
                    break
                except (urllib.error.URLError, ConnectionError, TimeoutError):
                    if process.poll() is not None or time.perf_counter() - begin > 600:
                        raise RuntimeError("the server did not start") from None
                    time.sleep(0.05)
            yield base, time.perf_counter() - begin, process.pid
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(60)


def family(pid: int) -> list[int]:
    """A process and all that it started, directly or not."""
    found, new = [pid], [pid]
    while new:
        parent = new.pop()
        with contextlib.suppress(OSError), open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
            children = [int(one) for one in file.read().split()]
            found += children
            new += children
    return found


def busy(pid: int) -> float:
    """Seconds of processor time of a process and all that it started, so far."""
    ticks = 0
    for one in family(pid):
        with contextlib.suppress(OSError), open(f"/proc/{one}/stat", encoding="ascii") as file:
            parts = file.read().rpartition(")")[2].split()
            ticks += int(parts[11]) + int(parts[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def percentiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    pick = lambda share: ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000  # noqa: E731
    return f"median {pick(0.5):6.1f} ms   p95 {pick(0.95):6.1f} ms   max {ordered[-1] * 1000:6.1f} ms   n={len(ordered)}"
