"""Which instruments alerts need prices of."""

from __future__ import annotations

from django.db.models import Count

from alerts.models import Rule
from market.selectors import follows
from portfolio_site.web.pausing import processed


@follows
def alerted_instruments() -> dict[int, int]:
    """Of any rule that is on, with how many there are; portfolios name what they hold themselves.  One query."""
    chosen = Rule.objects.filter(processed("owner__"), active=True, instrument__isnull=False)
    return dict(chosen.order_by().values_list("instrument_id").annotate(times=Count("pk")))
