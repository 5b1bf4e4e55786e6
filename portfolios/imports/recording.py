"""The job that records a reviewed import: all chosen rows in one database transaction, together with the batch's new status.

A kill before the commit leaves the batch waiting and the ledger as it was; after it, the batch is recorded.  Nothing is between.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.services import record_audit
from market.models import Instrument
from portfolio_site.kernel.errors import DomainError, Invalid
from portfolios.choices import ImportStatus, Verdict
from portfolios.errors import AlreadyRecorded
from portfolios.importers import Draft
from portfolios.imports.judging import ALREADY, by_place, judge_refused_again, recorded_keys, refuse, refused_by_ledger
from portfolios.imports.preparing import Candidate, Preparing
from portfolios.imports.reading import MOST_ATTEMPTS, claim, touch
from portfolios.imports.summary import summarise
from portfolios.models import ImportBatch, ImportRow
from portfolios.roles import Action
from portfolios.services import TransactionDraft, only_writer, record_many
from portfolios.signals import import_over


def commit_batch(batch_id: int) -> None:
    """Record one confirmed import.  Does nothing where it is not waiting for that."""
    batch = claim(batch_id, ImportStatus.COMMITTING, ImportStatus.COMMITTING)
    if batch is None:
        return
    if batch.attempts > MOST_ATTEMPTS:
        _back_to_review(batch, f"Recording was tried {MOST_ATTEMPTS} times and did not end. Leave out a part of the rows and try again.")
        return
    if batch.uploaded_by is None:
        _back_to_review(batch, "Whoever confirmed this import has left since. Look at its rows, and confirm it anew.")
        return
    try:
        _record(batch)
    except AlreadyRecorded as refused:
        # somebody recorded a row between the look and the write: the next look leaves it out
        _back_to_review(batch, refused.detail)
    except DomainError as refused:
        _mark(batch, refused)


def _waiting(batch: ImportBatch) -> Any:
    return ImportRow.objects.filter(batch=batch, verdict=Verdict.NEW, chosen=True).order_by("number", "part")


def _candidates(batch: ImportBatch) -> list[Candidate]:
    """The rows that wait, as drafts without the cells that they were read from.  Two queries; rows are read as they come, not held."""
    waiting = _waiting(batch)
    instruments = Instrument.objects.in_bulk(list(waiting.order_by().values_list("instrument", flat=True).distinct()))
    candidates = []
    rows = waiting.values_list("draft", "instrument", "source_key").iterator(chunk_size=2000)
    for place, (raw, instrument, key) in enumerate(rows):
        raw.pop("cells", None)
        candidates.append(Candidate(Draft.from_json(raw), instruments.get(instrument), key))
        if place % 2000 == 1999:
            touch(batch, place // 2)
    touch(batch, len(candidates) // 2)
    return candidates


def _record(batch: ImportBatch) -> None:
    touch(batch, 0)
    judge_refused_again(batch)
    new = _candidates(batch)
    if not new and (row := refused_by_ledger(batch).order_by("number", "part").first()):
        raise Invalid(f"Row {row.number}: {row.reason}")
    with transaction.atomic(), only_writer(batch.portfolio, by=batch.uploaded_by, to=Action.IMPORT) as portfolio:
        current = ImportBatch.objects.select_for_update().get(pk=batch.pk)
        if current.status != ImportStatus.COMMITTING:
            return  # another worker was first
        known = recorded_keys(portfolio)
        doubled = [each.source_key for each in new if each.source_key in known]
        new = [each for each in new if each.source_key not in known]
        preparing = Preparing(portfolio, batch.uploaded_by, [each.draft for each in new], batch.format, partial(_recorded, batch))
        drafts = _drafts(preparing, deque(new))
        new.clear()  # of a large file they are many, and what follows needs the room
        entries = len(record_many(batch.uploaded_by, portfolio, drafts, batch=batch))
        for start in range(0, len(doubled), 500):
            _waiting(batch).filter(source_key__in=doubled[start : start + 500]).update(verdict=Verdict.DUPLICATE, chosen=False, reason=ALREADY)
        batch.status, batch.content, batch.finished_at = ImportStatus.COMMITTED, None, timezone.now()
        batch.rows_done, batch.touched_at, batch.attempts, batch.problem = batch.rows_total, None, 0, _left_behind(batch)
        batch.save()
        import_over.send(ImportBatch, batch=batch)
        record_audit(
            batch.uploaded_by,
            "import.recorded",
            subject=portfolio.owner_id,
            object_type="import",
            object_id=batch.pk,
            portfolio=portfolio.pk,
            entries=entries,
        )


def _drafts(preparing: Preparing, waiting: deque[Candidate]) -> Iterator[TransactionDraft]:
    """One draft after another, each made when it is asked for, and its candidate forgotten.  Raises Invalid where one cannot be made."""
    while waiting:
        each = waiting.popleft()
        draft = preparing.draft(each)
        if each.errors:
            raise Invalid(each.errors[0].detail)
        yield draft


def _left_behind(batch: ImportBatch) -> str:
    """What is said of rows that the ledger refused again and that were not recorded with the others; "" where there is none."""
    refused = list(refused_by_ledger(batch).order_by("number", "part"))
    if not refused:
        return ""
    rows = "1 row was" if len(refused) == 1 else f"{len(refused)} rows were"
    return f"{rows} not recorded. Row {refused[0].number}: {refused[0].reason}"[:500]


def _recorded(batch: ImportBatch) -> list[tuple[int | None, str]]:
    """The rows of the file that stand in the ledger: the number in the file, and the key."""
    rows = ImportRow.objects.filter(batch=batch, verdict=Verdict.DUPLICATE)
    return [(Draft.from_json(row.draft).entry, row.source_key) for row in rows]


def _back_to_review(batch: ImportBatch, problem: str) -> None:
    with transaction.atomic():
        batch.status, batch.problem = ImportStatus.REVIEW, problem[:500]
        batch.touched_at, batch.attempts, batch.rows_done = None, 0, batch.rows_total
        batch.save()


def _mark(batch: ImportBatch, refused: DomainError) -> None:
    """Nothing was recorded: the rows that were refused say why, and the review is shown again."""
    known = recorded_keys(batch.portfolio)
    sent = [pk for pk, key in _waiting(batch).values_list("pk", "source_key") if key not in known]
    said_of = {sent[place]: errors for place, errors in by_place(refused.errors).items() if place < len(sent)}
    with transaction.atomic():
        marked = list(_waiting(batch).filter(pk__in=list(said_of)))
        for row in marked:
            refuse(row, said_of[row.pk])
            row.save(update_fields=["verdict", "reason", "chosen", "remarked", "draft"])
        batch.facts = {**(batch.facts or {}), "summary": summarise(_waiting(batch).iterator(chunk_size=2000))}
        said = f"Row {marked[0].number}: {marked[0].reason}" if marked else refused.detail
        _back_to_review(batch, f"Nothing was recorded. {said}")
