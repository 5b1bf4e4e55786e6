"""Which instruments must be replayed together: those that a spin-off, merger or symbol change connects, however far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from portfolios.ledger.events import Event, Reorganisation

Link = tuple[int, int]  # two instruments that one event touches


def instrument_ids_of(event: Event) -> tuple[int, ...]:
    """The instruments that an event touches: none, one, or its own and those of its legs."""
    own: int | None = getattr(event, "instrument", None)
    if own is None:
        return ()
    return (own, *(leg.instrument for leg in event.legs)) if isinstance(event, Reorganisation) else (own,)


def links_of(events: Iterable[Event]) -> set[Link]:
    """The connections that the events make."""
    return {(event.instrument, leg.instrument) for event in events if isinstance(event, Reorganisation) for leg in event.legs}


def groups(instruments: Iterable[int], links: Iterable[Link]) -> list[set[int]]:
    """The instruments, each with all that the links connect it to, in groups that do not touch each other."""
    left, known, found = set(instruments), set(links), []
    while left:
        group = connected({min(left)}, known)
        found.append(group)
        left -= group
    return found


def connected(instruments: Iterable[int], links: Iterable[Link]) -> set[int]:
    """The instruments and all that the links connect them to, in either direction."""
    beside: dict[int, set[int]] = defaultdict(set)
    for one, other in links:
        beside[one].add(other)
        beside[other].add(one)
    found = set(instruments)
    waiting = list(found)
    while waiting:
        new = beside[waiting.pop()] - found
        found |= new
        waiting.extend(new)
    return found
