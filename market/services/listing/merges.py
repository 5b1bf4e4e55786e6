"""Merging two instruments as a job, and taking the merge back as one: asked for by an administrator, looked at while it is at work.

The work is the row; what rings is only a bell, and the sweeper rings again.  All that is done and the new status are one transaction,
so that a killed worker leaves the row waiting and everything else as it was.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import DatabaseError, transaction
from django.db.models import F, Q
from django.utils import timezone

from market.choices import MergeStatus
from market.errors import CannotPart, NothingFound, StaffOnly, UnknownInstrument
from market.models import Instrument, InstrumentMerge
from market.selectors.merges import LEASE, UNDO_DAYS, forget_steps, is_heard_of, note_step
from market.services.listing.journal import Journal
from market.services.listing.merging import merge_instruments
from market.services.listing.parting import part_instruments
from market.signals import instruments_listed, merge_begun
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.administration import may

log = logging.getLogger(__name__)
MOST_ATTEMPTS = 5
AT_WORK = (MergeStatus.WAITING, MergeStatus.PARTING)
_COLLIDED = "Somebody wrote to these instruments or ledgers at the same moment. Nothing was changed; {again}."
_BROKEN = "Something went wrong; the log of the server says what. Nothing was changed."
_GIVEN_UP = "The job ended {times} times before it was done; the log of the server says why. Nothing was changed."
_TOO_LATE = "A merge can be undone for {days} days. What it did is no longer known."


def start_merge(actor: Any, stays: Instrument, goes: Instrument) -> int:
    """Asks for two instruments to be merged; answers the number to look at it by.  Raises StaffOnly."""
    _refuse_others(actor)
    row = InstrumentMerge.objects.create(asked_by=actor, stays=stays.pk, goes=goes.pk, stays_symbol=stays.symbol, goes_symbol=goes.symbol)
    transaction.on_commit(partial(merge_begun.send, None, number=row.pk))
    return int(row.pk)


@transaction.atomic
def start_parting(actor: Any, number: int) -> None:
    """Asks for a merge to be taken back.  Raises StaffOnly, NothingFound, and CannotPart where it is too late."""
    _refuse_others(actor)
    row = InstrumentMerge.objects.select_for_update().filter(pk=number).first()
    if row is None:
        raise NothingFound("There is no such merge. The list of merges shows those that there were.")
    if row.status == MergeStatus.PARTING:
        return
    if row.status != MergeStatus.DONE:
        raise CannotPart("Only a merge that was done can be undone.")
    if row.journal is None or row.merged_at is None or row.merged_at < timezone.now() - timedelta(days=UNDO_DAYS):
        raise CannotPart(_TOO_LATE.format(days=UNDO_DAYS))
    InstrumentMerge.objects.filter(pk=number).update(status=MergeStatus.PARTING, asked_by=actor, detail="", attempts=0, touched_at=None)
    transaction.on_commit(partial(merge_begun.send, None, number=number))


def _refuse_others(actor: Any) -> None:
    if actor is None or not may(actor, "work", "market.Instrument"):
        raise StaffOnly("Only administrators merge instruments.")


# ── the job ─────────────────────────────────────────────────────────────────


def finish_merge(number: int) -> str:
    """Does the work, once however often it is rung for; answers how it ended, "" where it is another's."""
    if not _claimed(number, timezone.now()):
        return ""
    again = "merge them again"
    try:
        with transaction.atomic():
            row = InstrumentMerge.objects.select_for_update().get(pk=number)
            if row.status not in AT_WORK:
                return ""  # another worker was first
            if row.attempts > MOST_ATTEMPTS:
                return _ended(number, _GIVEN_UP.format(times=MOST_ATTEMPTS))
            if row.status == MergeStatus.WAITING:
                _merge(row)
            else:
                again = "undo the merge again"
                _part(row)
            row.touched_at, row.attempts = None, 0
            row.save()
        return str(row.status)
    except DomainError as refused:
        return _ended(number, refused.detail)
    except DatabaseError:
        log.exception("merge %s", number)
        return _ended(number, _COLLIDED.format(again=again))
    except Exception:
        _ended(number, _BROKEN)
        raise
    finally:
        forget_steps(number)


def _claimed(number: int, now: datetime) -> bool:
    """Whether the work is ours: it waits, and no job with it was heard of for a while."""
    if is_heard_of(number, now):
        return False
    free = InstrumentMerge.objects.filter(Q(touched_at=None) | Q(touched_at__lt=now - LEASE), pk=number, status__in=AT_WORK)
    return bool(free.update(touched_at=now, attempts=F("attempts") + 1))


def _merge(row: InstrumentMerge) -> None:
    _refuse_others(row.asked_by)
    rows = Instrument.objects.in_bulk([row.stays, row.goes])
    if len(rows) != 2:
        raise UnknownInstrument("One of the two is gone. Look at the list of instruments.")
    journal = Journal()
    merge_instruments(row.asked_by, rows[row.stays], rows[row.goes], progress=partial(note_step, row.pk), journal=journal)
    row.status, row.merged_at, row.journal = MergeStatus.DONE, timezone.now(), journal.packed()


def _part(row: InstrumentMerge) -> None:
    _refuse_others(row.asked_by)
    if row.journal is None:
        raise CannotPart(_TOO_LATE.format(days=UNDO_DAYS))
    gone = part_instruments(row.asked_by, row.stays, row.goes, Journal.unpacked(row.journal), partial(note_step, row.pk))
    row.status, row.parted_at, row.journal, row.detail = MergeStatus.PARTED, timezone.now(), None, ""
    transaction.on_commit(partial(instruments_listed.send, Instrument, instrument_ids=(row.stays, gone.pk)))


def _ended(number: int, detail: str) -> str:
    """It was not done, and says why: what was to be merged is not, what was to be undone stays merged."""
    rest = {"detail": detail[:600], "touched_at": None, "attempts": 0}
    if InstrumentMerge.objects.filter(pk=number, status=MergeStatus.WAITING).update(status=MergeStatus.FAILED, **rest):
        return MergeStatus.FAILED.value
    InstrumentMerge.objects.filter(pk=number, status=MergeStatus.PARTING).update(status=MergeStatus.DONE, **rest)
    return MergeStatus.DONE.value


# ── the sweeper ─────────────────────────────────────────────────────────────


def merges_to_ring(now: datetime) -> list[int]:
    """Those that wait, or whose job was not heard of for a while."""
    silent = Q(touched_at=None) | Q(touched_at__lt=now - LEASE)
    waiting = InstrumentMerge.objects.filter(silent, status__in=AT_WORK).order_by("pk").values_list("pk", flat=True)
    return [number for number in waiting if not is_heard_of(number, now)]


def forget_journals(now: datetime) -> int:
    """Forgets what merges did that can no longer be undone; answers of how many."""
    old = InstrumentMerge.objects.filter(merged_at__lt=now - timedelta(days=UNDO_DAYS), journal__isnull=False).exclude(status__in=AT_WORK)
    return int(old.update(journal=None))
