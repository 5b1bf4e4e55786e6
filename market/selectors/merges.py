"""How merges of instruments stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.utils import timezone

from market.choices import MergeStatus
from market.errors import NothingFound
from market.models import InstrumentMerge

UNDO_DAYS = 30  # for which a merge can be taken back
LEASE = timedelta(seconds=30)  # a job that has not been heard of for so long is dead
_KEPT = 3_600  # seconds that its steps are remembered


@dataclass(frozen=True, slots=True)
class MergeView:
    """One merge, and how far it is: `done` of `of` steps of ledgers that name both."""

    number: int
    stays_symbol: str
    goes_symbol: str
    status: str
    detail: str
    until: datetime | None  # it can be taken back before that; None: it cannot
    done: int = 0
    of: int = 0

    @property
    def is_at_work(self) -> bool:
        return self.status in {MergeStatus.WAITING, MergeStatus.PARTING}


def merge_view(number: int) -> MergeView:
    """How a merge stands.  Raises NothingFound.  One query."""
    row = InstrumentMerge.objects.defer("journal").filter(pk=number).first()
    if row is None:
        raise NothingFound("There is no such merge. The list of merges shows those that there were.")
    until = row.merged_at + timedelta(days=UNDO_DAYS) if row.status == MergeStatus.DONE and row.merged_at else None
    done, of, _ = _steps(number)
    return MergeView(row.pk, row.stays_symbol, row.goes_symbol, row.status, row.detail, until if until and until > timezone.now() else None, done, of)


# ── its steps: a hint for whoever looks; what must not be lost is the row ───


def note_step(number: int, done: int, of: int) -> None:
    cache.set(_place(number), {"done": done, "of": of, "at": timezone.now().timestamp()}, timeout=_KEPT)


def forget_steps(number: int) -> None:
    cache.delete(_place(number))


def is_heard_of(number: int, now: datetime) -> bool:
    """Whether a job with it took a step of late."""
    return _steps(number)[2] > (now - LEASE).timestamp()


def _steps(number: int) -> tuple[int, int, float]:
    found: Any = cache.get(_place(number))
    return (found["done"], found["of"], found["at"]) if isinstance(found, Mapping) else (0, 0, 0.0)


def _place(number: int) -> str:
    return f"instrument-merge:{number}"
