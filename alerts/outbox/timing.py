"""When a delivery is due.  Pure: the clock is an argument, hours are of a person's zone."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

LEASE = timedelta(seconds=45)  # that one sender has for a delivery; longer than any channel may take
FIRST_WAIT, LONGEST_WAIT = 15.0, 3600.0  # seconds
MOST_ATTEMPTS = 24  # about half a day of waiting; then a person has to look
MONDAY = 0


def wait_after(attempts: int, retry_after: float | None = None, *, draw: float | None = None) -> timedelta:
    """How long to wait after so many attempts: drawn between nothing and a bound that doubles up to an hour ("full jitter").

    Never less than a second, nor than the other side asked for (up to a day).  `draw`, between 0 and 1, is the luck; drawn unless told.
    """
    bound = min(LONGEST_WAIT, FIRST_WAIT * 2 ** min(max(attempts - 1, 0), 16))
    luck = random.random() if draw is None else draw  # noqa: S311  (spreads senders, guards nothing)
    return timedelta(seconds=max(1.0, bound * luck, min(retry_after or 0.0, 86_400.0)))


def after_quiet(moment: datetime, zone: ZoneInfo, start: time | None, end: time | None) -> datetime:
    """The moment itself, or the end of the quiet hours that it falls into.  From 22:00 to 07:00 passes midnight; equal ends mean none."""
    if start is None or end is None or start == end:
        return moment
    local = moment.astimezone(zone)
    now = local.time()
    inside = start <= now < end if start < end else now >= start or now < end
    if not inside:
        return moment
    day = local.date() + timedelta(days=1) if start > end and now >= start else local.date()
    return max(moment, _at(day, end, zone))


def digest_due(now: datetime, zone: ZoneInfo, *, weekly: bool, hour: int) -> datetime:
    """The next time that a digest goes out, after `now`: at the hour in the person's zone, each day or each Monday."""
    day = now.astimezone(zone).date()
    while True:
        due = _at(day, time(hour), zone)
        if due > now and (not weekly or day.weekday() == MONDAY):
            return due
        day += timedelta(days=1)


def digest_key(owner_id: int, due: datetime, zone: ZoneInfo, *, weekly: bool) -> str:
    """The unique key of the digest of a period."""
    return f"digest:{owner_id}:{'week' if weekly else 'day'}:{due.astimezone(zone).date().isoformat()}"


def _at(day: date, at: time, zone: ZoneInfo) -> datetime:
    """A wall-clock time; one that a change of the clocks skips is the hour after."""
    return datetime.combine(day, at, tzinfo=zone).astimezone(ZoneInfo("UTC"))
