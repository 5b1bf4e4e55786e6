"""A PostgreSQL and a Redis of the test's own, which it may stop, empty and cut off.  Skips where there is none to start."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import pytest


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_for(port: int, patience: float = 30) -> None:
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(f"nothing listens on {port}")


class Redis:
    def __init__(self, folder: Path) -> None:
        self._program = shutil.which("redis-server") or ""
        if not self._program:
            pytest.skip("needs redis-server")
        self._folder, self.port = folder, free_port()
        self._process: Any = None
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", str(self._folder)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self.port)

    def kill(self) -> None:
        """As a power cut: nothing in it survives."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def freeze(self) -> None:
        """It takes connections, and says nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def fill(self) -> None:
        """No memory left, and nothing may be evicted: every write is refused."""
        self._set(maxmemory="1", **{"maxmemory-policy": "noeviction"})

    def make_room(self) -> None:
        self._set(maxmemory="0")

    def _set(self, **values: str) -> None:
        import redis

        with redis.Redis(port=self.port) as client:
            for name, value in values.items():
                client.config_set(name, value)

    def end(self) -> None:
        if self._process.poll() is None:
            self.thaw()
            self.kill()

    def flush(self) -> None:
        import redis

        with redis.Redis(port=self.port) as client:
            client.flushall()


class Postgres:
    """Run by the user `postgres` where we are root, since it refuses root."""

    def __init__(self) -> None:
        found = [shutil.which("initdb"), *map(str, sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True))]
        tool = next((path for path in found if path), "")
        self._as = []
        if os.geteuid() == 0:
            try:
                user = pwd.getpwnam("postgres")
            except KeyError:
                user = None
            if user is None or not shutil.which("setpriv"):
                pytest.skip("needs a user that PostgreSQL may run as")
            self._as = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        if not tool:
            pytest.skip("needs initdb")
        self._folder, self.port, bin_folder = Path(tempfile.mkdtemp(prefix="plumbline-pg-")), free_port(), Path(tool).resolve().parent
        if self._as:
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        data = self._folder / "data"
        subprocess.run([*self._as, tool, "-D", data, "-U", "root", "-A", "trust", "--no-sync"], check=True, capture_output=True, cwd=self._folder)
        server = bin_folder / "postgres"
        options = ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={self._folder}"]
        self._process = subprocess.Popen(
            [*self._as, str(server), "-D", str(data), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self._folder
        )
        wait_for(self.port)
        self._wait_until_ready()

    def _wait_until_ready(self, patience: float = 60) -> None:
        """It listens before it takes anybody in."""
        import psycopg

        ends = time.monotonic() + patience
        while time.monotonic() < ends:
            try:
                psycopg.connect(f"postgresql://root@127.0.0.1:{self.port}/postgres", connect_timeout=5).close()
            except psycopg.OperationalError:
                time.sleep(0.1)
            else:
                return
        raise TimeoutError("PostgreSQL does not take anybody in")

    @property
    def url(self) -> str:
        return f"postgres://root@127.0.0.1:{self.port}/postgres"

    def make_database(self, name: str, *, like: str = "template1") -> str:
        """A database beside the others; its address."""
        import psycopg

        with psycopg.connect(f"postgresql://root@127.0.0.1:{self.port}/postgres", autocommit=True) as own:
            own.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')  # type: ignore[arg-type]
            own.execute(f'CREATE DATABASE "{name}" TEMPLATE "{like}"')  # type: ignore[arg-type]
        return f"postgres://root@127.0.0.1:{self.port}/{name}"

    def cut_everybody_off(self) -> None:
        import psycopg

        with psycopg.connect(f"postgresql://root@127.0.0.1:{self.port}/postgres", autocommit=True) as own:
            own.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")

    def close(self) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(30)
        shutil.rmtree(self._folder, ignore_errors=True)
