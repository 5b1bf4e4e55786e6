"""News heard: a changed ledger goes out to the hubs, which read its portfolio again."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from portfolio_site.web import push
from portfolios.signals import ledger_changed


@receiver(ledger_changed, dispatch_uid="analytics.live")
def tell_hubs(*, portfolio_id: int, **_: Any) -> None:
    push.send("ledger", {"type": "ledger.changed", "portfolio": portfolio_id})
