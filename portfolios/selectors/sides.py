"""Which entries paid what others receive, since the units were short when they came."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from portfolio_site.kernel.money import Currency
from portfolios.ledger.events import Event
from portfolios.ledger.sides import goes_by_side, short_then
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.ledger import connected_to, events_of_all
from portfolios.selectors.rows import BY_SIDE, Entry, event_of


def paid_while_short(rows: Iterable[Entry]) -> set[int]:
    """The keys of those rows, of any portfolios, counting or voided, that move cash the other way.

    No query where none of them is of a kind that goes by the side; one where no portfolio of these allows short positions; else
    the units of the instruments concerned are replayed up to the last of these entries, for five queries at most.
    """
    asked: dict[int, list[tuple[int, Event]]] = defaultdict(list)
    for row in rows:
        if row.kind in BY_SIDE and goes_by_side(event := event_of(row)):
            asked[row.portfolio_id].append((row.pk, event))
    if not asked:
        return set()
    portfolios = list(Portfolio.objects.filter(pk__in=list(asked), allows_short=True))
    if not portfolios:
        return set()
    events = [event for one in portfolios for _, event in asked[one.pk]]
    group = connected_to([one.pk for one in portfolios], {event.instrument for event in events})  # type: ignore[attr-defined]
    histories = events_of_all(portfolios, instruments=group, until=max(event.day for event in events))
    found: set[int] = set()
    for one in portfolios:
        keys, mine = zip(*asked[one.pk], strict=True)
        short = short_then(mine, histories[one.pk], Currency(one.base_currency))
        found.update(key for key, is_short in zip(keys, short, strict=True) if is_short)
    return found


def payments_while_short(
    portfolios: Sequence[Portfolio], instruments: Iterable[int], *, until: date | None = None, known_at: datetime | None = None
) -> set[int]:
    """The numbers of the entries of these instruments that moved cash the other way, as they counted at a moment.

    No query where no portfolio allows short positions; else five at most, where there is such an entry.
    """
    allowing, wanted = [one for one in portfolios if one.allows_short], set(instruments)
    if not allowing or not wanted:
        return set()
    keys = [one.pk for one in allowing]
    group = connected_to(keys, wanted)
    if not Transaction.objects.filter(portfolio__in=keys, instrument__in=list(group), kind__in=BY_SIDE).exists():
        return set()
    histories = events_of_all(allowing, instruments=group, until=until, known_at=known_at)
    found: set[int] = set()
    for one in allowing:
        asked = [event for event in histories[one.pk] if goes_by_side(event)]
        short = short_then(asked, histories[one.pk], Currency(one.base_currency))
        found.update(event.id for event, is_short in zip(asked, short, strict=True) if is_short)
    return found
