"""An entry with changes, as a draft of the version that takes its place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from portfolio_site.kernel.decimals import EXACT, rounded
from portfolio_site.kernel.money import Currency
from portfolios.choices import RateSource
from portfolios.kinds import RULES
from portfolios.lot_records import arriving_of, choices_of
from portfolios.models import Transaction, TransactionLeg
from portfolios.selectors.rows import legs_of, own_costs
from portfolios.services.drafts import LegDraft, TransactionDraft

ZERO = Decimal(0)
_DERIVED_FROM = frozenset({"quantity", "price", "fees", "taxes", "accrued", "costs_currency", "kind"})


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
        fx_rate=entry.fx_rate if entry.fx_source == RateSource.OWN and not RULES[entry.kind].given else None,
        traded_at=entry.traded_at,
        ratio_new=entry.ratio_new,
        ratio_old=entry.ratio_old,
        settles_on=entry.settles_on,
        accrued=entry.accrued,
        costs_currency=entry.costs_currency,
        costs_rate=entry.costs_rate,
        given_amount=entry.given_amount,
        reinvested_quantity=entry.reinvested_quantity,
        legs=tuple(_leg_of(leg) for leg in legs_of(entry)),
        cost_share=entry.cost_share,
        acquired_on=entry.acquired_on,
        method=entry.method,
        lots=arriving_of(entry.lots) if RULES[entry.kind].acquired else choices_of(entry.lots),
        notes=entry.notes,
        tags=tuple(entry.tags or ()),
        external_id=entry.external_id,
        reference=entry.reference,
        link=entry.link,
        proposal=entry.proposal,
        source=entry.source,
        source_key=entry.source_key,
    )


def _leg_of(leg: TransactionLeg) -> LegDraft:
    return LegDraft(
        instrument=leg.instrument,
        ratio_new=leg.ratio_new,
        ratio_old=leg.ratio_old,
        cost_share=leg.cost_share,
        fraction=leg.fraction,
        cash=leg.cash,
        local_rate=leg.local_rate,
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
    if changed & {"traded_on", "costs_currency"} and "costs_rate" not in changed and entry.fx_source != RateSource.OWN:
        draft = replace(draft, costs_rate=None)
    if changed & {"traded_on", "instrument"} and "legs" not in changed:
        draft = replace(draft, legs=tuple(replace(leg, local_rate=None) for leg in draft.legs))
    if changed & _DERIVED_FROM and RULES[entry.kind].price and "amount" not in changed and entry.amount is not None:
        draft = replace(draft, amount=_following_amount(entry, draft))
    if draft.reinvested_quantity is not None and changed & {"amount", "price", "reinvested_quantity", "fees", "taxes"}:
        draft = replace(draft, amount=None) if "price" in changed and "amount" not in changed else draft
        draft = draft if "price" in changed else replace(draft, price=None)  # what the amount comes to for each unit
    if RULES[draft.kind].given:
        return draft, entry.fx_source == RateSource.REFERENCE and draft.costs_rate == entry.costs_rate  # it says its own rate
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
    before, after, accrued = RULES[entry.kind].costs_way, RULES[draft.kind].costs_way, entry.accrued or ZERO
    worth = EXACT.multiply(draft.price or ZERO, draft.quantity or ZERO) / EXACT.multiply(entry.price, entry.quantity)
    gross: Decimal = rounded((entry.amount - before * own_costs(entry) - accrued) * worth)
    cents = Currency(entry.settlement_currency).decimals
    if entry.amount is not None and entry.amount == rounded(entry.amount, cents):
        gross = rounded(gross, cents)
    costs: Decimal = ZERO if draft.costs_currency else (draft.fees or ZERO) + (draft.taxes or ZERO)
    following: Decimal = gross + after * costs + (draft.accrued or ZERO)
    return following
