"""What an instrument's currency or price factor says is in every figure of the ledgers that name it: if it changes, they are told anew."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from django.dispatch import receiver
from django.utils import timezone

from market.signals import meaning_changed
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio
from portfolios.selectors import events_of, rules_of
from portfolios.selectors.portfolios import locked_portfolios
from portfolios.services.projections import write_all


@receiver(meaning_changed, dispatch_uid="portfolios.meaning")
@transaction.atomic
def tell_ledgers_anew(*, instrument_id: int, **_: Any) -> None:
    """Raises the revision of each ledger that names it, without a write: nobody goes on from a book of before.  Raises LedgerRefused."""
    named = Q(transactions__instrument=instrument_id) | Q(transactions__legs__instrument=instrument_id)
    for portfolio in locked_portfolios(list(Portfolio.objects.filter(named).distinct().order_by("pk"))).values():
        if not portfolio.transactions.filter(Q(instrument=instrument_id) | Q(legs__instrument=instrument_id)).exists():
            continue  # locked because it is linked with one that does
        portfolio.revision += 1
        portfolio.updated_at = timezone.now()
        portfolio.save(update_fields=["revision", "updated_at"])
        write_all(portfolio, replay(events_of(portfolio), rules_of(portfolio)))
