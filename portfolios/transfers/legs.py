"""The two legs of a transfer: which belong together, and what the one that arrives must say.

The leg that leaves is the person's: its day and its units are what was entered.  The leg that arrives is derived from it and
from the source's book: the lots that it took, each with its date, units, cost in the source's currency and cost in the
instrument's.  Where the portfolios have two currencies, the cost is told in the target's at the reference rate of the day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from market.models import Instrument
from market.selectors import rate
from portfolio_site.kernel.decimals import EXACT, rounded
from portfolios.choices import RateSource, TransactionKind
from portfolios.ledger.book import Book
from portfolios.ledger.events import Arriving
from portfolios.ledger.records import Carried
from portfolios.lot_records import of_arriving
from portfolios.models import Portfolio, Transaction

ZERO = Decimal(0)
_SHARED = ("instrument_id", "traded_on", "traded_at", "quantity")  # what both legs say
_OWN = ("notes", "tags", "tag_keys", "external_id", "reference", "source", "source_key", "batch_id")  # what each says of itself


def legs_of(links: Iterable[UUID], *, live: bool = True) -> dict[UUID, dict[str, Transaction]]:
    """The legs by link and kind, as they count; with `live` false also of voided transfers the last versions.  One query."""
    found = Transaction.objects.filter(link__in=list(links)).select_related("instrument", "portfolio__owner").order_by("pk")
    legs: dict[UUID, dict[str, Transaction]] = {}
    for row in found.live() if live else found:
        legs.setdefault(row.link, {})[row.kind] = row
    return legs


def other_leg(entry: Transaction, *, live: bool = True) -> Transaction | None:
    """The other side of the transfer that an entry is one side of; None where it is none.  One query for an entry with a link."""
    if entry.link is None:
        return None
    kind = TransactionKind.TRANSFER_IN if entry.kind == TransactionKind.TRANSFER_OUT else TransactionKind.TRANSFER_OUT
    return legs_of([entry.link], live=live).get(entry.link, {}).get(kind)


def other_sides(rows: Iterable[Transaction], named: Collection[int]) -> dict[int, str]:
    """Where the units of transfers went or came from, by the number of the entry: “To Savings”.  One query where one has a link.

    named  the portfolios that may be called by their names; the others are “another portfolio”
    """
    linked = {row.entry: row.link for row in rows if row.link is not None}
    legs = legs_of(set(linked.values()), live=False) if linked else {}
    said = {}
    for entry, link in linked.items():
        for kind, leg in legs.get(link, {}).items():
            if leg.entry != entry:
                name = leg.portfolio.name if leg.portfolio_id in named else "another portfolio"
                said[entry] = f"{'To' if kind == TransactionKind.TRANSFER_IN else 'From'} {name}"
    return said


def carried_by(book: Book) -> dict[int, list[Carried]]:
    """What each transfer took along, by the number of its entry, in the order in which it was taken."""
    found: dict[int, list[Carried]] = defaultdict(list)
    for one in book.transfers:
        found[one.event_id].append(one)
    return found


def arrival(leaving: Transaction, carried: Sequence[Carried], target: Portfolio, before: Transaction | None = None) -> Transaction:
    """The leg that arrives, not saved.  `before` is the version that it takes the place of: what is its own stays.

    Raises MissingRate where the portfolios have two currencies and no rate of the day is known.
    """
    source, instrument = leaving.portfolio, leaving.instrument
    assert instrument is not None  # a transfer is of units
    lots = _lots(carried)
    units, local = sum((lot.quantity for lot in lots), ZERO), sum((lot.cost_local for lot in lots), ZERO)
    row = Transaction(
        portfolio=target,
        instrument=instrument,
        kind=TransactionKind.TRANSFER_IN,
        traded_on=leaving.traded_on,
        traded_at=leaving.traded_at,
        currency=instrument.currency,
        settlement_currency="" if source.base_currency == instrument.currency else source.base_currency,
        acquired_on=min(lot.acquired_on for lot in lots),
        link=leaving.link,
    )
    row.quantity, row.price, row.amount = units, _quoted(local, units, instrument), sum((lot.cost for lot in lots), ZERO)
    row.lots = of_arriving(lots)
    row.fx_rate, row.fx_source = _rate(leaving, source, target, before)
    if before is None:
        row.notes, row.external_id = leaving.notes, leaving.external_id
    else:
        for name in _OWN:
            setattr(row, name, getattr(before, name))
        row.origin_id, row.replaces_id = before.entry, before.pk
    return row


def _quoted(local: Decimal, units: Decimal, instrument: Instrument) -> Decimal:
    """What one unit cost as it is quoted: for reading only, the lots say it exactly."""
    return rounded(EXACT.divide(local, EXACT.multiply(units, instrument.price_factor or Decimal(1))))


def _rate(leaving: Transaction, source: Portfolio, target: Portfolio, before: Transaction | None) -> tuple[Decimal | None, str]:
    """Units of the target's currency for one of the source's: the rate that it has already, or the reference rate of the day."""
    if source.base_currency == target.base_currency:
        return None, RateSource.NONE
    if (
        before is not None
        and before.kind == TransactionKind.TRANSFER_IN
        and before.traded_on == leaving.traded_on
        and before.settles_in == source.base_currency
        and before.fx_rate
    ):
        return before.fx_rate, before.fx_source
    return rate(source.base_currency, target.base_currency, leaving.traded_on, user=source.owner).rate, RateSource.REFERENCE


def _plain(row: Transaction, name: str) -> Any:
    return getattr(row, name) or ""


class Stale(NamedTuple):
    """A leg that no longer says what the source's book carries: its last version (None: there was none yet), and what it must say."""

    before: Transaction | None
    leaving: Transaction
    carried: list[Carried]


