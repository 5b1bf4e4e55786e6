"""What another version of an entry says where it went the other way, or where another amount moved or was charged; in the words of TransactionDraft."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from portfolios.choices import TransactionKind as Kind
from portfolios.kinds import RULES
from portfolios.models import Transaction

ZERO = Decimal(0)
OPPOSITES: Final[dict[str, Kind]] = {
    Kind.BUY: Kind.SELL,
    Kind.SELL: Kind.BUY,
    Kind.SHORT_SELL: Kind.BUY_TO_COVER,
    Kind.BUY_TO_COVER: Kind.SHORT_SELL,
    Kind.DEPOSIT: Kind.WITHDRAWAL,
    Kind.WITHDRAWAL: Kind.DEPOSIT,
    Kind.TRANSFER_IN: Kind.TRANSFER_OUT,  # not back: units that arrive need a cost, which those that left do not tell
}


def can_turn(row: Transaction) -> bool:
    """Whether the entry can be turned round by itself.  One side of a transfer between two portfolios cannot."""
    if row.link is not None:
        return False
    if row.kind in OPPOSITES or RULES[row.kind].given:
        return True
    signed = RULES[row.kind].reversible or (row.kind == Kind.ADJUSTMENT and row.instrument_id is None)
    return signed and row.amount is not None and row.price is None and row.reinvested_quantity is None


def turned(row: Transaction) -> dict[str, Any]:
    """The changes that turn it round: the opposite kind, the two sides of an exchange swapped, or another sign."""
    other = OPPOSITES.get(row.kind)
    if other is not None:
        kept: dict[str, Any] = {"kind": other.value, "lots": (), "method": ""}
        return {**kept, "price": None, "amount": None, "acquired_on": None} if other == Kind.TRANSFER_OUT else kept
    if RULES[row.kind].given:
        swapped = {"currency": row.settles_in, "settlement_currency": row.currency, "amount": row.given_amount, "given_amount": row.amount}
        return {**swapped, "costs_rate": None}
    return {"amount": -(row.amount or ZERO)}


def can_settle(row: Transaction, currency: str) -> bool:
    """Whether what moved in the currency is recorded in the entry as one amount."""
    if RULES[row.kind].given:
        return not row.costs_currency
    return bool(RULES[row.kind].direction) and row.amount is not None and row.settles_in == currency and row.costs_currency != currency


def settled(row: Transaction, currency: str, moved: Decimal) -> dict[str, Any]:
    """The changes that make it move another amount in the currency; `moved` has its sign."""
    if not RULES[row.kind].given:
        return {"amount": moved * (RULES[row.kind].direction or 1)}
    if currency == row.currency:
        return {"amount": moved}
    return {"given_amount": -moved - (row.fees or ZERO) - (row.taxes or ZERO)}


def can_recost(row: Transaction, currency: str) -> bool:
    """Whether its fees and taxes are in the currency, and what they come to follows from them.  One side of a transfer takes the other along."""
    rule = RULES[row.kind]
    plain = rule.costs and row.link is None and row.reinvested_quantity is None and bool(rule.direction or rule.given)
    return plain and (row.costs_currency or row.settles_in) == currency


def recosted(row: Transaction, currency: str, change: Decimal) -> dict[str, Any]:
    """The changes by which the balance changes so much: the fee, the tax, or both go where it is above zero, and count twice below."""
    named = (("fees",), ("taxes",), ("fees", "taxes"))
    names = next((names for names in named if sum((getattr(row, name) or ZERO for name in names), ZERO) == abs(change)), ())
    found: dict[str, Any] = {name: None if change > 0 else 2 * (getattr(row, name) or ZERO) for name in names}
    if not RULES[row.kind].given and can_settle(row, currency):
        found["amount"] = (row.amount or ZERO) + change * RULES[row.kind].direction
    return found
