"""When a rule would have fired, on numbers of the past.  The same steps as live, one look a day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from alerts.rules.deciding import at_first, step
from alerts.rules.shapes import PLAIN, Kind, Level, Subject, Terms, Values, Words


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """The days on which it would have fired, with what it would have said; or why that is not known.

    since, until  the first and last day that was looked at
    """

    fired: tuple[tuple[date, str], ...] = ()
    since: date | None = None
    until: date | None = None
    why_not: str = ""


def rehearse(
    kind: Kind, values: Values, terms: Terms, subject: Subject, days: Iterable[tuple[date, Level]], *, once: bool = False, words: Words = PLAIN
) -> Rehearsal:
    """Days in order, each with the number at its close; a day without one is no look."""
    state, fired, since, until = None, list[tuple[date, str]](), None, None
    assert kind.say is not None
    for day, level in days:
        if level.value is None:
            continue
        since, until = since or day, day
        if state is None:
            state = at_first(kind, values, level)
            continue
        taken = step(kind, values, terms, state, level, datetime.combine(day, time(), UTC))
        state = taken.state
        if taken.fires:
            fired.append((day, kind.say(values, level, subject, words)))
            if once:
                break
    if since is None:
        return Rehearsal(why_not="Nothing of the past year is known of it.")
    return Rehearsal(tuple(fired), since, until)
