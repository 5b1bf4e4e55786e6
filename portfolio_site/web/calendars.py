"""Days as a calendar that other programs subscribe to (RFC 5545)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

MEDIA_TYPE = "text/calendar; charset=utf-8"
MAKER = "-//Plumbline//Portfolio//EN"
REFRESHED = timedelta(hours=12)  # how often a reader is asked to come again


@dataclass(frozen=True, slots=True)
class AllDay:
    """A whole day.  `key` is the same each time the calendar is made; `is_certain`: it happened, or was announced."""

    key: str
    day: date
    title: str
    words: str
    is_certain: bool
    kind: str


def calendar(name: str, host: str, days: Iterable[AllDay], *, now: datetime) -> bytes:
    """The calendar called `name`.  `host` makes the keys of this installation its own."""
    from icalendar import Calendar, Event

    made = Calendar()
    made.add("prodid", MAKER)
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("name", name)
    made.add("x-wr-calname", name)
    made.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})
    made.add("x-published-ttl", "PT12H")
    for one in days:
        event = Event()
        event.add("uid", f"{one.key}@{host}")
        event.add("dtstamp", now)
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
        event.add("summary", one.title)
        event.add("description", one.words)
        event.add("categories", [one.kind])
        event.add("status", "CONFIRMED" if one.is_certain else "TENTATIVE")
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        made.add_component(event)
    return bytes(made.to_ical())
