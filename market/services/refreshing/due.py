"""Which newest prices are to be asked for now: of what trades, and of what closed since it was asked for last.  Stale first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Max

from market.choices import AssetClass
from market.hours import SETTLES, is_open, last_open
from market.services.refreshing.symbols import QUOTES, askable


@dataclass(frozen=True, slots=True)
class Candidate:
    """An instrument that a source can be asked for.  `asked_at`: when any was, last."""

    pk: int
    exchange: str
    asset_class: str
    asked_at: datetime | None


def due_quotes(followed: Iterable[int], now: datetime, every: timedelta) -> list[int]:
    """The followed instruments whose newest price is to be asked for, those that were asked for longest ago first.  One query."""
    return due(_candidates(followed, now), now, every)


def quote_jobs(followed: Iterable[int], now: datetime, every: timedelta, most: int) -> list[list[int]]:
    """The due ones in jobs of at most `most`, the one with the stalest first.  One query.

    Coins have jobs of their own: the rest is asked for at another source, and a job of both would be a call to each.
    """
    candidates = _candidates(followed, now)
    coins = {one.pk for one in candidates if one.asset_class == AssetClass.CRYPTO}
    jobs: list[list[int]] = []
    filling: dict[bool, list[int]] = {}
    for pk in due(candidates, now, every):
        job = filling.get(pk in coins)
        if job is None or len(job) == most:
            job = filling[pk in coins] = []
            jobs.append(job)
        job.append(pk)
    return jobs


def _candidates(followed: Iterable[int], now: datetime) -> list[Candidate]:
    rows = (
        askable(QUOTES, now)
        .filter(instrument__in=list(followed))
        .order_by()
        .values_list("instrument_id", "instrument__exchange", "instrument__asset_class")
        .annotate(asked_at=Max("asked_at"))
    )
    return [Candidate(*row) for row in rows]


def due(candidates: Sequence[Candidate], now: datetime, every: timedelta) -> list[int]:
    """As `due_quotes`.  Each exchange's hours are looked up once."""
    hours: dict[tuple[str, str], tuple[bool, datetime]] = {}
    wanted = []
    for one in candidates:
        place = one.exchange, one.asset_class
        if place not in hours:
            hours[place] = is_open(*place, now), last_open(*place, now)
        open_now, last = hours[place]
        if one.asked_at is None or (now - one.asked_at >= every and (open_now or one.asked_at < last + SETTLES)):
            wanted.append(one)
    first = datetime.min.replace(tzinfo=now.tzinfo)
    return [one.pk for one in sorted(wanted, key=lambda one: (one.asked_at or first, one.pk))]
