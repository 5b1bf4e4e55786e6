"""The market as one person looks at it: indices, what moved of what they hold, and their watchlists.

A mover is an instrument, whatever the units held: what its price did on the last session, as a fraction of the close before.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from market.selectors import (
    Found,
    ListedInstrument,
    WatchlistTable,
    WatchlistView,
    find_listed,
    get_watchlist,
    indices,
    listed_of,
    watched,
    watchlists_of,
    with_closes,
)
from portfolios.selectors import held_instrument_ids, portfolios_of

MOST_MOVERS = 5


@dataclass(frozen=True, slots=True)
class Movers:
    """What moved of the `held` instruments, the largest change first.

    unchanged  how many have a change of the day that is zero
    untold     those without a change of the day; each says why
    """

    held: int
    rising: tuple[ListedInstrument, ...]
    falling: tuple[ListedInstrument, ...]
    unchanged: int
    untold: tuple[ListedInstrument, ...]


@dataclass(frozen=True, slots=True)
class Markets:
    """Everything that the page of the market shows.  `shown` is the watchlist that is open; None where there is none."""

    found: Found
    indices: tuple[ListedInstrument, ...]
    movers: Movers
    lists: tuple[WatchlistView, ...]
    shown: WatchlistTable | None

    @property
    def rows(self) -> tuple[ListedInstrument, ...]:
        """All that is listed, some of it twice."""
        listed = self.shown.rows if self.shown is not None else ()
        return (*self.found.rows, *self.indices, *self.movers.rising, *self.movers.falling, *listed)


def search(user: Any, text: str) -> Found:
    """What a person may mean by a few letters, with closes.  Two queries, none for no letters."""
    found = find_listed(user, text)
    (rows,) = with_closes(found.rows)
    return Found(rows, found.more)


def markets(user: Any, *, text: str = "", list_id: int | None = None) -> Markets:
    """The page.  Raises UnknownWatchlist where `list_id` is none of the person's.

    At most seven queries: portfolios, what they hold, its quotes, indices, watchlists, the open one, closes; one more for a search.
    """
    portfolios = list(portfolios_of(user))
    held = listed_of(user, held_instrument_ids(portfolios)) if portfolios else []
    compared = {one.benchmark_id for one in portfolios if one.benchmark_id is not None}
    lists = watchlists_of(user)
    shown = _shown(user, lists, list_id)
    moved = movers(held)
    found = find_listed(user, text)
    rows = with_closes(found.rows, indices(compared), moved.rising, moved.falling, watched(user, shown.id) if shown is not None else ())
    hits, known, rising, falling, listed = rows
    return Markets(
        found=Found(hits, found.more),
        indices=known,
        movers=Movers(moved.held, rising, falling, moved.unchanged, moved.untold),
        lists=lists,
        shown=None if shown is None else WatchlistTable(shown.id, shown.name, shown.created_at, listed),
    )


def _shown(user: Any, lists: Sequence[WatchlistView], list_id: int | None) -> WatchlistView | None:
    """The list asked for; else the first that holds something, or the first."""
    if list_id is None:
        return next((one for one in lists if one.count), lists[0] if lists else None)
    known = next((one for one in lists if one.id == list_id), None)
    if known is None:
        get_watchlist(user, list_id)  # raises: it is not among them
    return known


def movers(held: Iterable[ListedInstrument], most: int = MOST_MOVERS) -> Movers:
    """What moved on the last session, at most so many each way, equal changes by symbol.  No query."""
    rows = list(held)
    told = [(row, row.day_change_fraction.value) for row in rows]
    moved = sorted(((row, value) for row, value in told if isinstance(value, Decimal) and value), key=lambda one: (-abs(one[1]), one[0].symbol))
    return Movers(
        held=len(rows),
        rising=tuple(row for row, value in moved if value > 0)[:most],
        falling=tuple(row for row, value in moved if value < 0)[:most],
        unchanged=sum(value == 0 for _, value in told if value is not None),
        untold=tuple(row for row, value in told if value is None),
    )
