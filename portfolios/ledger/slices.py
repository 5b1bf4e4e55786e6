"""A slice: some instruments of a ledger, told as a portfolio of their own that tracks no cash.

What is paid for them comes from outside and what they bring goes there; entries without an instrument (deposits, interest, fees of the
account) are not part of it.  Instruments that a spin-off, merger or change of symbol connects are replayed together, so that cost and dates
are those of the whole ledger.  Units that come into the slice or leave it by such an entry are a flow in kind, at the cost that goes with
them, so that the identity of numbers.md holds for every slice to the last decimal.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext
from itertools import chain
from typing import Any

from portfolio_site.kernel.decimals import EXACT
from portfolios.ledger.book import Book, Holding, Row, Rows
from portfolios.ledger.events import ZERO, Event, Reorganisation
from portfolios.ledger.links import connected, instrument_ids_of, links_of
from portfolios.ledger.records import Carried, Change, Flow, Posting, QuantityStep

_SALE = 8  # fields of a sale, see Run
_PLACE = {"sales": 1, "transfers": 2, "flows": 3, "steps": 1, "postings": 1}  # of the instrument among the fields of a row
_WIDTH = {"sales": _SALE, "transfers": len(Carried._fields), "flows": len(Flow._fields), "steps": len(QuantityStep._fields)}
_WIDTH["postings"] = len(Posting._fields)


def concerned(events: Iterable[Event], only: frozenset[int]) -> list[Event]:
    """The events that have to be replayed for a slice: of its instruments, and of what they are connected to."""
    read = list(events)
    wanted = connected(only, links_of(read))
    return [event for event in read if not wanted.isdisjoint(instrument_ids_of(event))]


def crossing(events: Iterable[Event], only: frozenset[int]) -> list[Reorganisation]:
    """The events by which units come into the slice or leave it for another instrument."""
    return [
        event
        for event in events
        if isinstance(event, Reorganisation) and any((leg.instrument in only) != (event.instrument in only) for leg in event.legs)
    ]


def slice_of(book: Book, only: frozenset[int], across: Sequence[Reorganisation]) -> Book:
    """What a book tells of some of its instruments.

    book    of what is `concerned`, without cash; with a trace where there is anything `across`
    across  what `crossing` found
    """
    rows, holdings = book.rows, [one for one in book.holdings if one[0] in only]
    kept = {name: list(chain.from_iterable(_of(getattr(rows, name), _WIDTH[name], _PLACE[name], only))) for name in _WIDTH}
    with localcontext(EXACT):
        kept["flows"] += chain.from_iterable(_in_kind(book, only, across))
        part = Book(book.base_currency, Rows(cash_steps=[], **kept), holdings, {}, **_totals(holdings))
    part.changes = tuple(one for one in book.changes if one.instrument in only)
    part.lot_changes = tuple(one for one in book.lot_changes if one.instrument in only)
    part.crossed = frozenset(event.id for event in across)
    return part


def _of(fields: list[Any], width: int, place: int, only: frozenset[int]) -> Iterable[Row]:
    return (row for row in zip(*[iter(fields)] * width, strict=True) if row[place] in only)


def _totals(holdings: Sequence[Holding]) -> dict[str, Decimal]:
    return {
        "realised": sum((one[4] for one in holdings), ZERO),
        "income": sum((one[5] for one in holdings), ZERO),
        "expenses": sum((one[6] for one in holdings), ZERO),
    }


def _in_kind(book: Book, only: frozenset[int], across: Sequence[Reorganisation]) -> list[Flow]:
    """For each leg on the other side than its source: the units, and what they cost beyond what was paid for them in cash."""
    changed: dict[tuple[int, int], list[Change]] = defaultdict(list)
    for change in book.changes:
        changed[change.event_id, change.instrument].append(change)
    paid: dict[tuple[int, int | None], Decimal] = defaultdict(Decimal)
    for flow in book.flows:
        paid[flow.event_id, flow.instrument] += flow.amount
    found = []
    for event in across:
        inside = event.instrument in only
        for instrument in dict.fromkeys(leg.instrument for leg in event.legs if (leg.instrument in only) != inside):
            moved = changed[event.id, instrument]
            booked = sum((one.cost - one.realised - one.income + one.expenses for one in moved), ZERO) - paid[event.id, instrument]
            units = sum((one.quantity for one in moved), ZERO)
            found.append(Flow(event.day, -booked, event.id, instrument, -units) if inside else Flow(event.day, booked, event.id, instrument, units))
    return found
