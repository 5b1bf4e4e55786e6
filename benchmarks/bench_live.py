"""Live prices at scale: real processes on PostgreSQL and Redis, beside the raw ASGI server of the recorded references.

    python -m benchmarks live               the table, medians of three (RUNS), about ten minutes
    SOAK=600 python -m benchmarks live      ten minutes at the load of 5,000 sockets, and what memory does in them
    ONLY=rate,latency …                     some rows: rate, latency, crowd, revaluation
    SOCKETS=200 ONLY=crowd …                the crowd with fewer sockets, to try the bench itself

DATABASE_URL and REDIS_URL name the servers (a database `plumbline_bench_live` is made anew); without them those of this machine
are taken.  Prices go the whole way: stored by `publish_quotes`, told through Redis, read by the hub of each live process, sent.
What moves faster than four times a second is coalesced, so a socket gets at most four messages a second.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from benchmarks.bench_analytics import row
from benchmarks.recorded import RECORDED
from benchmarks.server import ROOT, busy, family, free_port

RUNS = int(os.environ.get("RUNS", "3"))
SYMBOLS, PEOPLE = 500, 100
SOCKETS = int(os.environ.get("SOCKETS", "5000"))  # of the crowd
STARTS_IN, ENDS_IN = 120, 30  # seconds that a server may take on a busy machine
DATABASE = os.environ.get("DATABASE_URL", "postgresql://root@127.0.0.1:5432/postgres")
REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/9")
OWN = urlsplit(DATABASE)._replace(path="/plumbline_bench_live").geturl()


# ── the world ───────────────────────────────────────────────────────────────


@contextlib.contextmanager
def world() -> Iterator[tuple[list[int], list[str]]]:
    """A database of its own with shared instruments and people; yields the instruments and an access token of each person."""
    import psycopg

    with psycopg.connect(DATABASE, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS plumbline_bench_live WITH (FORCE)")
        admin.execute("CREATE DATABASE plumbline_bench_live")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"DATABASE_URL": OWN, "REDIS_URL": REDIS, "DATA_DIR": folder, "DEMO_MARKET": "0", "LOG_LEVEL": "ERROR", "ROLE": "worker"}
        os.environ["DJANGO_SETTINGS_MODULE"] = "portfolio_site.settings.local"
        import django

        django.setup()
        from django.conf import settings
        from django.core.cache import cache
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        cache.clear()
        settings.ACCESS_TOKEN_LIFETIME *= 20  # for as long as a soak takes
        yield _instruments(), _tokens()
        connections.close_all()
    with psycopg.connect(DATABASE, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS plumbline_bench_live WITH (FORCE)")


def _instruments() -> list[int]:
    from market.models import Instrument

    Instrument.objects.bulk_create([Instrument(symbol=f"B{number}", name=f"Share {number}", currency="USD") for number in range(SYMBOLS)])
    return list(Instrument.objects.filter(owner=None, name__startswith="Share ").order_by("pk").values_list("pk", flat=True))


def _tokens() -> list[str]:
    from accounts import tokens
    from accounts.models import User

    people = [User.objects.create_user(f"person{number}", f"person{number}@example.org") for number in range(PEOPLE)]
    return [tokens.issue(one).access for one in people]


def tick(instruments: list[int]) -> None:
    """A new price of each, which is the moment of it."""
    from market.choices import Quality
    from market.services import QuoteDraft, publish_quotes

    now = datetime.now(UTC)
    price = Decimal(f"{time.monotonic():.6f}")
    publish_quotes([QuoteDraft(pk, price, now, "bench", Quality.LIVE, previous_close=Decimal(100)) for pk in instruments])


# ── processes ───────────────────────────────────────────────────────────────


class Server:
    """Live processes under one address."""

    def __init__(self, command: list[str], port: int, folder: str | None = None, **settings: str) -> None:
        self.port, self._command, self._folder, self._settings = port, command, folder, settings
        self.process: Any = None
        self.start()

    def start(self) -> None:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(20000, most), most))
        self.process = subprocess.Popen(
            self._command, cwd=self._folder or ROOT, env=os.environ | self._settings, stdout=subprocess.DEVNULL, start_new_session=True
        )
        until = time.monotonic() + STARTS_IN
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise RuntimeError("the server did not start")
            if self._answers():
                return
            time.sleep(0.1)
        raise RuntimeError("the server does not answer")

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), 1).close()
            return True
        return False

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Returns when nothing of it runs: a process that outlived its parent would keep the port from the next server."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(ENDS_IN)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        until = time.monotonic() + ENDS_IN
        while self._answers():
            if time.monotonic() > until:
                raise RuntimeError(f"somebody still listens on {self.port}")
            time.sleep(0.1)

    def busy(self) -> float:
        """Processor seconds of all of its processes so far."""
        return busy(self.process.pid)

    def memory(self) -> float:
        """MB of all of its processes; what they share counts once."""
        total = 0.0
        for pid in family(self.process.pid):
            with contextlib.suppress(OSError), open(f"/proc/{pid}/smaps_rollup") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:")) / 1024
        return total


@contextlib.contextmanager
def live(processes: int = 1) -> Iterator[Server]:
    port = free_port()
    server = Server([sys.executable, "manage.py", "start"], port, ROLE="live", PORT=str(port), WEB_CONCURRENCY=str(processes))
    try:
        yield server
    finally:
        server.stop()


class Client:
    """The process with the other ends."""

    def __init__(self, server: Server, **asked: Any) -> None:
        told = json.dumps({"port": server.port, "path": "/api/v1/ws/live", **asked})
        command = [sys.executable, "-m", "benchmarks.live_client", told]
        self.process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.opened = float(self.heard()["ready"])

    def heard(self) -> dict[str, Any]:
        line = self.process.stdout.readline()  # type: ignore[union-attr]
        if not line:
            raise RuntimeError("the client ended")
        return json.loads(line)  # type: ignore[no-any-return]

    def say(self, word: str) -> None:
        self.process.stdin.write(word + "\n")  # type: ignore[union-attr]
        self.process.stdin.flush()  # type: ignore[union-attr]

    def ask(self, word: str) -> dict[str, Any]:
        self.say(word)
        return self.heard()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


@contextlib.contextmanager
def sockets(server: Server, **asked: Any) -> Iterator[Client]:
    client = Client(server, **asked)
    try:
        yield client
    finally:
        client.end()


def counted(server: Server, client: Client, seconds: float, every: float, work: Callable[[int], None]) -> tuple[dict[str, Any], float]:
    """What comes in while `work` is done every so many seconds, and the processor seconds of the server for it."""
    client.say("count")
    busy, begin, turn = server.busy(), time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        work(turn)
        turn += 1
        time.sleep(max(0.0, begin + turn * every - time.monotonic()))
    time.sleep(0.5)
    return client.ask("tell"), server.busy() - busy


# ── the rows ────────────────────────────────────────────────────────────────


def rate(instruments: list[int], tokens: list[str]) -> None:
    """Deliveries for each processor second of the server, 1,000 sockets that all see one price, beside raw ASGI."""
    found = []
    with live() as server, sockets(server, sockets=1000, tokens=tokens, symbols=1, subscriptions=1) as client:
        for _ in range(RUNS):
            told, busy = counted(server, client, 8, 0.1, lambda _: tick(instruments[:1]))
            found.append((told["frames"] / busy, told["bytes"] / max(told["frames"], 1)))
    ours, size = sorted(found)[len(found) // 2]
    raw = statistics.median(_raw() for _ in range(RUNS)) if RECORDED.exists() else 0.0
    beside = f"raw ASGI {raw:,.0f}: {ours / raw:.2f}" if raw else "no reference on this machine"
    row("deliveries a server CPU second, 1,000 sockets", f"{ours:,.0f} of {size:.0f} bytes", beside, "20,000, target 40,000", ours >= 20_000)


def _raw() -> float:
    port = free_port()
    server = Server(
        [*(sys.executable, "-m", "uvicorn", "--host", "127.0.0.1", "--port", str(port), "--log-level", "critical", "--loop", "uvloop"),
         *("--ws", "websockets-sansio", "--ws-per-message-deflate", "false", "server_asgi:app")],
        port, str(RECORDED / "push"), PYTHONDONTWRITEBYTECODE="1",
    )  # fmt: skip
    try:
        with sockets(server, sockets=1000, path="/ws") as client:
            client.say("count")
            busy = server.busy()
            urllib.request.urlopen(f"http://127.0.0.1:{port}/push?n=100&hz=1e6", timeout=120).read()
            time.sleep(1)
            return float(client.ask("tell")["frames"] / (server.busy() - busy))
    finally:
        server.stop()


def latency(instruments: list[int], tokens: list[str]) -> None:
    """From the price to the program that reads it, one price a second to each of 1,000 sockets; and with sockets that never read."""
    for never in (0, 50):
        found = []
        for _ in range(RUNS if never else 1):
            with live() as server, sockets(server, sockets=1000, tokens=tokens, symbols=1, subscriptions=1, never_read=never) as client:
                for _ in range(1 if never else RUNS):
                    told, _ = counted(server, client, 10, 1, lambda _: tick(instruments[:1]))
                    found.append((told["p99"], told["p50"]))
        p99, p50 = sorted(found)[len(found) // 2]
        if not never:
            calm = p99
            row("p99 latency, 1,000 sockets, 1 message/s", f"{p99:.0f} ms (median {p50:.0f})", "", "150 ms, target 75", p99 <= 150)
        else:
            row("the same of the others, 5 % never read", f"{p99:.0f} ms (median {p50:.0f})", f"{p99 / calm:.2f} of it", "1.10", p99 <= 1.1 * calm)


def crowd(instruments: list[int], tokens: list[str]) -> None:
    """5,000 sockets (SOCKETS) on two processes, 500 prices a second in ten parts, 20 of them looked at by each socket."""
    soak = float(os.environ.get("SOAK", "0"))
    with live(2) as server, sockets(server, sockets=SOCKETS, tokens=tokens, symbols=SYMBOLS, subscriptions=20) as client:
        tenth = lambda turn: tick(instruments[turn % 10 :: 10])  # noqa: E731
        counted(server, client, 5, 0.1, tenth)
        found, held = [], []
        for _ in range(max(RUNS, int(soak // 30))):
            told, busy = counted(server, client, 30 if soak else 15, 0.1, tenth)
            found.append((told["fresh"], told["p99"], told["frames"] / busy))
            held.append(server.memory())
        fresh, p99, many = sorted(found)[len(found) // 2]
        row(
            f"{SOCKETS:,} sockets, prices at most 2 s old",
            f"{fresh:.2%} (p99 {p99:.0f} ms)",
            f"{many:,.0f} messages a CPU second",
            "99 %",
            fresh >= 0.99,
        )
        row("memory of it, all live processes", f"{held[-1]:.0f} MB", f"first {held[0]:.0f}, most {max(held):.0f}", "1024 MB", max(held) <= 1024)
        server.stop()
        client.say("back")
        server.start()
        found_again = client.heard()
        back, there = float(found_again["back"]), int(found_again["present"])
        beside = f"at first they took {client.opened:.0f} s" if there == SOCKETS else f"only {there:,} were back then"
        row(f"all {SOCKETS:,} back after a restart", f"{back:.0f} s", beside, "60 s, target 20", back <= 60 and there == SOCKETS)


def revaluation(instruments: list[int], tokens: list[str]) -> None:
    """One portfolio of 200 holdings: what a batch of ticks costs."""
    from accounts.models import User
    from analytics.live.valuation import Valuation
    from benchmarks.recorded import entries_of
    from market.selectors import quotes_of
    from portfolios.models import Portfolio
    from portfolios.selectors import holdings_of
    from portfolios.services.projections import rebuild_projection
    from portfolios.services.storing import store

    tick(instruments)
    owner = User.objects.get(username="person0")
    portfolio = Portfolio.objects.create(owner=owner, name="Two hundred", base_currency="USD", tracks_cash=False)
    by_symbol = {f"B{number}": _Known(pk) for number, pk in enumerate(instruments[:200])}
    bought = {"type": "BUY", "date": "2026-01-05", "quantity": "10", "price": "100", "fees": "0", "currency": "USD"}
    store(entries_of(portfolio, by_symbol, [{**bought, "symbol": symbol} for symbol in by_symbol]))
    rebuild_projection(portfolio)
    portfolio = Portfolio.objects.select_related("owner").get(pk=portfolio.pk)
    valuation = Valuation.of(((portfolio.pk,), "USD"), holdings_of([portfolio], currency="USD"))
    taken = []
    for turn in range(50):
        moved = [instruments[(turn * 13 + place) % 200] for place in range(13)]  # 50 ticks a second in four rounds
        tick(moved)
        quotes = quotes_of(moved)
        begin = time.perf_counter()
        assert len(valuation.apply(quotes, moved)) == 13
        taken.append((time.perf_counter() - begin) * 1000)
    middle = statistics.median(taken)
    exact = Valuation.of(valuation.key, holdings_of([portfolio], currency="USD"))
    assert (exact.value, exact.day_change) == (valuation.value, valuation.day_change)
    row(
        "revaluation of 200 holdings, a batch of 13 ticks", f"{middle:.2f} ms", "equal to the exact table at its end", "1 ms, target 0.2", middle <= 1
    )


class _Known:
    """An instrument by its number alone."""

    def __init__(self, pk: int) -> None:
        self.pk = pk


ROWS = {"rate": rate, "latency": latency, "crowd": crowd, "revaluation": revaluation}


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {datetime.now(UTC):%Y-%m-%d}")
    chosen = os.environ.get("ONLY", ",".join(ROWS)).split(",")
    with world() as (instruments, tokens):
        for name in chosen:
            ROWS[name](instruments, tokens)


if __name__ == "__main__":
    main()
