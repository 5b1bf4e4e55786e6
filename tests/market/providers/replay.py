"""A way to a source that leads nowhere: it answers with bodies that a test hands over, and keeps what was asked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from market.providers.web import Reply, Web


@dataclass(slots=True)
class Replay(Web):
    """Gives its replies one after the other, the last again and again."""

    base: str = "https://source.example"
    replies: list[Reply] = field(default_factory=list)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    costs: list[int] = field(default_factory=list)

    def get(self, path: str, params: Mapping[str, str] | None = None, *, cost: int = 1, **_: Any) -> Reply:
        self.gate(cost)
        self.asked.append((path, dict(params or {})))
        self.costs.append(cost)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


def says(body: Any, status: int = 200, **headers: str) -> Reply:
    """A reply with this body: bytes and text as they are, all else as JSON."""
    sent = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return Reply(status, "application/json", sent, {name.replace("_", "-"): value for name, value in headers.items()})


def replay(*replies: Reply | Any, secrets: Iterable[str] = ()) -> Replay:
    return Replay(secrets=tuple(secrets), replies=[each if isinstance(each, Reply) else says(each) for each in replies])
