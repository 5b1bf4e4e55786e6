"""What a person set about figures, when an export of their data is read in."""

from __future__ import annotations

from typing import Any

from analytics.services import LimitDraft, set_limits
from portfolio_site.kernel.decimals import exact
from portfolio_site.web.personal import Brought, reads_back


@reads_back
def read_limits(person: Any, brought: Brought) -> None:
    """Limits of concentration."""
    wanted = {told["check_name"]: LimitDraft(exact(told["threshold"]), told["is_on"]) for told in brought.rows("analytics.concentrationlimit")}
    if wanted:
        set_limits(person, wanted)
