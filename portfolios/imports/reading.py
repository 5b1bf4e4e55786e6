"""The job that reads an upload: bytes to rows with verdicts.  Started again after a kill, it begins anew and ends the same."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils import timezone

from portfolios.choices import ImportStatus
from portfolios.importers import Layout, Options, Parsed, Unreadable, read_file
from portfolios.imports.judging import judge
from portfolios.imports.summary import summary_of, will_be_recorded
from portfolios.models import ImportBatch, ImportRow
from portfolios.services.storing import store
from portfolios.signals import import_moved, import_over

LEASE = timedelta(seconds=30)  # a job that has not been heard of for so long is dead
MOST_ATTEMPTS = 5
CHUNK = 1000
GONE = "Whoever began this import has left since. Upload the file again."
LAYOUTS_REMEMBERED = 20  # imports that are looked through for one with the same columns


def claim(batch_id: int, waiting: ImportStatus, working: ImportStatus) -> ImportBatch | None:
    """Take a batch for this job, if it waits or if the job that had it is dead.  None: somebody else is at it, or it is done."""
    now = timezone.now()
    free = Q(status=waiting, attempts=0) | Q(status__in=[waiting, working], touched_at__lt=now - LEASE) | Q(status=waiting, touched_at=None)
    if not ImportBatch.objects.filter(free, pk=batch_id).update(status=working, touched_at=now, attempts=F("attempts") + 1):
        return None
    taken: ImportBatch = ImportBatch.objects.select_related("portfolio", "uploaded_by").get(pk=batch_id)
    return taken


def touch(batch: ImportBatch, done: int) -> None:
    """Say that the job is alive, and how far it is.  One that began anew says no less than the one that died had said."""
    ImportBatch.objects.filter(pk=batch.pk).update(touched_at=timezone.now(), rows_done=Greatest(F("rows_done"), done))
    import_moved.send(ImportBatch, batch_id=batch.pk)


def options_of(batch: ImportBatch) -> Options:
    """How this batch is to be read."""
    how = batch.mapping or {}
    return Options(
        today=timezone.localdate() + timedelta(days=1),  # the exchange may be a day ahead of this clock; recording refuses what is not
        max_rows=settings.IMPORT_MAX_ROWS,
        base_currency=batch.portfolio.base_currency,
        layout=Layout.from_json(how["layout"]) if how.get("layout") else None,
        corrections={int(number): cells for number, cells in how.get("cells", {}).items()},
    )


def read_batch(batch_id: int) -> None:
    """Read one upload.  Does nothing where it is not waiting to be read."""
    batch = claim(batch_id, ImportStatus.UPLOADED, ImportStatus.READING)
    if batch is None:
        return
    if batch.attempts > MOST_ATTEMPTS:
        fail(batch, f"The file could not be read in {MOST_ATTEMPTS} tries. Split it into shorter periods and import them one after another.")
        return
    if batch.uploaded_by is None:
        fail(batch, GONE)
        return
    try:
        parsed = read_file(batch.content or b"", options_of(batch), format_key=(batch.mapping or {}).get("format", ""))
    except Unreadable as problem:
        fail(batch, problem.detail)
        return
    batch.format = parsed.format
    if parsed.questions and (known := _remembered(batch, parsed)) is not None:
        batch.mapping = {**(batch.mapping or {}), "layout": known.mapping["layout"], "like": known.file_name}
        parsed = read_file(batch.content or b"", options_of(batch), format_key=batch.mapping.get("format", ""))
    if parsed.questions:
        _ask(batch, parsed)
    else:
        _store(batch, parsed)


def _remembered(batch: ImportBatch, parsed: Parsed) -> ImportBatch | None:
    """The person's newest import of a table with the same columns whose questions were answered; None where this one has answers."""
    if (batch.mapping or {}).get("layout"):
        return None
    earlier = ImportBatch.objects.filter(uploaded_by=batch.uploaded_by, format=parsed.format).exclude(pk=batch.pk).defer("content")
    known: ImportBatch
    for known in earlier.order_by("-id")[:LAYOUTS_REMEMBERED]:
        if (known.mapping or {}).get("layout") and (known.facts or {}).get("columns") == list(parsed.facts.columns):
            return known
    return None


def fail(batch: ImportBatch, problem: str) -> None:
    """The file cannot be read: say why, and keep none of its bytes."""
    with transaction.atomic():
        ImportRow.objects.filter(batch=batch).delete()
        batch.status, batch.problem, batch.content, batch.touched_at = ImportStatus.FAILED, problem[:500], None, None
        batch.finished_at = timezone.now()
        batch.save()
        import_over.send(ImportBatch, batch=batch)


def facts_of(parsed: Parsed) -> dict[str, Any]:
    """What is kept of the file beside its rows."""
    facts = parsed.facts
    return {
        "encoding": facts.encoding,
        "delimiter": facts.delimiter,
        "columns": list(facts.columns),
        "rows": facts.rows,
        "samples": {name: list(values) for name, values in facts.samples.items()},
        "types": dict(facts.types),
        "decimals": facts.decimals,
        "day_first": facts.day_first,
        "questions": [[question.field, question.detail] for question in parsed.questions],
        "layout": parsed.layout.to_json() if parsed.layout else None,
    }


def _ask(batch: ImportBatch, parsed: Parsed) -> None:
    with transaction.atomic():
        ImportRow.objects.filter(batch=batch).delete()
        batch.status, batch.facts, batch.rows_total = ImportStatus.MAPPING, facts_of(parsed), parsed.facts.rows
        batch.touched_at, batch.attempts, batch.problem = None, 0, ""
        batch.save()


def _store(batch: ImportBatch, parsed: Parsed) -> None:
    """Write the rows in chunks; the rows of an earlier reading are replaced in one transaction, so that they are never gone."""
    old = ImportRow.objects.filter(batch=batch)
    left_out = set((batch.mapping or {}).get("left_out", []))
    batch.rows_total = parsed.facts.rows
    ImportBatch.objects.filter(pk=batch.pk).update(rows_total=batch.rows_total)
    rows = judge(batch, parsed, left_out, lambda done: touch(batch, done))
    coming = ((each.draft, each.row.instrument) for each in rows if each.draft is not None and will_be_recorded(each.row))
    recorded = ((draft, instrument.pk if instrument is not None else None) for draft, instrument in coming)
    facts = facts_of(parsed) | {"summary": summary_of(recorded)}
    whole = transaction.atomic() if batch.facts and batch.facts.get("summary") else nullcontext()
    with whole:
        old.delete()
        for start in range(0, len(rows), CHUNK):
            with transaction.atomic():
                store([each.stored(batch) for each in rows[start : start + CHUNK]])
                touch(batch, min(batch.rows_total, (batch.rows_total + start + CHUNK) // 2))
        batch.status, batch.facts, batch.rows_done = ImportStatus.REVIEW, facts, batch.rows_total
        batch.touched_at, batch.attempts, batch.problem = None, 0, ""
        batch.save()
