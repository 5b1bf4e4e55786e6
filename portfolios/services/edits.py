"""An entry with changes, as a draft of the version that takes its place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import EXACT, rounded
from portfolio_site.kernel.money import Currency
from portfolios.choices import RateSource, TransactionKind
from portfolios.models import Transaction
from portfolios.selectors.ledger import event_of
from portfolios.services.drafts import TransactionDraft

ZERO = Decimal(0)
_DERIVED_FROM = frozenset({"quantity", "price", "fees", "taxes", "kind"})


def draft_of(entry: Transaction) -> TransactionDraft:
    """The entry as it would be recorded anew."""
    return TransactionDraft(
        kind=entry.kind,
        traded_on=entry.traded_on,
        instrument=entry.instrument,
        quantity=entry.quantity,
        price=entry.price,
        amount=entry.amount,
        fees=entry.fees,
        taxes=entry.taxes,
        currency=entry.currency,
        settlement_currency=entry.settlement_currency,
        fx_rate=entry.fx_rate if entry.fx_source == RateSource.OWN else None,
        traded_at=entry.traded_at,
        ratio_new=entry.ratio_new,
        ratio_old=entry.ratio_old,
        acquired_on=entry.acquired_on,
        notes=entry.notes,
        external_id=entry.external_id,
        source=entry.source,
        source_key=entry.source_key,
    )


def edited(entry: Transaction, changes: dict[str, Any]) -> tuple[TransactionDraft, bool]:
    """The entry with the changes, and whether it keeps the reference rate that it was booked at."""
    old = draft_of(entry)
    changed = {name for name, value in changes.items() if value != getattr(old, name)}
    draft = replace(old, **changes)
    if "instrument" in changed and "currency" not in changed and draft.instrument is not None:
        draft = replace(draft, currency="")
    if changed & {"currency", "settlement_currency", "instrument"} and "fx_rate" not in changed:
        draft = replace(draft, fx_rate=None)
    if "traded_on" in changed and "traded_at" not in changed:
        draft = replace(draft, traded_at=None)
    if changed & _DERIVED_FROM and "amount" not in changed and entry.amount is not None:
        draft = replace(draft, amount=_following_amount(entry, draft))
    moves_rate = changed & {"traded_on", "currency", "settlement_currency", "instrument", "fx_rate", "kind"}
    keeps_rate = entry.fx_source == RateSource.REFERENCE and not moves_rate
    return (replace(draft, fx_rate=entry.fx_rate) if keeps_rate else draft), keeps_rate


def _following_amount(entry: Transaction, draft: TransactionDraft) -> Decimal | None:
    """The cash of a trade whose quantity, price or costs change: as much for its worth as before.

    In the currency of the price it is worked out anew (None).  In another one it keeps the rate that lies in the entry, and is
    rounded to cents where it was in cents.
    """
    if None in (draft.price, draft.quantity, entry.price, entry.quantity):
        same: Decimal | None = entry.amount
        return same
    if not entry.settlement_currency or draft.settlement_currency != entry.settlement_currency or not entry.price or not entry.quantity:
        return None
    before = event_of(entry)
    worth = EXACT.multiply(draft.price or ZERO, draft.quantity or ZERO) / EXACT.multiply(entry.price, entry.quantity)
    gross: Decimal = rounded(before.gross * worth)  # type: ignore[attr-defined]
    cents = Currency(entry.settlement_currency).decimals
    if entry.amount is not None and entry.amount == rounded(entry.amount, cents):
        gross = rounded(gross, cents)
    costs: Decimal = (draft.fees or ZERO) + (draft.taxes or ZERO)
    sign = {TransactionKind.BUY: 1, TransactionKind.SELL: -1}.get(TransactionKind(entry.kind), 0)
    following: Decimal = gross + sign * costs
    return following
