"""A real server in processes of its own, and a real browser in front of it.

Without DATABASE_URL and REDIS_URL the server is the embedded one a newcomer starts; with them it is all the roles, with a database of
its own.  A missing browser fails here.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.shared import ROOT

DEMO = {"login": "demo", "password": "a plumb line hangs true"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.3)
    pytest.fail(f"the server did not answer at {url}:\n{log.read_text()[-4000:]}")


@pytest.fixture(scope="session")
def mails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the site's mails fall into, a file each."""
    return tmp_path_factory.mktemp("mails")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, mails: Path) -> Iterator[str]:
    """The address of a running Plumbline with the demo loaded."""
    folder = tmp_path_factory.mktemp("site")
    port = _free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local",
        "DATA_DIR": str(folder / "data"),
        "PORT": str(port),
        "PYTHONUNBUFFERED": "1",
        "RATE_LIMITS": "off",
        "EMAIL_URL": f"filemail:///{mails}",
    }
    scaled = bool(os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"))
    name = f"plumbline_browser_{os.getpid()}"
    if scaled:
        base = os.environ["DATABASE_URL"]
        subprocess.run(
            [sys.executable, "-c", f"import psycopg; psycopg.connect({base!r}, autocommit=True).execute('create database {name}')"], check=True
        )
        environment["DATABASE_URL"] = base.rsplit("/", 1)[0] + "/" + name
        environment["REDIS_URL"] = os.environ["REDIS_URL"].rsplit("/", 1)[0] + "/11"
        subprocess.run([sys.executable, "-c", f"import redis; redis.Redis.from_url({environment['REDIS_URL']!r}).flushdb()"], check=True)
    log = folder / "server.log"
    with log.open("wb") as out:
        subprocess.run([sys.executable, "manage.py", "prepare"], cwd=ROOT, env=environment, stdout=out, stderr=out, check=True, timeout=600)
        command = [sys.executable, "manage.py", "services" if scaled else "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_for(f"{address}/healthz", process, log)
        _wait_for(f"{address}/readyz", process, log)
        yield address
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        if scaled:
            drop = f"import psycopg; psycopg.connect({base!r}, autocommit=True).execute('drop database if exists {name} with (force)')"
            subprocess.run([sys.executable, "-c", drop], check=False)
        keep = os.environ.get("BROWSER_LOG")
        if keep:
            shutil.copy(log, keep)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "no chromium on this machine: install Debian's package “chromium”"
    with sync_playwright() as playwright:
        instance = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
        )
        yield instance
        instance.close()


def _is_meant(said: str) -> bool:
    """A refusal, or a request that a newer one called off: htmx writes both to the console.  A failed one is `htmx:sendError`."""
    return "status of 4" in said or said.startswith(("htmx:sendAbort,", "htmx:afterRequest,"))


@dataclass
class Watched:
    """What must not happen while somebody uses the pages."""

    host: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def watch(self, page: Page) -> Page:
        page.on("request", lambda r: self._request(r.url))
        page.on("response", lambda r: self.failures.append(f"{r.status} {r.url}") if r.status >= 500 else None)
        page.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} and not _is_meant(m.text) else None)
        page.on("pageerror", lambda e: self.complaints.append(str(e)))
        return page

    def _request(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.hostname != self.host:
            self.outside.append(url)

    def check(self) -> None:
        assert not self.outside, f"requests left the host: {self.outside}"
        assert not self.complaints, f"the browser complained: {self.complaints}"
        assert not self.failures, f"the server failed: {self.failures}"


@pytest.fixture
def watched(site: str) -> Iterator[Watched]:
    watch = Watched(urlsplit(site).hostname or "")
    yield watch
    watch.check()


def _context(browser: Browser, site: str, **options: object) -> BrowserContext:
    return browser.new_context(base_url=site, locale="en-GB", timezone_id="UTC", reduced_motion="reduce", **options)  # type: ignore[arg-type]


@pytest.fixture
def stranger(browser: Browser, site: str, watched: Watched) -> Iterator[Page]:
    """A page of somebody who is not signed in, 1440 px wide."""
    context = _context(browser, site, viewport={"width": 1440, "height": 900})
    yield watched.watch(context.new_page())
    context.close()


@pytest.fixture(scope="session")
def demo_state(browser: Browser, site: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The cookies of the demo person, signed in once through the form."""
    context = _context(browser, site)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Email or username").fill(DEMO["login"])
    page.get_by_label("Password", exact=True).fill(DEMO["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/dashboard/**")
    path = str(tmp_path_factory.mktemp("state") / "demo.json")
    context.storage_state(path=path)
    context.close()
    return path


@pytest.fixture(params=["light", "dark"])
def theme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def demo(browser: Browser, site: str, demo_state: str, watched: Watched) -> Iterator[Page]:
    """A page of the demo person, 1440 px wide."""
    context = _context(browser, site, storage_state=demo_state, viewport={"width": 1440, "height": 900})
    yield watched.watch(context.new_page())
    context.close()


@pytest.fixture
def demo_phone(browser: Browser, site: str, demo_state: str, watched: Watched) -> Iterator[Page]:
    """A page of the demo person on a phone, 390 px wide."""
    context = _context(
        browser, site, storage_state=demo_state, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, device_scale_factor=2
    )
    yield watched.watch(context.new_page())
    context.close()


@pytest.fixture
def themed(browser: Browser, site: str, demo_state: str, watched: Watched, theme: str) -> Iterator[Page]:
    """A page of the demo person under each colour scheme."""
    context = _context(browser, site, storage_state=demo_state, viewport={"width": 1440, "height": 900}, color_scheme=theme)
    yield watched.watch(context.new_page())
    context.close()
