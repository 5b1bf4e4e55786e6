"""Watchlists of a person.  Everything starts at `visible_to`; a stranger's question finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from market.errors import UnknownWatchlist
from market.models import Instrument, Watchlist, WatchlistItem
from market.selectors.interest import follows
from market.selectors.listing import ListedInstrument, listed, with_closes
from portfolio_site.web.pausing import processed


@dataclass(frozen=True, slots=True)
class WatchlistView:
    """A list by its name; `count`: the instruments on it."""

    id: int
    name: str
    count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class WatchlistTable:
    """A list with its instruments, in the person's order."""

    id: int
    name: str
    created_at: datetime
    rows: tuple[ListedInstrument, ...]


def watchlists_by_name(user: Any) -> QuerySet[Any]:
    """The person's lists, each with its `count`."""
    found: QuerySet[Any] = Watchlist.objects.visible_to(user).counted(user).order_by("name", "pk")
    return found


def watchlists_of(user: Any) -> tuple[WatchlistView, ...]:
    """The person's lists by name.  One query."""
    return tuple(WatchlistView(one.pk, one.name, one.count, one.created_at) for one in watchlists_by_name(user))


def get_watchlist(user: Any, pk: int) -> Watchlist:
    """One list, with its `count`.  Raises UnknownWatchlist, also for somebody else's.  One query."""
    found: Watchlist | None = watchlists_by_name(user).filter(pk=pk).first()
    if found is None:
        raise UnknownWatchlist("There is no such watchlist. It may have been deleted.").of("watchlist", pk)
    return found


def watched(user: Any, watchlist_id: int) -> list[ListedInstrument]:
    """The instruments of a list in the person's order, without closes.  Whoever calls has asked for the list.  One query.

    What the person sees no more, since it was given away or is shared with them no longer, keeps its place and is not told.
    """
    seen = Instrument.objects.visible_to(user)
    items = WatchlistItem.objects.filter(watchlist=watchlist_id, instrument__in=seen).select_related("instrument__quote").order_by("position", "pk")
    return listed(item.instrument for item in items)


def watchlist_table(user: Any, pk: int) -> WatchlistTable:
    """A list with its instruments.  Raises UnknownWatchlist.  Three queries, however many instruments; two where there is none."""
    one = get_watchlist(user, pk)
    (rows,) = with_closes(watched(user, one.pk))
    return WatchlistTable(one.pk, one.name, one.created_at, rows)


def watchlists_with(user: Any, instrument_id: int) -> frozenset[int]:
    """Which of the person's lists an instrument stands on.  One query."""
    return frozenset(Watchlist.objects.visible_to(user).filter(items__instrument=instrument_id).values_list("pk", flat=True))


@follows
def watched_instruments() -> dict[int, int]:
    """On any list, with how many lists name it.  One query."""
    return dict(WatchlistItem.objects.filter(processed("watchlist__owner__")).order_by().values_list("instrument_id").annotate(times=Count("pk")))
