"""What is shared keeps an account from being erased: others would lose at once what they work with, so that the owner decides first."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from portfolio_site.web.personal import Blocker, blocks_erasure
from portfolios.sharing.selectors import orphans


@blocks_erasure
def shared_with_others(user: Any) -> list[Blocker]:
    """One for each portfolio that others have a role in."""
    return [
        Blocker(
            f"“{portfolio.name}” is shared with {many} other {'person' if many == 1 else 'people'}. End that, or delete the portfolio, first.",
            reverse("portfolio-share", args=[portfolio.pk]),
        )
        for portfolio, many in orphans(user)
    ]
