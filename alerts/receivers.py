"""News heard: what changed is looked at by the rules that watch it; what fired goes to its person's open pages, and to the senders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.dispatch import receiver

from accounts.signals import person_told
from alerts import services, tasks
from alerts.outbox.tasks import deliver
from alerts.rules import Cause
from alerts.selectors import told_in, unread_counts, watched
from alerts.signals import alerts_fired, outbox_filled
from analytics.signals import unusual_day
from market.signals import actions_changed, news_stored, quotes_changed
from portfolio_site.web import push
from portfolio_site.web.bell import ring, ring_or_do
from portfolios.choices import ImportStatus
from portfolios.signals import import_over, ledger_changed, people_told

MOST_TOASTS = 3  # of one person at once; what is beyond is counted


@receiver(quotes_changed, dispatch_uid="alerts.look")
def look_at_rules(*, instrument_ids: Sequence[int], **_: Any) -> None:
    """What is not rung for is found by the sweep: the quotes themselves tell that they are newer than its last round."""
    ids = list(instrument_ids)
    if watched(ids):
        ring(tasks.check, ids)


@receiver(ledger_changed, dispatch_uid="alerts.ledger")
def ledger_is_due(*, portfolio_id: int, since: date, **_: Any) -> None:
    ring_or_do(tasks.mark_portfolio, portfolio_id, Cause.LEDGER.value)


@receiver(unusual_day, dispatch_uid="alerts.unusual")
def unusual_day_is_due(*, portfolio_id: int, day: date, **_: Any) -> None:
    ring_or_do(tasks.mark_portfolio, portfolio_id, Cause.NIGHT.value)


@receiver(import_over, dispatch_uid="alerts.imports")
def failed_import_is_due(*, batch: Any, **_: Any) -> None:
    """Inside the transaction that ends the import: either both are stored or neither."""
    if batch.status == ImportStatus.FAILED:
        services.mark_caused(Cause.IMPORT, portfolio=batch.portfolio)


@receiver(actions_changed, dispatch_uid="alerts.actions")
def dividends_are_due(*, instrument_ids: Sequence[int], **_: Any) -> None:
    ring_or_do(tasks.mark_instruments, list(instrument_ids), Cause.ACTIONS.value)


@receiver(news_stored, dispatch_uid="alerts.news")
def news_is_due(*, instrument_ids: Sequence[int], **_: Any) -> None:
    ring_or_do(tasks.mark_instruments, list(instrument_ids), Cause.NEWS.value)


@receiver(alerts_fired, dispatch_uid="alerts.tell")
def tell_pages(*, firing_ids: Sequence[int], **_: Any) -> None:
    """A toast for each, up to a few for one person; the number on the bell goes with it."""
    theirs = defaultdict(list)
    for firing in told_in(firing_ids):
        theirs[firing.rule.owner_id].append(firing)
    unread = unread_counts(theirs)
    for user_id, firings in theirs.items():
        rest = len(firings) - MOST_TOASTS
        for place, firing in enumerate(firings[: MOST_TOASTS + (1 if rest == 1 else 0)]):
            more = f" And {rest} more." if rest > 1 and place == MOST_TOASTS - 1 else ""
            push.send(f"user.{user_id}", {"type": "alert.fired", "user": user_id, "alert": _letter(firing, unread.get(user_id, 0), more)})


def _letter(firing: Any, unread: int, more: str) -> dict[str, Any]:
    hidden = firing.rule.owner.preferences.hide_amounts
    return {
        "id": firing.pk,
        "alert": firing.rule_id,
        "symbol": "" if firing.instrument is None else firing.instrument.symbol,
        "message": (firing.masked if hidden and firing.masked else firing.sentence) + more,
        "fired_at": firing.fired_at.isoformat(),
        "unread": unread,
    }


@receiver(people_told, dispatch_uid="alerts.people")
@receiver(person_told, dispatch_uid="alerts.person")
def into_the_inbox(*, user_ids: Sequence[int], key: str, sentence: str, path: str = "", **_: Any) -> None:
    """Inside the transaction of what is told of: either both are stored or neither."""
    services.tell_people(user_ids, key=key, sentence=sentence, path=path)


@receiver(outbox_filled, dispatch_uid="alerts.deliver")
def ring_senders(*, channels: Sequence[str], **_: Any) -> None:
    """A broker that is away loses nothing: the sweeper rings again."""
    for channel in channels:
        ring(deliver, channel)
