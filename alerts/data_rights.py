"""A person's alerts, when an export of their data is read in."""

from __future__ import annotations

from typing import Any

from alerts.services import create_rule
from portfolio_site.kernel.decimals import exact
from portfolio_site.web.personal import Brought, reads_back


@reads_back
def read_alerts(person: Any, brought: Brought) -> None:
    """The rules, armed as new ones are; what they said before is history, and stays in the export."""
    for told in brought.rows("alerts.rule"):
        instrument = brought.here("market.instrument", told["instrument"])
        if instrument is not None:
            create_rule(
                person, instrument=instrument, kind=told["kind"], threshold=exact(told["threshold"]), note=told["note"], active=told["active"]
            )
