"""What this app itself does when data comes in."""

from __future__ import annotations

from typing import Any

from accounts.services import CHANGEABLE, update_preferences
from portfolio_site.web.personal import Brought, reads_back


@reads_back
def read_preferences(person: Any, brought: Brought) -> None:
    """How figures are computed and shown; not who somebody is: the account that reads stays the one it is."""
    for told in brought.rows("accounts.preferences"):
        update_preferences(person, **{name: value for name, value in told.items() if name in CHANGEABLE})
