"""What an entry would come to, before it is recorded.  Nothing is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any

from django.db import transaction

from portfolio_site.kernel.decimals import EXACT
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolios.choices import RateSource
from portfolios.errors import LedgerRefused, PeriodLocked
from portfolios.kinds import RULES
from portfolios.ledger.events import Event, Purchase
from portfolios.ledger.handlers.trades import cost_of
from portfolios.ledger.records import Position
from portfolios.ledger.run import Run
from portfolios.models import Portfolio, Transaction
from portfolios.selectors.ledger import ZERO, cash_moves, cash_worth, event_of, rules_of
from portfolios.services.drafts import TransactionDraft, checked
from portfolios.services.edits import edited
from portfolios.services.impact import Impact, Replayed, cash_after, impact_between, replayed
from portfolios.services.judging import refuse_locked
from portfolios.services.notices import Notice, notices_of
from portfolios.services.recording import record_many

_LAST = 1 << 62


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of one entry.  Money is in the portfolio's currency; None where it does not apply.

    problem     the sentence of the first refusal, "" where the entry could be recorded; the other fields hold what is known
    moves       signed effect on cash, by currency; cash_base: all of them in the portfolio's currency
    rate        of the settlement currency
    notices     what may be a slip
    impact      what else changes: later sales, holdings, balances
    """

    kind: str
    base: str
    settlement: str = ""
    problem: str = ""
    errors: tuple[FieldError, ...] = ()
    moves: tuple[tuple[str, Decimal], ...] = ()
    cash_base: Decimal | None = None
    rate: Decimal | None = None
    is_reference_rate: bool = False
    units: Decimal | None = None
    cost: Decimal | None = None
    income: Decimal | None = None
    proceeds: Decimal | None = None
    cost_of_units: Decimal | None = None
    realised: Decimal | None = None
    held_before: Decimal | None = None
    held_after: Decimal | None = None
    average_after: Decimal | None = None
    notices: tuple[Notice, ...] = ()
    impact: Impact | None = None


def preview_transaction(actor: Any, portfolio: Portfolio, draft: TransactionDraft, *, replacing: Transaction | None = None) -> Preview:
    """What the entry comes to, or why it would be refused.  Nine queries at most."""
    try:
        row = checked(portfolio, [draft], actor=actor, rows=False)[0]
    except Invalid as refused:
        return Preview(draft.kind, portfolio.base_currency, problem=refused.detail, errors=refused.errors)
    number = replacing.entry if replacing is not None else -1
    event = event_of(row, number=number, sequence=number if number > 0 else _LAST)
    known = _of_itself(portfolio, row, event)
    try:
        refuse_locked(portfolio, [row] if replacing is None else [row, replacing], by_row=False)
        books = replayed(portfolio, event, replacing, row)
    except (LedgerRefused, PeriodLocked) as refused:
        cash = cash_after(portfolio, event, replacing)
        return Preview(**known, problem=refused.detail, impact=Impact(portfolio.base_currency, cash=cash))
    if event.id in books.short:
        known = _of_itself(portfolio, row, event, short=True)
    impact = impact_between(portfolio, books, event, replacing)
    of_holding = _of_holding(portfolio, row, event, books) if row.instrument_id is not None else {}
    notices = notices_of(portfolio, row, replacing=replacing, cash=impact.cash, held_after=of_holding.get("held_after"))
    return Preview(**known, **of_holding, notices=notices, impact=impact)


def preview_edit(actor: Any, entry: Transaction, **changes: Any) -> Preview:
    """What the entry would come to with these changes, and what else they would change."""
    return preview_transaction(actor, entry.portfolio, edited(entry, changes)[0], replacing=entry)


def check_many(
    actor: Any, portfolio: Portfolio, drafts: Sequence[TransactionDraft], unread: Mapping[int, Sequence[FieldError]] | None = None
) -> None:
    """Refuses as record_many would, and records nothing: what it writes is taken back at once."""
    with transaction.atomic():
        record_many(actor, copy(portfolio), drafts, unread=unread)
        transaction.set_rollback(True)


def _of_itself(portfolio: Portfolio, row: Transaction, event: Event, *, short: bool = False) -> dict[str, Any]:
    """What does not depend on the rest of the ledger, but for the side on which the units are."""
    moves = tuple((str(move.currency), move.amount) for move in cash_moves(event, short=short) if move.amount)
    return {
        "kind": row.kind,
        "base": portfolio.base_currency,
        "settlement": row.settles_in,
        "moves": moves,
        "cash_base": cash_worth(event, short=short) if moves and any(code != portfolio.base_currency for code, _ in moves) else None,
        "rate": row.fx_rate,
        "is_reference_rate": row.fx_source == RateSource.REFERENCE,
        "units": row.quantity,
    }


def _of_holding(portfolio: Portfolio, row: Transaction, event: Event, books: Replayed) -> dict[str, Any]:
    pk = row.instrument_id or 0
    new = books.after.positions.get(pk)
    old = books.before.positions.get(pk) if books.before is not None else new
    taken = [match for match in books.after.matches if match.sale_id == event.id]
    income = _of(new, "income") - _of(old, "income")
    return {
        "cost": None if taken else _cost_of(portfolio, event) or _of(new, "cost") - _of(old, "cost") or None,
        "income": income or None,
        "proceeds": sum((match.proceeds for match in taken), ZERO) if taken else None,
        "cost_of_units": sum((match.cost for match in taken), ZERO) if taken else None,
        "realised": sum((match.gain for match in taken), ZERO) if taken or RULES[row.kind].is_sale else None,
        "held_before": _of(old, "quantity"),
        "held_after": _of(new, "quantity"),
        "average_after": new.average_cost if new and new.quantity else None,
    }


def _cost_of(portfolio: Portfolio, event: Event) -> Decimal:
    """What a purchase costs, though entries after it took units along by now; zero of anything else."""
    if not isinstance(event, Purchase):
        return ZERO
    with localcontext(EXACT):
        return cost_of(Run(rules_of(portfolio)), event)[0]


def _of(position: Position | None, name: str) -> Decimal:
    value: Decimal = getattr(position, name) if position is not None else ZERO
    return value
