"""The server: one address on loopback, the first part of the path says which source is meant.

    http://127.0.0.1:PORT/<source>/<path as at the source>      ws://127.0.0.1:PORT/<source>/…      PORT/_emulator/… (control.py)

It applies the switches of the way, counts calls, and knows whether one came inside the pause that the source had asked for.
"""

from __future__ import annotations

import contextlib
import importlib
import socket as sockets
import struct
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from market.providers.registry import ENTRIES
from tests.emulator import control, recorded
from tests.emulator.formats import Answer, Ask, Format
from tests.emulator.sockets import accept
from tests.emulator.switches import Switches
from tests.emulator.world import World

PAGE = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"


@dataclass(frozen=True, slots=True)
class Call:
    """at: seconds on the emulator's clock of pauses.  in_pause: it came before the end of a pause that the source had asked for."""

    at: float
    source: str
    method: str
    path: str  # with its query
    status: int  # 0 where no answer was sent
    in_pause: bool
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # by names in lower case


class Emulator:
    """tick        the clock of windows and pauses, in seconds; a test that accelerates time gives its own
    recorded       calls that a recorded file belongs to are answered by it, where the files are present
    """

    def __init__(self, world: World | None = None, *, port: int = 0, tick: Callable[[], float] = time.monotonic, recorded: bool = False) -> None:
        self.world = world or World()
        self.tick, self.recorded = tick, recorded
        self.switches: defaultdict[str, Switches] = defaultdict(Switches)
        self.unheard: list[str] = []
        self._calls: list[Call] = []
        self._formats: dict[str, Format | None] = {}
        self._said: dict[str, list[Answer]] = {}
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._numbers: defaultdict[str, int] = defaultdict(int)
        self._pauses: dict[str, float] = {}
        self._lock = threading.RLock()
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.emulator = self

    def start(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name="emulator").start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ── for tests ───────────────────────────────────────────────────────────

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def base(self, source: str) -> str:
        """To be given as `base=` to the source's `open`."""
        return f"{self.address}/{source}"

    def stream(self, source: str) -> str:
        """The address of the source's websocket."""
        return f"ws://127.0.0.1:{self._server.server_port}/{source}"

    def calls(self, source: str = "") -> list[Call]:
        """Calls so far, oldest first; of one source or of all."""
        with self._lock:
            return [call for call in self._calls if source in {"", call.source}]

    def calls_in_pause(self) -> list[Call]:
        """Those that came before the end of a pause that their source had asked for.  There should be none."""
        return [call for call in self.calls() if call.in_pause]

    def turn_all(self, **values: object) -> None:
        """Sets switches of all sources, such as `down=True`; without any, turns all off."""
        for source in (*ENTRIES, "url_source"):
            if not values:
                self.switches[source].reset_all()
            self.switches[source].turn(**values)

    def speak(self, source: str, form: Format) -> None:
        """Gives a source another format than its module's."""
        with self._lock:
            self._formats[source] = form

    def forget_calls(self) -> None:
        """Forgets what was called, and with it all windows and pauses."""
        with self._lock:
            self._calls.clear()
            self._recent.clear()
            self._pauses.clear()

    def say(self, source: str, *answers: Answer) -> None:
        """The next calls of the source get these, one each, whatever they ask; the last one stays until `say(source)` takes it away."""
        with self._lock:
            self._said[source] = list(answers)

    # ── inside ──────────────────────────────────────────────────────────────

    def format(self, source: str) -> Format | None:
        with self._lock:
            if source not in self._formats:
                self._formats[source] = _format(source)
            return self._formats[source]

    def counted(self, source: str) -> tuple[int, bool, float | None]:
        """Counts a call: its number, whether it came inside a pause, and the seconds of pause to ask for where it is one too many."""
        form = self.format(source)
        with self._lock:
            switches, now, recent = self.switches[source], self.tick(), self._recent[source]
            self._numbers[source] += 1
            in_pause = now < self._pauses.get(source, 0.0)
            while recent and recent[0] <= now - switches.window:
                recent.popleft()
            pause = None
            told = not (switches.down or switches.fault or switches.html)  # else no refusal reaches the caller, and no pause with it
            if told and switches.limit is not None and (in_pause or len(recent) >= switches.limit):
                room = recent[0] + switches.window - now if recent else switches.window
                pause = self._pauses[source] - now if in_pause else switches.retry_after if switches.retry_after is not None else room
                if form is None or form.tells_pause(switches):
                    self._pauses[source] = now + pause
            else:
                recent.append(now)
            return self._numbers[source], in_pause, pause

    def log(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)

    def answered(self, source: str, ask: Ask, pause: float | None) -> Answer:
        """What the source says, before the switches of the way."""
        form = self.format(source)
        if form is None:
            return ask.missing
        if pause is not None:
            return form.limited(ask, pause)
        with self._lock:
            if said := self._said.get(source):
                return said.pop(0) if len(said) > 1 else said[0]
        if self.recorded and (answer := recorded.answer(source, ask)):
            return answer
        return form.answer(ask)


