"""What each kind of entry takes: the one table that services, forms, the API and the export go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from portfolios.choices import TransactionKind as Kind

REQUIRED: Final = "required"
OPTIONAL: Final = "optional"
NONE: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindRule:
    """Which fields an entry of the kind has.  Of three-valued ones: "required", "optional", or "" where it has none.

    instrument    of what
    quantity      units, above zero; of a dividend the units it was paid on, of a split the fraction that was paid in cash
    signed        the quantity and the amount have a sign, which says the direction (an adjustment, cash of a merger)
    price         a price per unit may be given, in place of the amount or beside it
    amount        the cash that moved, or what the units are worth; where there is a price, one of the two is required
    costs         fees and taxes
    own_costs     fees and taxes may be in a currency of their own (costs_currency)
    costs_way     how fees and taxes stand to the amount: +1 it is with them (a purchase), −1 after them (a sale), 0 apart
    accrued       interest of a bond, on top of the price
    settles       a settlement date
    lots          the lots that leave may be named; method: it may also have a cost method of its own (a sale)
    ratio         ratio_new and ratio_old
    legs          what the units become (spin-off, merger, symbol change)
    cost_share    the share of cost that the cash of it stands for
    acquired      acquired_on, and lots that it carries
    given         given_amount: what was given for the amount, in the settlement currency
    reinvested    reinvested_quantity: units that it bought in one step
    reversible    a negative amount takes an earlier entry back
    moves_cash    its amount or costs are money, so that it needs a rate
    direction     +1 cash comes, −1 cash goes, 0 neither, or either
    """

    instrument: str = NONE
    quantity: str = NONE
    signed: bool = False
    price: bool = False
    amount: str = REQUIRED
    costs: bool = True
    own_costs: bool = False
    costs_way: int = 0
    accrued: bool = False
    settles: bool = False
    lots: bool = False
    method: bool = False
    ratio: bool = False
    legs: str = NONE
    cost_share: bool = False
    acquired: bool = False
    given: bool = False
    reinvested: bool = False
    reversible: bool = False
    moves_cash: bool = True
    direction: int = 0

    @property
    def is_purchase(self) -> bool:
        """Units are bought for money, from the market."""
        return self.accrued and self.costs_way > 0

    @property
    def is_sale(self) -> bool:
        """Units are sold, or paid back."""
        return self.method


def _purchase() -> KindRule:
    return KindRule(
        instrument=REQUIRED, quantity=REQUIRED, price=True, own_costs=True, costs_way=1, accrued=True, settles=True, direction=-1
    )  # fmt: skip


def _sale() -> KindRule:
    return KindRule(
        instrument=REQUIRED, quantity=REQUIRED, price=True, own_costs=True, costs_way=-1, accrued=True, settles=True, lots=True, method=True, direction=1
    )  # fmt: skip


def _reward() -> KindRule:
    """Units that come as income: the amount, or the price, is what they are worth; fees and taxes are paid in cash."""
    return KindRule(instrument=REQUIRED, quantity=REQUIRED, price=True)


RULES: dict[str, KindRule] = {
    Kind.BUY: _purchase(),
    Kind.SELL: _sale(),
    Kind.SHORT_SELL: _sale(),
    Kind.BUY_TO_COVER: _purchase(),
    Kind.DIVIDEND: KindRule(
        instrument=REQUIRED, quantity=OPTIONAL, price=True, own_costs=True, costs_way=-1, settles=True, reinvested=True, reversible=True, direction=1
    ),
    Kind.INTEREST: KindRule(instrument=OPTIONAL, costs_way=-1, reversible=True, direction=1),
    Kind.COUPON: KindRule(
        instrument=REQUIRED, quantity=OPTIONAL, price=True, own_costs=True, costs_way=-1, settles=True, reversible=True, direction=1
    ),
    Kind.STAKING_REWARD: _reward(),
    Kind.AIRDROP: _reward(),
    Kind.FEE: KindRule(instrument=OPTIONAL, costs=False, reversible=True, direction=-1),
    Kind.TAX: KindRule(instrument=OPTIONAL, costs=False, reversible=True, direction=-1),
    Kind.DEPOSIT: KindRule(costs_way=-1, direction=1),
    Kind.WITHDRAWAL: KindRule(costs_way=1, direction=-1),
    Kind.TRANSFER_IN: KindRule(instrument=REQUIRED, quantity=REQUIRED, price=True, acquired=True),
    Kind.TRANSFER_OUT: KindRule(instrument=REQUIRED, quantity=REQUIRED, amount=NONE, lots=True),
    Kind.SPLIT: KindRule(instrument=REQUIRED, quantity=OPTIONAL, amount=OPTIONAL, costs=False, ratio=True, direction=1),
    Kind.STOCK_DIVIDEND: KindRule(instrument=REQUIRED, quantity=REQUIRED, amount=OPTIONAL, costs=False),
    Kind.SPIN_OFF: KindRule(instrument=REQUIRED, amount=OPTIONAL, signed=True, costs_way=-1, legs=REQUIRED, cost_share=True),
    Kind.MERGER: KindRule(instrument=REQUIRED, amount=OPTIONAL, signed=True, costs_way=-1, legs=OPTIONAL, cost_share=True),
    Kind.SYMBOL_CHANGE: KindRule(instrument=REQUIRED, amount=NONE, costs=False, legs=REQUIRED, moves_cash=False),
    Kind.RETURN_OF_CAPITAL: KindRule(instrument=REQUIRED, quantity=OPTIONAL, price=True, costs_way=-1, settles=True, direction=1),
    Kind.RIGHTS: _purchase(),
    Kind.REDEMPTION: _sale(),
    Kind.FX_EXCHANGE: KindRule(settles=True, given=True),
    Kind.ADJUSTMENT: KindRule(instrument=OPTIONAL, quantity=OPTIONAL, signed=True, price=True, amount=OPTIONAL, costs=False, acquired=True),
}
REORGANISATIONS = frozenset(kind for kind, rule in RULES.items() if rule.legs)
