"""Looks that no message asked for: the broker was away, its queue was emptied, or the process died before it rang.

The quotes are the rows: those that were fetched since the last round that was finished are looked at again.  Looking twice tells nobody
twice, and the round costs a few queries for each thousand instruments that moved and are watched.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from alerts.looking.due import mark_moved
from alerts.looking.instruments import check_rules
from alerts.models import Firing, Rule
from alerts.rules import Cause, caused_by
from market.selectors import moved_since
from portfolio_site.periods import last_done

SWEEP = "alerts on prices that nobody was told of"  # of the schedule
OVERLAP = timedelta(minutes=2)  # a quote may be fetched so long before it can be read
FIRST = timedelta(hours=1)  # back, where no round was finished yet
CHUNK = 1000


def sweep_quotes(now: datetime | None = None) -> list[Firing]:
    """Looks at rules on what moved since the last round; the firings that are new."""
    now, fired = now or timezone.now(), list[Firing]()
    since = (last_done(SWEEP) or now - FIRST) - OVERLAP
    moved = moved_since(since)
    for start in range(0, len(moved), CHUNK):
        chunk = moved[start : start + CHUNK]
        watched = Rule.objects.watching(chunk).filter(kind__in=caused_by(Cause.QUOTES)).order_by()
        fired += check_rules(watched.values_list("instrument", flat=True).distinct(), now=now)
        mark_moved(chunk, now)
    return fired
