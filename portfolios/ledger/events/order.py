"""The order in which the ledger takes its events."""

from __future__ import annotations

from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from portfolios.ledger.events.base import Event

_UNTIMED = attrgetter("day", "rank", "sequence", "id")
_TIMED = 2
_WITHOUT_TIME = (0, 1, 3, 4)  # the place of each rank in a day, around the entries whose time is known


def _place(event: Event) -> tuple[Any, ...]:
    if event.time is None:
        return (event.day, _WITHOUT_TIME[event.rank], None, 0, event.sequence, event.id)
    return (event.day, _TIMED, event.time, event.rank, event.sequence, event.id)


def in_ledger_order(events: Iterable[Event]) -> list[Event]:
    """The events in the order in which the ledger takes them (numbers.md, "Order inside one day").

    By day.  Inside a day: corporate actions, inflows of units, outflows, everything else, and equals as they were recorded.
    Events whose time is known go by time.  On a day that has both, an event without a time is put where it does no harm:
    corporate actions and inflows before those with a time, outflows and the rest after them.
    """
    ordered = list(events)
    if any(event.time is not None for event in ordered):
        ordered.sort(key=_place)
    else:
        ordered.sort(key=_UNTIMED)
    return ordered
