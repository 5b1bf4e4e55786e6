"""News heard by imports: each rings for one job."""

from __future__ import annotations

from django.dispatch import receiver

from portfolio_site.web.bell import ring
from portfolios.imports import tasks
from portfolios.signals import import_confirmed, import_uploaded


@receiver(import_uploaded)
def read_it(*, batch_id: int, **_: object) -> None:
    ring(tasks.read_batch, batch_id)


@receiver(import_confirmed)
def record_it(*, batch_id: int, **_: object) -> None:
    ring(tasks.commit_batch, batch_id)
