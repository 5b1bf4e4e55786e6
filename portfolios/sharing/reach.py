"""Private instruments are seen by those with whom a portfolio that holds them, or held them, is shared."""

from __future__ import annotations

from typing import Any

from market.selectors import reaches
from portfolios.models import Holding, Portfolio


@reaches
def held_in_shared(user: Any) -> Any:
    """The keys of such instruments."""
    return Holding.objects.filter(portfolio__in=Portfolio.objects.shared_with(user).values("pk"), instrument__owner__isnull=False).values(
        "instrument"
    )
