"""What an entry would come to, before it is recorded.  Nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import transaction

from portfolio_site.kernel.decimals import product
from portfolio_site.kernel.errors import FieldError, Invalid
from portfolios.choices import RateSource
from portfolios.choices import TransactionKind as Kind
from portfolios.errors import LedgerRefused
from portfolios.ledger.book import Book, Position
from portfolios.ledger.events import Event
from portfolios.ledger.replay import replay
from portfolios.models import CashBalance, Portfolio, Transaction
from portfolios.selectors.ledger import cash_effect, event_of, events_of, rules_of
from portfolios.services.drafts import TransactionDraft, checked, with_symbol
from portfolios.services.recording import record_many

ZERO = Decimal(0)
_LAST = 1 << 62


@dataclass(frozen=True, slots=True)
class Preview:
    """The effect of one entry.  Without prefix money is in the portfolio's currency; None where it does not apply.

    problem     the sentence of the first refusal, "" where the entry could be recorded; the other fields hold what is known
    cash        signed effect on cash, in `settlement`; cash_base the same in the portfolio's currency
    realised_change   how realised gains of the instrument differ from now, when an entry is edited
    """

    kind: str
    base: str
    settlement: str = ""
    problem: str = ""
    errors: tuple[FieldError, ...] = ()
    cash: Decimal | None = None
    cash_base: Decimal | None = None
    rate: Decimal | None = None
    is_reference_rate: bool = False
    units: Decimal | None = None
    cost: Decimal | None = None
    proceeds: Decimal | None = None
    cost_of_units: Decimal | None = None
    realised: Decimal | None = None
    realised_change: Decimal | None = None
    held_before: Decimal | None = None
    held_after: Decimal | None = None
    average_after: Decimal | None = None
    cash_after: Decimal | None = None


def preview_transaction(actor: Any, portfolio: Portfolio, draft: TransactionDraft, *, replacing: Transaction | None = None) -> Preview:
    """What the entry comes to, or why it would be refused.  Five queries at most."""
    try:
        row = checked(portfolio, [draft], actor=actor, rows=False)[0]
    except Invalid as refused:
        return Preview(draft.kind, portfolio.base_currency, problem=refused.detail, errors=refused.errors)
    number = replacing.entry if replacing is not None else -1
    event = event_of(row, number=number, sequence=number if number > 0 else _LAST)
    known = _of_itself(portfolio, row, event, replacing)
    if row.instrument_id is None:
        return Preview(**known)
    stored = events_of(portfolio, instruments=[row.instrument_id])
    others = [one for one in stored if one.id != number]
    rules = rules_of(portfolio)
    try:
        before, now = replay(others, rules), replay(stored, rules)
        after = replay([*others, event], rules)
    except LedgerRefused as refused:
        return Preview(**known, problem=with_symbol(refused, [row.instrument]).detail)
    return Preview(**known, **_of_holding(row, event, before, now, after, replacing))


def check_many(actor: Any, portfolio: Portfolio, drafts: Sequence[TransactionDraft]) -> None:
    """Refuses as record_many would, and records nothing: what it writes is taken back at once."""
    with transaction.atomic():
        record_many(actor, copy(portfolio), drafts)
        transaction.set_rollback(True)


def _of_itself(portfolio: Portfolio, row: Transaction, event: Event, replacing: Transaction | None) -> dict[str, Any]:
    """What does not depend on the rest of the ledger, and the balance after."""
    cash, settlement = cash_effect(event), row.settles_in
    moves = bool(cash)
    after = None
    if portfolio.tracks_cash and moves:
        held = CashBalance.objects.filter(portfolio=portfolio, currency=settlement).first()
        after = (held.amount if held else ZERO) + cash
        if replacing is not None and replacing.settles_in == settlement:
            after -= cash_effect(event_of(replacing))
    return {
        "kind": row.kind,
        "base": portfolio.base_currency,
        "settlement": settlement,
        "cash": cash if moves else None,
        "cash_base": product(cash, event.fx_rate) if moves else None,
        "rate": row.fx_rate,
        "is_reference_rate": row.fx_source == RateSource.REFERENCE,
        "units": row.quantity,
        "cash_after": after,
    }


def _of_holding(row: Transaction, event: Event, before: Book, now: Book, after: Book, replacing: Transaction | None) -> dict[str, Any]:
    pk = row.instrument_id or 0
    old, new, present = before.positions.get(pk), after.positions.get(pk), now.positions.get(pk)
    taken = [match for match in after.matches if match.sale_id == event.id]
    bought = row.kind in {Kind.BUY, Kind.TRANSFER_IN}
    return {
        "cost": _cost(new) - _cost(old) if bought and not taken else None,
        "proceeds": sum((match.proceeds for match in taken), ZERO) if taken else None,
        "cost_of_units": sum((match.cost for match in taken), ZERO) if taken else None,
        "realised": sum((match.gain for match in taken), ZERO) if taken else None,
        "realised_change": _realised(new) - _realised(present) if replacing is not None else None,
        "held_before": old.quantity if old else ZERO,
        "held_after": new.quantity if new else ZERO,
        "average_after": new.average_cost if new and new.quantity else None,
    }


def _cost(position: Position | None) -> Decimal:
    return position.cost if position is not None else ZERO


def _realised(position: Position | None) -> Decimal:
    return position.realised if position is not None else ZERO