def stale_arrivals(source: Portfolio, book: Book, *, new: Container[UUID] = (), numbers: Mapping[int, int] | None = None) -> list[Stale]:
    """The legs that arrive of what left the source's instruments that are in the book, where they must change; by day.

    new      transfers that are being made: their other leg is missing yet
    numbers  what the book calls entries that had no number when it was made
    Two queries, one where nothing left.
    """
    leaving = Transaction.objects.live().filter(portfolio=source, kind=TransactionKind.TRANSFER_OUT, link__isnull=False)
    rows = {row.link: row for row in leaving.filter(instrument__in=book.positions.keys()).select_related("instrument")}
    if not rows:
        return []
    others, carried = _other_sides(rows), carried_by(book)
    found = []
    for link, row in rows.items():
        before = others.get(link)
        if before is not None and _leaves(before) and before.pk > row.pk:
            continue  # the transfer was turned round, and this side is about to follow
        row.portfolio, lots = source, carried[(numbers or {}).get(row.entry, row.entry)]
        if link in new if before is None else _is_stale(before, row, lots):
            found.append(Stale(before, row, lots))
    return sorted(found, key=lambda one: (one.leaving.traded_on, one.leaving.entry))


def _other_sides(rows: Mapping[UUID, Transaction]) -> dict[UUID, Transaction]:
    """The last version of the other side of each transfer, whichever way it went.  One query."""
    found = Transaction.objects.filter(link__in=list(rows)).select_related("instrument", "portfolio__owner").order_by("pk")
    return {row.link: row for row in found if row.entry != rows[row.link].entry}


def _leaves(row: Transaction) -> bool:
    return row.voided_at is None and row.kind == TransactionKind.TRANSFER_OUT


def _is_stale(before: Transaction, leaving: Transaction, carried: Sequence[Carried]) -> bool:
    arrives = before.voided_at is None and before.kind == TransactionKind.TRANSFER_IN
    same = arrives and all(_plain(before, name) == _plain(leaving, name) for name in _SHARED)
    return not same or before.lots != of_arriving(_lots(carried))


def _lots(carried: Sequence[Carried]) -> list[Arriving]:
    return [Arriving(one.opened_on, one.quantity, one.cost, one.cost_local) for one in carried]
