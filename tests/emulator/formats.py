"""How a source's wire format is written for the emulator.

A module `tests/emulator/<name>.py` (the source's name in `market.providers`) has one class `Emulated(Format)`.  One object of it lives
as long as an emulator, so what a source keeps between calls (a crumb) may be an attribute.  It has

    answer(ask)           what the source says to a call.  `ask` has the path after the source's prefix, without escapes
                          ("/v8/finance/chart/^GSPC"), the query, headers and body of the call, the world, and the switches of
                          this source.  The client under test is opened with base=emulator.base("<name>"), so the path is what it
                          appends to its own BASE.
    tells_pause(...)     whether a refusal says how long to wait
    limited(ask, pause)   what it says beyond its limit; 429 with Retry-After unless its own way is another
    stream(ask, socket)   what it does with a websocket; closed at once unless written

Securities are to be had through `ask`, which applies the faults of the second group of switches.py:

    ask.security(symbol)        by the world's (Yahoo's) symbol; ask.known(security) for one found by world.find, coin or search
    ask.quote(security)         newest price
    ask.bars(security, since, until)
    ask.minutes(security, day, step)

Prices are Decimals, raw and in major units: divide by `security.factor` where the source tells pence under `security.unit`, and by
`world.split_factor(security, day)` where it adjusts for splits.  A hole is a bar whose `close` is None.

Answers are `Answer(value)`: a dict or list becomes JSON whose Decimals are JSON numbers with all their digits; text and bytes go as
they are.  A call that the format does not know is `ask.missing`: 404, and the path is listed in `emulator.unheard` so that a test
can see what was forgotten.  No recorded file is needed for any of this; those are served by `Emulator(recorded=True)`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from tests.emulator.switches import Switches
from tests.emulator.things import Bar, Minute, Quote, Security
from tests.emulator.world import World

_EXACT = re.compile(r'"\\u0000([^"\\]*)\\u0000"')


def exact_json(value: Any) -> bytes:
    """JSON in which a Decimal is a number with all its digits."""
    text = json.dumps(value, default=_number, ensure_ascii=True)
    return _EXACT.sub(r"\1", text).encode()


def _number(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"\x00{value:f}\x00"
    raise TypeError(f"{type(value).__name__} is no part of JSON")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source says.  `content_type` empty: JSON for a dict or list, plain text for others."""

    value: Any = b""
    status: int = 200
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    missing: bool = False

    @property
    def body(self) -> bytes:
        if isinstance(self.value, bytes):
            return self.value
        return self.value.encode() if isinstance(self.value, str) else exact_json(self.value)

    @property
    def type(self) -> str:
        return self.content_type or ("text/plain; charset=utf-8" if isinstance(self.value, (bytes, str)) else "application/json; charset=utf-8")


@dataclass(frozen=True, slots=True)
class Ask:
    """A call.  `number`: the how many-th of this source, from 1.  `query` holds the last of several values."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]  # by names in lower case
    body: bytes
    number: int
    world: World
    switches: Switches

    missing = Answer({"error": "no such path"}, 404, missing=True)

    def security(self, symbol: str) -> Security | None:
        """The one that the world and this source know by the world's symbol."""
        return self.known(self.world.get(symbol))

    def known(self, security: Security | None) -> Security | None:
        return None if security is None or security.symbol in self.switches.unknown else security

    def quote(self, security: Security) -> Quote:
        found = self.world.quote(security)
        if stuck := self.switches.stuck_quotes.get(security.symbol):
            found = replace(found, price=Decimal(stuck))
        if security.symbol in self.switches.hundredfold_quotes:
            found = replace(found, price=found.price * 100)
        return found

    def bars(self, security: Security, since: date | None = None, until: date | None = None) -> list[Bar]:
        """Daily bars, oldest first, with the faults that are switched on."""
        if self.switches.empty_window:
            return []
        found = self.world.bars(security, since, until)
        if self.switches.null_holes:
            found = [bar.hole if bar.day.toordinal() % 7 == 2 and not bar.running else bar for bar in found]
        if security.symbol in self.switches.hundredfold_bars and len(found) > 3:
            found[-3] = found[-3].times(Decimal(100))
        if self.switches.duplicate_last_bar and found:
            last = found[-1]
            found.append(replace(last, volume=(last.volume or 0) + 17))
        return found

    def minutes(self, security: Security, day: date, step: int) -> list[Minute]:
        return [] if self.switches.empty_window else self.world.minutes(security, day, step)

    def key(self, *names: str) -> str:
        """The key that was sent under one of these names of the query or headers; "" for none, and for every one while keys are refused."""
        if self.switches.wrong_key:
            return ""
        return next(
            (
                self.query.get(name, "") or self.headers.get(name.lower(), "")
                for name in names
                if self.query.get(name) or self.headers.get(name.lower())
            ),
            "",
        )


class Socket(Protocol):
    """A websocket as the server sees it."""

    def send(self, message: str | bytes | dict[str, Any] | list[Any]) -> None:
        """Text, bytes, or JSON.  Raises ConnectionError when the other side has gone."""
        ...

    def receive(self, timeout: float | None = None) -> str | bytes | None:
        """The next message; None when none came in time.  Raises ConnectionError when the other side has gone."""
        ...


class Format(Protocol):
    """A source's wire format.  To be inherited from."""

    def answer(self, ask: Ask) -> Answer: ...

    def tells_pause(self, switches: Switches) -> bool:
        return True

    def limited(self, ask: Ask, pause: float) -> Answer:
        return Answer({"error": "too many requests"}, 429, headers={"Retry-After": str(max(1, round(pause)))})

    def stream(self, ask: Ask, socket: Socket) -> None:
        return None