def _format(source: str) -> Format | None:
    if not source.isidentifier() or source.startswith("_"):
        return None
    try:
        module = importlib.import_module(f"tests.emulator.{source}")
    except ModuleNotFoundError as problem:
        if problem.name != f"tests.emulator.{source}":
            raise
        return None
    return module.Emulated() if hasattr(module, "Emulated") else None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    emulator: Emulator

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no error of ours; what a format raises is told by `_Handler`."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def log_message(self, *_: Any) -> None: ...

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The world's time: a source tells its own in each answer."""
        return super().date_time_string(self.server.emulator.world.now().timestamp())

    def do_GET(self) -> None:
        source, ask = self._asked()
        emulator = self.server.emulator
        if source == "_emulator":
            self._send(control.answer(emulator, ask))
            return
        number, in_pause, pause = emulator.counted(source)
        ask = Ask(ask.method, ask.path, ask.query, ask.headers, ask.body, number, ask.world, ask.switches)
        at = emulator.tick()

        def note(status: int) -> None:
            """Before the answer is sent: who has it finds the call in the list."""
            emulator.log(Call(at, source, ask.method, self.path, status, in_pause, ask.headers))

        if ask.switches.latency:
            time.sleep(ask.switches.latency)
        if ask.switches.down:
            note(0)
            self._cut()
        elif self.headers.get("Upgrade", "").lower() == "websocket":
            note(101)
            self._stream(source, ask)
        else:
            answer = self._answer(source, ask, pause)
            note(answer.status)
            self._send(answer, ask.switches)

    do_POST = do_GET

    def _asked(self) -> tuple[str, Ask]:
        parts = urlsplit(self.path)
        source, _, path = parts.path.lstrip("/").partition("/")
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(headers.get("content-length") or 0))
        emulator = self.server.emulator
        return source, Ask(self.command, f"/{unquote(path)}", query, headers, body, 0, emulator.world, emulator.switches[source])

    def _answer(self, source: str, ask: Ask, pause: float | None) -> Answer:
        switches = ask.switches
        if switches.fault:
            answer = Answer(b"", switches.fault)
        elif switches.html:
            answer = Answer(PAGE, 200, "text/html; charset=utf-8")
        else:
            try:
                answer = self.server.emulator.answered(source, ask, pause)
            except Exception as problem:  # a format that fails must be seen by the test, not taken for a fault of the source
                self.server.emulator.unheard.append(f"{source}{ask.path}: {type(problem).__name__}: {problem}")
                answer = Answer({"error": f"the emulator failed: {type(problem).__name__}: {problem}"}, 500)
        if answer.missing:
            self.server.emulator.unheard.append(f"{source}{ask.path}")
        return answer

    def _send(self, answer: Answer, switches: Switches | None = None) -> None:
        body = answer.body
        self.send_response(answer.status)
        for name, value in {"Content-Type": answer.type, **answer.headers}.items():
            self.send_header(name, value)
        if answer.status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if answer.status == 304:
            return
        with contextlib.suppress(OSError):  # the caller hung up
            self._send_body(body, switches or Switches())

    def _send_body(self, body: bytes, switches: Switches) -> None:
        if switches.truncated or switches.reset:
            self.wfile.write(body[: len(body) // 2])
            self.wfile.flush()
            self._cut(reset=switches.reset)
        elif switches.drip:
            for at in range(len(body)):
                self.wfile.write(body[at : at + 1])
                self.wfile.flush()
                time.sleep(switches.drip)
        else:
            self.wfile.write(body)
            self.wfile.flush()

    def _cut(self, reset: bool = False) -> None:
        """Ends the connection: in the middle of a packet's way (reset), or by closing it."""
        self.close_connection = True
        if reset:
            self.connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        else:
            with contextlib.suppress(OSError):
                self.connection.shutdown(sockets.SHUT_RDWR)

    def _stream(self, source: str, ask: Ask) -> None:
        self.close_connection = True
        form = self.server.emulator.format(source)
        socket = accept(self, ask.switches)
        if socket is None:
            return
        with contextlib.suppress(OSError):
            if form is not None:
                form.stream(ask, socket)
        socket.close()
