"""Moving units between two portfolios of one person; and what that would come to, before it is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from market.errors import MissingRate
from market.models import Instrument
from portfolio_site.kernel.decimals import product
from portfolio_site.kernel.errors import DomainError, FieldError, Invalid
from portfolios.choices import TransactionKind
from portfolios.errors import LedgerRefused, OtherOwner, SamePortfolio
from portfolios.ledger.book import Book
from portfolios.ledger.events import Event, LotChoice
from portfolios.ledger.records import Carried
from portfolios.ledger.replay import replay
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.ledger import connected_to, event_of, events_of, rules_of
from portfolios.services.drafts import TransactionDraft, checked, with_symbol
from portfolios.services.impact import Impact, impact_of_changes
from portfolios.services.recording import record_transfer
from portfolios.transfers.legs import arrival, carried_by, other_leg
from portfolios.transfers.turning import both_legs, turned_leg

ZERO = Decimal(0)
_LAST = 1 << 62


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDraft:
    """Units to be moved.

    lots   those that are taken first, where the source keeps lots apart; what they leave open goes by the source's method
    fees   of the transfer, paid from the source; they are no part of the cost that goes along
    """

    instrument: Instrument | None
    quantity: Decimal | None
    day: date | None
    time: datetime | None = None
    fees: Decimal | None = None
    taxes: Decimal | None = None
    fees_currency: str = ""
    lots: Sequence[LotChoice] = ()
    notes: str = ""
    external_id: str = ""

    def leaving(self) -> TransactionDraft:
        """The leg that leaves, as an entry."""
        return TransactionDraft(
            kind=TransactionKind.TRANSFER_OUT,
            traded_on=self.day,
            traded_at=self.time,
            instrument=self.instrument,
            quantity=self.quantity,
            lots=tuple(self.lots),
            fees=self.fees,
            taxes=self.taxes,
            settlement_currency=self.fees_currency,
            notes=self.notes,
            external_id=self.external_id,
        )


@dataclass(frozen=True, slots=True)
class Transfer:
    """Both legs of a transfer, as they count."""

    leaving: Transaction
    arriving: Transaction


def transfer_units(actor: Any, source: Portfolio, target: Portfolio, draft: TransferDraft) -> Transfer:
    """Move units with the dates and cost of their lots: both legs are booked, or none; it is no gain.

    Raises SamePortfolio; Invalid by field; Oversold and LotNotOpen of the source; what the target refuses; MissingRate where the
    portfolios have two currencies and no reference rate of the day is known.
    """
    _check(source, target)
    leaving = record_transfer(actor, source, target, draft.leaving())
    arriving = other_leg(leaving)
    assert arriving is not None  # both or none
    return Transfer(leaving, arriving)


def _check(source: Portfolio, target: Portfolio) -> None:
    if source.pk == target.pk:
        sentence = "The units would stay where they are. Choose another portfolio to move them to."
        raise SamePortfolio(sentence, errors=[FieldError("target", "same_portfolio", sentence)])
    if source.owner_id != target.owner_id:
        sentence = "The two portfolios belong to different people. What changes hands leaves one ledger and is recorded in the other by itself."
        raise OtherOwner(sentence, errors=[FieldError("target", OtherOwner.code, sentence)])


# ── before it is done ───────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class LotPreview:
    """A lot that would move.  `cost` is in the source's currency, `cost_after` in the target's."""

    acquired_on: date
    quantity: Decimal
    cost: Decimal
    cost_after: Decimal


@dataclass(frozen=True, slots=True)
class SidePreview:
    """One portfolio's holding of the instrument before and after; money in its own currency.  Averages are None where nothing is held."""

    name: str
    currency: str
    held_before: Decimal
    held_after: Decimal
    cost_before: Decimal
    cost_after: Decimal
    average_before: Decimal | None
    average_after: Decimal | None


@dataclass(frozen=True, slots=True)
class TransferPreview:
    """What a transfer comes to; `problem` is the first refusal, "" where it could be done, and the rest is empty then."""

    problem: str = ""
    errors: tuple[FieldError, ...] = ()
    lots: tuple[LotPreview, ...] = ()
    quantity: Decimal = ZERO
    cost: Decimal = ZERO
    cost_after: Decimal = ZERO
    rate: Decimal | None = None
    source: SidePreview | None = None
    target: SidePreview | None = None

    @property
    def sides(self) -> tuple[SidePreview, ...]:
        """The source, then the target."""
        return tuple(side for side in (self.source, self.target) if side is not None)


