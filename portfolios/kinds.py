"""What each kind of entry takes: the one table that services, forms, the API and the export go by."""

from __future__ import annotations

from dataclasses import dataclass

from portfolios.choices import TransactionKind as Kind


@dataclass(frozen=True, slots=True)
class KindRule:
    """Which fields an entry of the kind has.

    instrument   "required", "optional" or "" (it has none)
    quantity     required and above zero; for a dividend the units it was paid on, which may be left out
    price        whether a price per unit may be given in place of an amount
    amount       whether an amount may be given
    reversible   whether a negative amount takes an earlier entry back
    moves_cash   whether it is settled in money, so that it needs a rate
    direction    +1 cash comes, −1 cash goes, 0 neither
    """

    instrument: str
    quantity: str = ""  # "required", "optional" or ""
    price: bool = False
    amount: bool = True
    costs: bool = True  # fees and taxes
    ratio: bool = False
    acquired: bool = False
    reversible: bool = False
    moves_cash: bool = True
    direction: int = 0


RULES: dict[str, KindRule] = {
    Kind.BUY: KindRule("required", "required", price=True, direction=-1),
    Kind.SELL: KindRule("required", "required", price=True, direction=1),
    Kind.DIVIDEND: KindRule("required", "optional", price=True, reversible=True, direction=1),
    Kind.INTEREST: KindRule("optional", reversible=True, direction=1),
    Kind.FEE: KindRule("optional", costs=False, reversible=True, direction=-1),
    Kind.TAX: KindRule("optional", costs=False, reversible=True, direction=-1),
    Kind.DEPOSIT: KindRule("", direction=1),
    Kind.WITHDRAWAL: KindRule("", direction=-1),
    Kind.SPLIT: KindRule("required", amount=False, costs=False, ratio=True, moves_cash=False),
    Kind.TRANSFER_IN: KindRule("required", "required", price=True, acquired=True),
    Kind.TRANSFER_OUT: KindRule("required", "required", amount=False),
}
