"""Merging two instruments as a job: rung for by an administrator, looked at while it is at work.

How it stands is kept for an hour where caches are; what it does is done whole or not at all (merging.py).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.utils import timezone

from market.errors import NothingFound, StaffOnly, UnknownInstrument
from market.models import Instrument
from market.services.listing.merging import merge_instruments
from market.signals import merge_begun
from portfolio_site.kernel.errors import DomainError

log = logging.getLogger(__name__)
KEPT = 3600  # seconds that what came of a merge can be looked at
SILENT = timedelta(minutes=5)  # of a job that is at work no more
WAITING, DONE, FAILED = "waiting", "done", "failed"
_COLLIDED = "Somebody wrote to these instruments or ledgers at the same moment. Nothing was changed; merge them again."


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge, and how far it is: `done` of `of` steps of ledgers that name both."""

    actor: int
    stays: int
    goes: int
    stays_symbol: str
    goes_symbol: str
    touched: str  # ISO; when it last went on
    status: str = WAITING
    detail: str = ""
    done: int = 0
    of: int = 0

    @property
    def is_silent(self) -> bool:
        """It was to be at work, and has not been for minutes."""
        return self.status == WAITING and timezone.now() - datetime.fromisoformat(self.touched) > SILENT


def start_merge(actor: Any, stays: Instrument, goes: Instrument) -> str:
    """Rings for two instruments to be merged; answers the number to look at it by.  Raises StaffOnly."""
    if not (actor.is_active and actor.is_staff):
        raise StaffOnly("Only administrators merge instruments.")
    number = secrets.token_hex(8)
    _keep(number, Merge(actor.pk, stays.pk, goes.pk, stays.symbol, goes.symbol, timezone.now().isoformat()))
    transaction.on_commit(partial(merge_begun.send, None, number=number))
    return number


def get_merge(number: str) -> Merge:
    """How a merge stands.  Raises NothingFound for one that is over."""
    found = cache.get(_place(number)) if len(number) == 16 and number.isalnum() else None
    if not isinstance(found, Mapping):
        raise NothingFound("What came of this merge is no longer kept. The list of instruments shows whether there is one or two.")
    return Merge(**found)


def finish_merge(number: str) -> str:
    """Does the work, once however often it is rung for; answers how it ended, "" where it is another's."""
    try:
        begun = get_merge(number)
    except NothingFound:
        return ""
    if begun.status != WAITING or not cache.add(f"{_place(number)}:taken", 1, timeout=KEPT):
        return ""
    return _keep(number, _done(number, begun)).status


def _done(number: str, begun: Merge) -> Merge:
    def progress(done: int, of: int) -> None:
        _keep(number, replace(begun, done=done, of=of))

    actor = get_user_model().objects.filter(pk=begun.actor, is_active=True, is_staff=True).first()
    rows = Instrument.objects.in_bulk([begun.stays, begun.goes])
    try:
        if actor is None:
            raise StaffOnly("Only administrators merge instruments.")
        if len(rows) != 2:
            raise UnknownInstrument("One of the two is gone. Look at the list of instruments.")
        merge_instruments(actor, rows[begun.stays], rows[begun.goes], progress=progress)
    except DomainError as refused:
        return replace(begun, status=FAILED, detail=refused.detail)
    except DatabaseError:
        log.exception("merge of instruments %s and %s", begun.stays, begun.goes)
        return replace(begun, status=FAILED, detail=_COLLIDED)
    except Exception:
        _keep(number, replace(begun, status=FAILED, detail="Something went wrong; the log of the server says what. Nothing was changed."))
        raise
    return replace(begun, status=DONE)


def _keep(number: str, made: Merge) -> Merge:
    made = replace(made, touched=timezone.now().isoformat())
    cache.set(_place(number), asdict(made), timeout=KEPT)
    return made


def _place(number: str) -> str:
    return f"instrument-merge:{number}"
