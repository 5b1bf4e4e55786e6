"""News heard for programs: what became of imports."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from alerts.outbox.choices import Event
from alerts.webhooks.services import tell
from portfolios.choices import ImportStatus
from portfolios.signals import import_over


@receiver(import_over, dispatch_uid="webhooks.import")
def tell_of_import(*, batch: Any, **_: Any) -> None:
    """Inside the transaction that ends the import: either both are stored or neither."""
    failed = batch.status == ImportStatus.FAILED
    tell(
        batch.uploaded_by_id,
        Event.IMPORT_FAILED if failed else Event.IMPORT_FINISHED,
        key=f"import:{batch.pk}:{batch.status}:{batch.finished_at.timestamp():.0f}",
        **{"import": batch.pk, "portfolio": batch.portfolio_id, "status": batch.status, "problem": batch.problem if failed else ""},
        sentence="An import failed." if failed else "An import was recorded.",
    )
