"""Jobs on ledgers that run by themselves."""

from __future__ import annotations

from celery import shared_task

from portfolios.services import check_every_ledger


@shared_task
def check_ledgers() -> int:
    """Nightly: compare all that is stored with a rebuild from the ledgers.  How many findings; each is an error in the log."""
    return len(check_every_ledger().findings)
