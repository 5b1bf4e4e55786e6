"""News heard.  New quotes go out to the sockets' hubs, one message a batch, ids only."""

from __future__ import annotations

from collections.abc import Sequence

from django.dispatch import receiver

from market.signals import quotes_changed
from portfolio_site.web import push

GROUP = "quotes"


@receiver(quotes_changed)
def tell_sockets(*, instrument_ids: Sequence[int], **_: object) -> None:
    push.send(GROUP, {"type": "quotes.changed", "ids": list(instrument_ids)})
