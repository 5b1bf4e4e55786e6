"""News heard by imports: each rings for one job."""

from __future__ import annotations

from django.dispatch import receiver

from portfolios.imports import tasks
from portfolios.signals import import_confirmed, import_uploaded


@receiver(import_uploaded)
def read_it(*, batch_id: int, **_: object) -> None:
    tasks.read_batch.delay(batch_id)


@receiver(import_confirmed)
def record_it(*, batch_id: int, **_: object) -> None:
    tasks.commit_batch.delay(batch_id)
