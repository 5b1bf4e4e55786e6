"""How the streams do, told by the process that follows them and read by the administration, through the shared cache."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime

from django.core.cache import cache

KEPT = 60  # seconds; whoever tells nothing for so long is not at work


@dataclass(frozen=True, slots=True)
class StreamState:
    """One stream.

    since     when the connection was made; None while there is none
    symbols   that are followed
    ended     no attempt is made any more, before the settings change
    """

    since: datetime | None = None
    symbols: int = 0
    last_message_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: str = ""
    ended: bool = False


def tell_state(source: str, state: StreamState) -> None:
    cache.set(_key(source), asdict(state), timeout=KEPT)


def stream_state(source: str) -> StreamState | None:
    """None where no process follows the source."""
    found = cache.get(_key(source))
    return StreamState(**found) if isinstance(found, dict) else None


def _key(source: str) -> str:
    return f"stream:{source}"
