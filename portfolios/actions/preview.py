"""A corporate action before it is recorded: every instrument that it touches, before and after.  Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.errors import FieldError, Invalid
from portfolios.choices import RateSource
from portfolios.ledger.book import Book
from portfolios.ledger.links import instrument_ids_of
from portfolios.ledger.records import Lot, Position
from portfolios.models import Portfolio
from portfolios.selectors import InstrumentView
from portfolios.selectors.ledger import cash_moves, event_of
from portfolios.services.drafts import TransactionDraft, checked
from portfolios.services.impact import CashChange, cash_after, replayed

ZERO = Decimal(0)
MOST_LOTS = 40  # of one instrument; more are counted
_LAST = 1 << 62


@dataclass(frozen=True, slots=True)
class HoldingState:
    """What is held of an instrument, before or after; money in the portfolio's currency.  `average_cost` is None where nothing is held."""

    quantity: Decimal
    cost: Decimal
    average_cost: Decimal | None
    lots: tuple[Lot, ...]

    @property
    def more_lots(self) -> int:
        return max(len(self.lots) - MOST_LOTS, 0)

    @property
    def shown_lots(self) -> tuple[Lot, ...]:
        return self.lots[:MOST_LOTS]


@dataclass(frozen=True, slots=True)
class LotPair:
    """One lot before and after, by the entry that opened it and its day; None where there is none."""

    opened_on: date
    before: Lot | None
    after: Lot | None


@dataclass(frozen=True, slots=True)
class InstrumentChange:
    """One instrument that the action touches."""

    instrument: InstrumentView
    before: HoldingState
    after: HoldingState

    @property
    def lot_pairs(self) -> tuple[LotPair, ...]:
        """Lots side by side, oldest first, as many as are shown."""
        old, new = self.before.shown_lots, self.after.shown_lots
        if len(old) == len(new):
            return tuple(LotPair(b.opened_on, a, b) for a, b in zip(old, new, strict=True))
        if not old or not new:
            return tuple(LotPair(lot.opened_on, lot if old else None, None if old else lot) for lot in old or new)
        days = sorted({lot.opened_on for lot in (*old, *new)})
        return tuple(
            LotPair(day, a, b)
            for day in days
            for a, b in _beside([lot for lot in old if lot.opened_on == day], [lot for lot in new if lot.opened_on == day])
        )


def _beside(old: Sequence[Lot], new: Sequence[Lot]) -> list[tuple[Lot | None, Lot | None]]:
    longest = max(len(old), len(new))
    return [(old[place] if place < len(old) else None, new[place] if place < len(new) else None) for place in range(longest)]


@dataclass(frozen=True, slots=True)
class ActionPreview:
    """What an action comes to; `problem` is the first refusal, "" where it could be recorded, and the rest is empty then.

    moves     signed effect on cash, by currency; cash: the balances before and after
    realised  gain that it realises; income and expenses likewise, in the portfolio's currency
    rate      units of the portfolio's currency for one of `settlement`, None where they are one
    """

    base: str
    kind: str = ""
    problem: str = ""
    errors: tuple[FieldError, ...] = ()
    instruments: tuple[InstrumentChange, ...] = ()
    moves: tuple[tuple[str, Decimal], ...] = ()
    cash: tuple[CashChange, ...] = ()
    realised: Decimal = ZERO
    income: Decimal = ZERO
    expenses: Decimal = ZERO
    settlement: str = ""
    rate: Decimal | None = None
    is_reference_rate: bool = False

    @property
    def cost_before(self) -> Decimal:
        return sum((one.before.cost for one in self.instruments), ZERO)

    @property
    def cost_after(self) -> Decimal:
        return sum((one.after.cost for one in self.instruments), ZERO)


def preview_action(actor: Any, portfolio: Portfolio, draft: TransactionDraft) -> ActionPreview:
    """What the action would do to each instrument it touches, to cash and to gains, or why it would be refused.  Eight queries at most."""
    try:
        row = checked(portfolio, [draft], actor=actor, rows=False)[0]
        event = event_of(row, number=-1, sequence=_LAST)
        books = replayed(portfolio, event, None, row)
    except Invalid as refused:
        return ActionPreview(portfolio.base_currency, draft.kind, problem=refused.detail, errors=refused.errors)
    touched = list(dict.fromkeys(instrument_ids_of(event)))
    now, after = books.now, books.after
    return ActionPreview(
        base=portfolio.base_currency,
        kind=draft.kind,
        instruments=tuple(InstrumentChange(InstrumentView.of(books.instruments[pk]), _state(now, pk), _state(after, pk)) for pk in touched),
        moves=tuple((str(move.currency), move.amount) for move in cash_moves(event, short=event.id in books.short) if move.amount),
        cash=cash_after(portfolio, event, None, books),
        realised=_sum(after, touched, "realised") - _sum(now, touched, "realised"),
        income=_sum(after, touched, "income") - _sum(now, touched, "income"),
        expenses=_sum(after, touched, "expenses") - _sum(now, touched, "expenses"),
        settlement=row.settles_in,
        rate=row.fx_rate,
        is_reference_rate=row.fx_source == RateSource.REFERENCE,
    )


def _state(book: Book, pk: int) -> HoldingState:
    position: Position | None = book.positions.get(pk)
    if position is None:
        return HoldingState(ZERO, ZERO, None, ())
    return HoldingState(position.quantity, position.cost, position.average_cost, position.lots)


def _sum(book: Book, instruments: Sequence[int], name: str) -> Decimal:
    return sum((getattr(book.positions[pk], name) for pk in instruments if pk in book.positions), ZERO)
