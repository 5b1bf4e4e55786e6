"""A transfer that went the other way: each side gets another version under its number, and what arrived leaves.

The side that leaves from now on is made here, from both: day, time, units and costs are those of the transfer, words are its own.
The other side follows from what the book carries then (`following`), like that of every change of a transfer.
"""

from __future__ import annotations

from typing import Any

from portfolio_site.kernel.errors import Conflict
from portfolios.choices import TransactionKind
from portfolios.errors import AlreadyVoided
from portfolios.models import Transaction
from portfolios.services.drafts import TransactionDraft, checked
from portfolios.transfers.legs import legs_of


def both_legs(entry: Transaction) -> tuple[Transaction, Transaction]:
    """The leg that leaves and the one that arrives, as they count.  One query.

    Raises Conflict where the entry is no side of a transfer; AlreadyVoided where it is no longer current.
    """
    legs = legs_of([entry.link]).get(entry.link, {}) if entry.link is not None else {}
    if entry.link is not None and entry.pk not in {leg.pk for leg in legs.values()}:
        raise AlreadyVoided("It was changed or removed in the meantime. Load the page again and look at what it is now.")
    if len(legs) != 2:
        raise Conflict("This entry is no side of a transfer between two portfolios.")
    return legs[TransactionKind.TRANSFER_OUT], legs[TransactionKind.TRANSFER_IN]


def turned_leg(actor: Any, leaving: Transaction, arriving: Transaction) -> Transaction:
    """The version, not saved, by which what arrived leaves.  Its lots go by the portfolio's own method.

    Raises Invalid and MissingRate, as of an entry.
    """
    draft = TransactionDraft(
        kind=TransactionKind.TRANSFER_OUT,
        traded_on=leaving.traded_on,
        traded_at=leaving.traded_at,
        instrument=leaving.instrument,
        quantity=leaving.quantity,
        fees=leaving.fees,
        taxes=leaving.taxes,
        settlement_currency=leaving.settlement_currency,
        notes=arriving.notes,
        tags=tuple(arriving.tags or ()),
        external_id=arriving.external_id,
        reference=arriving.reference,
        source=arriving.source,
        source_key=arriving.source_key,
    )
    row = checked(arriving.portfolio, [draft], actor=actor, rows=False)[0]
    row.origin_id, row.replaces_id, row.batch_id, row.link = arriving.entry, arriving.pk, arriving.batch_id, arriving.link
    return row


def leg_before_turning(entry: Transaction) -> tuple[Transaction, Transaction]:
    """Of a transfer that was turned round: the leg that arrives now, and its version from when it left.

    Raises Conflict where the version before this one went the same way.  Three queries.
    """
    before = entry.replaces
    if before is None or before.kind == entry.kind:
        raise Conflict("There is no earlier version of this entry to go back to.")
    _, arriving = both_legs(entry)
    left = Transaction.objects.of_entry(arriving.entry).filter(kind=TransactionKind.TRANSFER_OUT).select_related("instrument", "portfolio__owner")
    return arriving, left.latest("pk")
