"""Turning an emulator's switches over HTTP, for clicking through the product beside it.

GET  /_emulator/                        sources, calls and the world's time
GET  /_emulator/calls?source=yahoo      calls so far
POST /_emulator/switches/yahoo          {"truncated": true, "unknown": ["AAPL"]}; {} turns all off
POST /_emulator/clock                   {"days": 1} or {"speed": 60}
POST /_emulator/split                   {"symbol": "MSFT", "new": 2, "old": 1}: over night, as of the world's today
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.emulator.formats import Answer, Ask

if TYPE_CHECKING:
    from tests.emulator.server import Emulator


def answer(emulator: Emulator, ask: Ask) -> Answer:
    verb, _, rest = ask.path.lstrip("/").partition("/")
    try:
        sent: dict[str, Any] = json.loads(ask.body or b"{}")
        if ask.method == "POST":
            _change(emulator, verb, rest, sent)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        return Answer({"error": f"{type(problem).__name__}: {problem}"}, 400)
    if verb == "calls":
        return Answer([_told(call) for call in emulator.calls(ask.query.get("source", ""))])
    calls = emulator.calls()
    counts = {name: sum(call.source == name for call in calls) for name in sorted({call.source for call in calls})}
    return Answer({"now": emulator.world.now().isoformat(), "calls": counts, "in_pause": len(emulator.calls_in_pause()), "unheard": emulator.unheard})


def _change(emulator: Emulator, verb: str, rest: str, sent: dict[str, Any]) -> None:
    clock = emulator.world.clock
    if verb == "switches" and rest == "all":
        emulator.turn_all(**sent)
    elif verb == "switches":
        switches = emulator.switches[rest]
        if not sent:
            switches.reset_all()
        switches.turn(**sent)
    elif verb == "clock":
        if "speed" in sent:
            clock.set(clock.now())
            clock.speed = float(sent.pop("speed"))
        clock.move(**sent)
    elif verb == "split":
        emulator.world.split(sent["symbol"], emulator.world.now().date(), int(sent["new"]), int(sent["old"]))
    else:
        raise KeyError(verb)


def _told(call: Any) -> dict[str, Any]:
    return {name: getattr(call, name) for name in ("at", "source", "method", "path", "status", "in_pause")}
