"""Quiet hours: when what fired is told.  Times are of the person's own clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta


def quiet_until(begins: time | None, ends: time | None, local: datetime) -> datetime | None:
    """The end of the quiet hours that `local` lies in; None where it lies in none.

    `local` is the moment on the person's clock.  Hours that begin later than they end last over midnight; equal ones are none.
    """
    if begins is None or ends is None or begins == ends:
        return None
    now = local.time().replace(tzinfo=None)
    if begins < ends:
        inside, tomorrow = begins <= now < ends, False
    else:
        inside, tomorrow = now >= begins or now < ends, now >= begins
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if tomorrow else 0)
    return datetime.combine(day, ends, local.tzinfo)
