"""What a source allows, as its documentation says: who calls it keeps to that, and never finds it out by trying."""

from __future__ import annotations

from dataclasses import dataclass

MINUTE, HOUR, DAY, MONTH = 60, 3_600, 86_400, 2_592_000  # seconds


@dataclass(frozen=True, slots=True)
class Window:
    """At most `calls` (or credits, where a call costs several) in any `seconds`."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """Windows that all hold at once, and the least seconds between two calls.

    symbols_a_month    different symbols in a month, where the source counts these
    """

    windows: tuple[Window, ...] = ()
    gap: float = 0.0
    symbols_a_month: int | None = None
