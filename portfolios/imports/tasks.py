"""Jobs of imports: thin, idempotent, started again by the sweep where one died."""

from __future__ import annotations

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from portfolio_site.web.bell import ring
from portfolios.choices import ImportStatus
from portfolios.imports import reading, recording
from portfolios.imports.reading import LEASE
from portfolios.models import ImportBatch
from portfolios.signals import import_moved

_READING = (ImportStatus.UPLOADED, ImportStatus.READING)
_AT_ONCE = 50


@shared_task(name="portfolios.imports.tasks.read_batch")
def read_batch(batch_id: int) -> None:
    reading.read_batch(batch_id)
    import_moved.send(ImportBatch, batch_id=batch_id)


@shared_task(name="portfolios.imports.tasks.commit_batch")
def commit_batch(batch_id: int) -> None:
    recording.commit_batch(batch_id)
    import_moved.send(ImportBatch, batch_id=batch_id)


@shared_task(name="portfolios.imports.tasks.sweep_imports")
def sweep_imports() -> int:
    """Ring again for imports that wait, or whose job died.  The message is only a bell: the work is the row.  Returns how many."""
    silent = Q(touched_at=None) | Q(touched_at__lt=timezone.now() - LEASE)
    waiting = ImportBatch.objects.filter(silent, status__in=[*_READING, ImportStatus.COMMITTING]).order_by("created_at")
    found = list(waiting.values_list("pk", "status")[:_AT_ONCE])
    for pk, status in found:
        ring(read_batch if status in _READING else commit_batch, pk)
    return len(found)
