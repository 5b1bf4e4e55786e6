"""A person's alerts, when an export of their data is read in."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from alerts.services import create_rule
from portfolio_site.kernel.decimals import exact
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.personal import Brought, reads_back


@reads_back
def read_alerts(person: Any, brought: Brought) -> None:
    """The rules, armed as new ones are; what they said before is history, and stays in the export."""
    for told in brought.rows("alerts.rule"):
        instrument = brought.here("market.instrument", told["instrument"])
        portfolio = brought.here("portfolios.portfolio", told["portfolio"])
        if (told["instrument"] and instrument is None) or (told["portfolio"] and portfolio is None):
            continue
        try:
            create_rule(
                person,
                kind=told["kind"],
                instrument=instrument,
                portfolio=portfolio,
                parameters=told["parameters"],
                note=told["note"],
                active=told["active"],
                once=told["once"],
                margin=exact(told["margin"]),
                cool_down=told["cool_down"],
                quiet_from=_time(told["quiet_from"]),
                quiet_until=_time(told["quiet_until"]),
                expires_at=datetime.fromisoformat(told["expires_at"]) if told["expires_at"] else None,
            )
        except DomainError as refused:
            brought.left(f"An alert was not taken in: {refused.detail}")


def _time(text: str | None) -> time | None:
    return time.fromisoformat(text) if text else None
