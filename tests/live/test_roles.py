"""Several processes: how each is started, the small front, and all of them together on PostgreSQL and Redis."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from portfolio_site import roles
from portfolio_site.edge import Edge
from portfolio_site.management.commands.services import Command
from tests.shared import ROOT

# ── one role ────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("role", roles.ROLES)
def test_every_role_is_a_program_of_this_environment(role):
    command = roles.command_of(role, host="127.0.0.1", port=9000)
    assert os.access(command[0], os.X_OK)
    assert any("portfolio_site" in word or word == str(ROOT / "manage.py") for word in command)


def test_an_unknown_role_is_refused():
    with pytest.raises(ValueError, match="Roles are web, live, worker, beat, stream"):
        roles.command_of("cook", host="127.0.0.1", port=9000)


def test_a_worker_reads_the_queues_it_is_told():
    command = roles.command_of("worker", host="", port=0, queues="market")
    assert command[command.index("-Q") + 1] == "market"


def test_a_role_without_its_services_says_which_settings_are_missing(tmp_path):
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    environment |= {"ROLE": "web", "DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local"}
    answer = subprocess.run([sys.executable, "manage.py", "start"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert answer.returncode != 0 and "ROLE=web needs DATABASE_URL and REDIS_URL" in answer.stderr


@pytest.mark.parametrize("role", ["web", "worker"])
def test_on_one_machine_jobs_stand_behind_pages(role, monkeypatch):
    monkeypatch.setattr(roles, "command_of", lambda *_, **__: [sys.executable, "-c", "import time; time.sleep(60)"])
    child = Command()._start(role, 0)
    try:
        ours = os.getpriority(os.PRIO_PROCESS, 0)
        assert os.getpriority(os.PRIO_PROCESS, child.pid) == min(ours + roles.BEHIND.get(role, 0), 19)
        assert os.getsid(child.pid) == os.getsid(0) and os.getpgid(child.pid) == child.pid
    finally:
        child.kill()
        child.wait()


# ── the front ───────────────────────────────────────────────────────────────


async def _named_server(name: bytes) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + name + b" " + head.split(b"\r\n")[1])
        await writer.drain()
        writer.close()

    return await asyncio.start_server(answer, "127.0.0.1", 0)


def _port(server: asyncio.Server) -> int:
    return int(server.sockets[0].getsockname()[1])


@pytest.mark.parametrize(("path", "name"), [("/", b"web"), ("/wsdl/", b"web"), ("/ws/prices/", b"live"), ("/api/v1/ws/live?x=1", b"live")])
async def test_sockets_go_to_live_and_everything_else_to_web_with_its_headers(path, name):
    web, live = await _named_server(b"web"), await _named_server(b"live")
    front = await Edge("127.0.0.1", pages=_port(web), sockets=_port(live)).serve(0)
    reader, writer = await asyncio.open_connection("127.0.0.1", _port(front))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: example.test\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), 5)
    assert answer.endswith(name + b" Host: example.test")
    writer.close()
    for server in (front, web, live):
        server.close()


async def test_a_role_that_is_down_ends_the_connection():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = unused.getsockname()[1]
    front = await Edge("127.0.0.1", pages=nobody, sockets=nobody).serve(0)
    reader, writer = await asyncio.open_connection("127.0.0.1", _port(front))
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    front.close()


# ── all together ────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def services(tmp_path_factory) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`manage.py services` on a database of its own.  Where the services are named but do not answer, this fails."""
    database, redis = os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", "")
    if not (database and redis):
        pytest.skip("needs DATABASE_URL (PostgreSQL) and REDIS_URL")
    import psycopg

    own = urlsplit(database)._replace(path="/plumbline_services_test").geturl()
    admin = database.replace("postgresql+psycopg://", "postgres://")
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS plumbline_services_test WITH (FORCE)")
        connection.execute("CREATE DATABASE plumbline_services_test")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = min(int(probe.getsockname()[1]), 65000)
    environment = os.environ | {
        "DATABASE_URL": own,
        "DATA_DIR": str(tmp_path_factory.mktemp("services")),
        "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local",
        "DEMO_MARKET": "0",
        "PORT": str(port),
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=environment, check=True, timeout=300)
    process = subprocess.Popen(
        [sys.executable, "manage.py", "services", "--no-prepare"],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    yield process, port
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=300)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS plumbline_services_test WITH (FORCE)")


def _get(port: int, path: str) -> tuple[int, dict]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, json.loads(body or b"{}")


@pytest.mark.drill
def test_web_live_worker_and_beat_are_ready_together_and_end_together(services):
    process, port = services
    until, status, body = time.monotonic() + 300, 0, {}
    while status != 200 and time.monotonic() < until:
        assert process.poll() is None, process.stdout.read()
        try:
            status, body = _get(port, "/readyz")
        except (OSError, http.client.HTTPException):
            time.sleep(0.5)
    assert status == 200, body
    assert body["role"] == "web" and all(age < 90 for age in body["checks"]["jobs"]["seconds_since_last"].values())
    assert _get(port + 2, "/healthz")[1]["role"] == "live"
    from websockets.sync.client import connect

    with connect(f"ws://127.0.0.1:{port}/api/v1/ws/live", origin=f"http://127.0.0.1:{port}", compression=None) as wire:
        wire.send('{"type": "auth", "token": "none"}')
        with pytest.raises(Exception, match="4401"):
            wire.recv(timeout=10)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert "Stopped." in said
