"""The order in which the ledger takes its events."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from typing import Any

from portfolios.ledger.events.base import Event

_DAY, _TIME = attrgetter("day"), attrgetter("time")
_IN_A_DAY = attrgetter("rank", "sequence", "id")
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
    ordered = sorted(events, key=_DAY)
    if any(map(_TIME, ordered)):
        ordered.sort(key=_place)
        return ordered
    found: list[Event] = []
    for _, group in groupby(ordered, _DAY):  # most days have few events, and most ledgers come in order: half the work of one sort
        of_one_day = list(group)
        if len(of_one_day) > 1:
            of_one_day.sort(key=_IN_A_DAY)
        found += of_one_day
    return found
