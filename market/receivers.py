"""News heard.  New quotes go out to the sockets' hubs, one message a batch, ids only; new instruments are priced."""

from __future__ import annotations

from collections.abc import Sequence

from django.dispatch import receiver

from market.signals import feed_trial_begun, instruments_listed, listing_begun, merge_begun, quotes_changed, search_begun
from portfolio_site.web import push
from portfolio_site.web.bell import ring

GROUP = "quotes"


@receiver(quotes_changed)
def tell_sockets(*, instrument_ids: Sequence[int], **_: object) -> None:
    push.send(GROUP, {"type": "quotes.changed", "ids": list(instrument_ids)})


@receiver(instruments_listed)
def price_what_is_new(*, instrument_ids: Sequence[int], **_: object) -> None:
    """Rings for the newest prices, the daily ones, and what the instruments are: nobody waits for the next round."""
    from market import tasks

    ring(tasks.refresh_quotes_of, list(instrument_ids))
    ring(tasks.refresh_histories_of, list(instrument_ids))
    ring(tasks.refresh_profiles_of, list(instrument_ids), priority=tasks.LAST)


@receiver(search_begun)
def search(*, text: str, **_: object) -> None:
    from market import tasks

    ring(tasks.search_sources, text)


@receiver(listing_begun)
def take_in(*, user_id: int, number: str, **_: object) -> None:
    from market import tasks

    ring(tasks.list_found, user_id, number)


@receiver(merge_begun)
def merge(*, number: int, **_: object) -> None:
    from market import tasks

    ring(tasks.merge_two, number)


@receiver(feed_trial_begun)
def try_feed(*, number: str, **_: object) -> None:
    from market import tasks

    ring(tasks.try_feed, number)
