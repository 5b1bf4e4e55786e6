"""Which instruments portfolios need prices of."""

from __future__ import annotations

from django.db.models import Count

from market.selectors import follows
from portfolio_site.web.pausing import processed
from portfolios.models import Holding, Portfolio


@follows
def held_instruments() -> dict[int, int]:
    """Held in any portfolio, with in how many.  One query."""
    return dict(
        Holding.objects.filter(processed("portfolio__owner__"), is_open=True).order_by().values_list("instrument_id").annotate(times=Count("pk"))
    )


@follows
def benchmark_instruments() -> dict[int, int]:
    """Compared with in any portfolio, with in how many.  One query."""
    return dict(
        Portfolio.objects.filter(processed("owner__")).exclude(benchmark=None).order_by().values_list("benchmark_id").annotate(times=Count("pk"))
    )