def preview_transfer(actor: Any, source: Portfolio, target: Portfolio, draft: TransferDraft) -> TransferPreview:
    """What the transfer would come to, or why it would be refused.  Nothing is written.  Seven queries, and two more for
    each step that spin-offs and the like lead further.
    """
    try:
        _check(source, target)
        row = checked(source, [draft.leaving()], actor=actor, rows=False)[0]
        return _preview(source, target, row)
    except LedgerRefused as refused:
        return TransferPreview(with_symbol(refused, [draft.instrument]).detail, refused.errors)
    except (Invalid, MissingRate) as refused:
        return TransferPreview(refused.detail, refused.errors)


def _preview(source: Portfolio, target: Portfolio, row: Transaction) -> TransferPreview:
    assert row.instrument_id is not None
    row.link = uuid4()
    leaving = event_of(row, number=-1, sequence=_LAST)
    before, after = _books(source, row.instrument_id, leaving)
    carried = carried_by(after)[-1]
    arriving = arrival(row, carried, target)
    arrives = event_of(arriving, number=-1, sequence=_LAST)
    there, then = _books(target, row.instrument_id, arrives)
    rate = arriving.fx_rate or Decimal(1)
    moved = tuple(LotPreview(one.opened_on, one.quantity, one.cost, product(one.cost, rate)) for one in carried)
    return TransferPreview(
        lots=moved,
        quantity=sum((lot.quantity for lot in moved), ZERO),
        cost=sum((lot.cost for lot in moved), ZERO),
        cost_after=sum((lot.cost_after for lot in moved), ZERO),
        rate=arriving.fx_rate,
        source=_side(source, row.instrument_id, before, after),
        target=_side(target, row.instrument_id, there, then),
    )


def preview_turn(actor: Any, entry: Transaction) -> Impact:
    """What turning a transfer round would do to the portfolio of this side, and beside it to that of the other.  Nothing is written.

    Raises Conflict where the entry is no side of one; AlreadyVoided.
    """
    leaving, arriving = both_legs(entry)
    try:
        row = turned_leg(actor, leaving, arriving)
        impact = impact_of_changes(arriving.portfolio, [row], [arriving])
        if impact.problem:
            return _refused_by(arriving.portfolio, entry, impact)
        follows = arrival(row, _carried_then(row), leaving.portfolio, leaving)
    except (Invalid, MissingRate) as refused:
        return Impact(entry.portfolio.base_currency, problem=refused.detail)
    there = impact_of_changes(leaving.portfolio, [follows], [leaving])
    if there.problem:
        return _refused_by(leaving.portfolio, entry, there)
    if entry.pk == arriving.pk:
        return replace(impact, beside=((leaving.portfolio.name, there),))
    return replace(there, beside=((arriving.portfolio.name, impact),))


def _carried_then(row: Transaction) -> list[Carried]:
    """The lots that another version of an entry takes along."""
    assert row.instrument_id is not None
    events = events_of(row.portfolio, instruments=connected_to([row.portfolio_id], [row.instrument_id]))
    stays = [event for event in events if event.id != row.entry]
    return carried_by(replay([*stays, event_of(row, number=row.entry, sequence=row.entry)], rules_of(row.portfolio)))[row.entry]


def _refused_by(portfolio: Portfolio, entry: Transaction, impact: Impact) -> Impact:
    named = "" if portfolio.pk == entry.portfolio_id else f"The other portfolio of the transfer, “{portfolio.name}”, refuses this. "
    return Impact(entry.portfolio.base_currency, problem=f"{named}{impact.problem}")


def _books(portfolio: Portfolio, instrument: int, event: Event) -> tuple[Book, Book]:
    events, rules = events_of(portfolio, instruments=connected_to([portfolio.pk], [instrument])), rules_of(portfolio)
    try:
        return replay(events, rules), replay([*events, event], rules)
    except DomainError as refused:
        refused.detail = f"“{portfolio.name}” refuses this. {refused.detail}"
        raise


def _side(portfolio: Portfolio, instrument: int, before: Book, after: Book) -> SidePreview:
    old, new = before.positions.get(instrument), after.positions.get(instrument)
    return SidePreview(
        name=portfolio.name,
        currency=portfolio.base_currency,
        held_before=old.quantity if old else ZERO,
        held_after=new.quantity if new else ZERO,
        cost_before=old.cost if old else ZERO,
        cost_after=new.cost if new else ZERO,
        average_before=old.average_cost if old else None,
        average_after=new.average_cost if new else None,
    )
