"""Answers about transfers.  Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from portfolios.choices import TransactionKind
from portfolios.ledger.events import Arriving
from portfolios.lot_records import arriving_of
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import InstrumentView, page_by_key
from portfolios.transfers.legs import legs_of

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class TransferView:
    """One transfer, as it counts.  `cost` is in the source's currency; `fx_rate` is the target's for one unit of it, None where both are one."""

    link: UUID
    leaving: int
    arriving: int
    source_id: int
    source_name: str
    target_id: int
    target_name: str
    traded_on: date
    traded_at: datetime | None
    instrument: InstrumentView
    quantity: Decimal
    cost: Decimal
    cost_currency: str
    fx_rate: Decimal | None
    lots: tuple[Arriving, ...]
    fees: Decimal
    taxes: Decimal
    fees_currency: str
    notes: str


@dataclass(frozen=True, slots=True)
class TransfersPage:
    """Transfers newest first, and the cursors to either side ("" where there is nothing)."""

    rows: tuple[TransferView, ...]
    older: str
    newer: str


def view_of(leaving: Transaction, arriving: Transaction, named: Collection[int] | None = None) -> TransferView:
    """A transfer from its two legs.  `named` are the portfolios that may be called by their names; None: both."""
    assert leaving.link is not None and leaving.instrument is not None
    return TransferView(
        link=leaving.link,
        leaving=leaving.entry,
        arriving=arriving.entry,
        source_id=leaving.portfolio_id,
        source_name=_name(leaving.portfolio, named),
        target_id=arriving.portfolio_id,
        target_name=_name(arriving.portfolio, named),
        traded_on=leaving.traded_on,
        traded_at=leaving.traded_at,
        instrument=InstrumentView.of(leaving.instrument),
        quantity=leaving.quantity or ZERO,
        cost=arriving.amount or ZERO,
        cost_currency=leaving.portfolio.base_currency,
        fx_rate=arriving.fx_rate,
        lots=arriving_of(arriving.lots),
        fees=leaving.fees or ZERO,
        taxes=leaving.taxes or ZERO,
        fees_currency=leaving.settles_in,
        notes=leaving.notes,
    )


def _name(portfolio: Portfolio, named: Collection[int] | None) -> str:
    return portfolio.name if named is None or portfolio.pk in named else "another portfolio"


def transfers_of(user: Any, portfolio: Portfolio, *, cursor: str = "", page_size: int = 50) -> TransfersPage:
    """The transfers into and out of a portfolio, newest first.  Two queries, three for what others share."""
    named = None if portfolio.owner_id == user.pk else set(Portfolio.objects.visible_to(user).values_list("pk", flat=True))
    page = page_by_key(Transaction.objects.live().filter(portfolio=portfolio, link__isnull=False), cursor, page_size)
    links = [row.link for row in page.rows if row.link is not None]
    legs = legs_of(links)
    pairs = (legs[link] for link in links if len(legs.get(link, {})) == 2)
    rows = tuple(view_of(pair[TransactionKind.TRANSFER_OUT], pair[TransactionKind.TRANSFER_IN], named) for pair in pairs)
    return TransfersPage(rows, page.onward, page.back)
