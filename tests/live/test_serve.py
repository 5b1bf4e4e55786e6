"""The one-process server, as a person starts it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed

from portfolio_site import embedded
from portfolio_site.management.commands.serve import Command
from tests.shared import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.own_process]


PATIENCE = 300  # seconds: a machine may have much else to do


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Served:
    """A running server and how to ask it."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = _free_port()
        self.folder = folder
        self.environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL", "ROLE", "WEB_CONCURRENCY"}} | {
            "DJANGO_SETTINGS_MODULE": "portfolio_site.settings.local",
            "DATA_DIR": str(folder),
            "PORT": str(self.port),
            "DEMO_MARKET": "0",
            **environment,
        }
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "manage.py", "serve"], cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def up(self) -> None:
        self.process = self.start()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                pytest.fail(f"the server ended: {self.process.stdout.read()}")
            try:
                self.get("/healthz")
            except OSError:
                time.sleep(0.1)
            else:
                return
        self.down()
        pytest.fail(f"the server did not answer for {PATIENCE} seconds")

    def get(self, path: str, host: str = "127.0.0.1") -> tuple[int, dict[str, object]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", path, headers={"Host": host})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, json.loads(body)

    def down(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    server = Served(tmp_path_factory.mktemp("data"))
    server.up()
    yield server
    server.down()


def _refusal(server: Served, **environment: str) -> str:
    other = Served(server.folder, **environment)
    process = other.start()
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode != 0
    return said


def test_it_starts_on_an_empty_folder_and_says_that_it_is_alive(served):
    status, body = served.get("/healthz")
    assert (status, body["status"], body["role"]) == (200, "alive", "embedded")


def test_health_is_answered_to_a_load_balancer_that_knows_no_host_name(served):
    assert served.get("/healthz", host="10.1.2.3")[0] == 200


def test_it_is_ready_once_a_job_of_every_queue_has_finished(served):
    until = time.monotonic() + 30
    status, body = served.get("/readyz")
    while status != 200 and time.monotonic() < until:
        time.sleep(0.2)
        status, body = served.get("/readyz")
    assert status == 200, body
    assert all(body["checks"][part]["ok"] for part in ("database", "cache", "jobs"))


def test_a_second_process_on_the_same_folder_refuses_and_says_what_to_do(served):
    assert "already serves" in _refusal(served)
    assert served.get("/healthz")[0] == 200


def test_jobs_let_pages_have_the_interpreter_in_half_a_millisecond(monkeypatch):
    class Reached(Exception):
        pass

    def reached(*_, **__):
        raise Reached

    monkeypatch.setattr(embedded, "server", reached)
    before = sys.getswitchinterval()
    try:
        with pytest.raises(Reached):
            Command()._run(None)
        assert sys.getswitchinterval() == pytest.approx(0.0005)
    finally:
        sys.setswitchinterval(before)


def test_more_than_one_process_is_refused(served):
    assert "WEB_CONCURRENCY is above 1" in _refusal(served, WEB_CONCURRENCY="2")


def test_a_role_of_a_fleet_is_refused(served):
    assert "ROLE=web" in _refusal(served, ROLE="web")


def test_a_port_in_use_is_said_in_a_sentence(served, tmp_path):
    other = Served(tmp_path, PORT=str(served.port))
    said, _ = other.start().communicate(timeout=PATIENCE)
    assert f"Cannot listen on 127.0.0.1:{served.port}" in said
    assert "Traceback" not in said


def test_ctrl_c_ends_it_within_five_seconds_also_with_open_sockets(served):
    from websockets.sync.client import connect

    address = f"ws://127.0.0.1:{served.port}/api/v1/ws/live"
    silent = socket.create_connection(("127.0.0.1", served.port))  # a connection that never asks for anything
    sockets = [connect(address, origin=f"http://127.0.0.1:{served.port}", compression=None) for _ in range(3)]
    began = time.monotonic()
    served.process.send_signal(signal.SIGINT)
    said, _ = served.process.communicate(timeout=60)
    assert time.monotonic() - began < 5
    assert served.process.returncode == 0
    assert "Stopped." in said and "Traceback" not in said
    for wire in sockets:
        with pytest.raises(ConnectionClosed) as ended:
            wire.recv(timeout=1)
        assert ended.value.rcvd.code == 1012  # restarting: come back
    silent.close()


def test_sigterm_ends_it_as_well(tmp_path):
    server = Served(tmp_path)
    server.up()
    server.process.send_signal(signal.SIGTERM)
    said, _ = server.process.communicate(timeout=60)
    assert server.process.returncode == 0 and "Stopped." in said


def test_what_was_served_before_is_served_again_on_the_same_folder(served):
    assert served.process.poll() is not None
    served.up()
    assert served.get("/healthz")[0] == 200
