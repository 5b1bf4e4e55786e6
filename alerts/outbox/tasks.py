"""Jobs of the outbox.  A message only rings: what is to be done stands in the rows."""

from __future__ import annotations

from celery import shared_task

from alerts.outbox import services
from alerts.outbox.digests import gather
from alerts.outbox.selectors import channels_due
from alerts.outbox.sending import deliver_due
from portfolio_site.web.bell import ring


@shared_task(name="alerts.tasks.deliver", ignore_result=True, soft_time_limit=120, time_limit=150)
def deliver(channel: str) -> None:
    """Sends what is due on one channel.  Two at once share the rows."""
    deliver_due(channel)


@shared_task(name="alerts.tasks.sweep_outbox", ignore_result=True)
def sweep_outbox() -> None:
    """Makes the digests whose time has come, and rings for every channel that has something due."""
    gather()
    for channel in channels_due():
        ring(deliver, channel)


@shared_task(name="alerts.tasks.forget_deliveries", ignore_result=True)
def forget_deliveries() -> None:
    """Removes what was over long ago."""
    services.forget_old()
