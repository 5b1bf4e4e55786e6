"""Jobs of corporate actions: thin, and harmless when run twice."""

from __future__ import annotations

from celery import shared_task

from portfolios.actions.deciding import accept_by_rule
from portfolios.actions.proposing import propose_actions
from portfolios.models import Portfolio


@shared_task(name="portfolios.actions.tasks.propose", ignore_result=True)
def propose(instruments: list[int] | None = None, portfolios: list[int] | None = None) -> int:
    """Propose what is new, then accept what the portfolios' rules allow.  Returns how many were opened or accepted."""
    opened = propose_actions(instruments, portfolios).opened
    ruled = Portfolio.objects.filter(archived_at=None, proposals__status="open").exclude(applies_splits=False, applies_dividends=False)
    if portfolios is not None:
        ruled = ruled.filter(pk__in=portfolios)
    return opened + sum(accept_by_rule(one) for one in ruled.select_related("owner").distinct().order_by("pk"))
