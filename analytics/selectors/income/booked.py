"""What a book tells of income, entry by entry: the postings, each with the tax and the fees that were booked with it.  Exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from analytics.selectors.income.shapes import KINDS, ZERO, Amounts
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event, Split
from portfolios.ledger.records import EXPENSE, INCOME


@dataclass(frozen=True, slots=True)
class Booked:
    """One entry; `source` is the kind of its event."""

    entry: int
    day: date
    instrument: int | None
    source: str
    amounts: Amounts


def booked(book: Book, paying: Iterable[Event], instrument: int | None = None) -> list[Booked]:
    """The entries of a book that brought income, or of one instrument.

    paying  the entries that pay, as far as they are known: one that lowered the cost by all it paid was booked as no income
    """
    income: dict[int, Decimal] = defaultdict(Decimal)
    costs: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    about: dict[int, tuple[date, int | None, str]] = {}
    for posting in book.postings:
        if instrument not in (None, posting.instrument):
            continue
        if posting.kind == INCOME:
            income[posting.event_id] += posting.amount
            about[posting.event_id] = (posting.day, posting.instrument, posting.source)
        elif posting.kind == EXPENSE:
            costs[posting.event_id, posting.source] += posting.amount
    for event in paying:
        pk = getattr(event, "instrument", None)
        if not isinstance(event, Split) and (pk is None or pk in book.positions):
            about.setdefault(event.id, (event.day, pk, event.kind))
    return [Booked(entry, *facts, _amounts(entry, facts[2], income[entry], costs)) for entry, facts in about.items()]


def _amounts(entry: int, source: str, gross: Decimal, costs: dict[tuple[int, str], Decimal]) -> Amounts:
    """The fees of a trade are no cost of the interest in it."""
    return Amounts(gross, costs[entry, "tax"], costs[entry, "fee"]) if source in KINDS else Amounts(gross, ZERO, ZERO)
