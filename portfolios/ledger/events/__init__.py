"""What can happen to a portfolio: one frozen dataclass per kind of event, and their order.

Conventions.  Quantities, prices and amounts are exact decimals without sign; the type says the direction.  Amounts (`gross`,
`amount`, `fees`, `taxes`, `accrued`) are in the settlement currency, `currency`; `fx_rate` is units of the portfolio's base
currency for one unit of it, and is 1 where the two are the same.  `fees` and `taxes` never stand inside `gross` or `amount`;
where they were paid in a currency of their own, `costs_currency` names it and `costs_rate` is units of base currency for one
unit of that.

    buy         cash paid      = gross + fees + taxes + accrued    sell        cash received  = gross − fees − taxes + accrued
    dividend    cash received  = gross − fees − taxes              interest    cash received  = amount − fees − taxes
    deposit     cash received  = amount − fees − taxes             withdrawal  cash paid      = amount + fees + taxes
    fee, tax    cash paid      = amount                            transfers   cash paid      = fees + taxes

`buy` stands for every kind of purchase (also buy_to_cover and rights), `sell` for every kind of sale (short_sell, redemption).
`local_price` and `local_currency` are the price of one unit as the instrument is quoted, and its currency.  A negative
`amount` or `gross` of a dividend, coupon, interest, fee or tax takes an earlier one back.
"""

from portfolios.ledger.events.base import CORPORATE_ACTION, ONE, OTHER, UNITS_IN, UNITS_OUT, ZERO, Event
from portfolios.ledger.events.cash import AdjustmentOfCash, Deposit, Fee, FxExchange, Interest, Tax, Withdrawal
from portfolios.ledger.events.corporate import Leg, Merger, Reorganisation, ReturnOfCapital, SpinOff, Split, StockDividend, SymbolChange
from portfolios.ledger.events.income import Airdrop, Coupon, Dividend, Income, Reinvestment, Reward, StakingReward
from portfolios.ledger.events.order import in_ledger_order
from portfolios.ledger.events.trades import Buy, BuyToCover, LotChoice, Purchase, Redemption, Rights, Sale, Sell, ShortSell, Trade
from portfolios.ledger.events.transfers import AdjustmentIn, AdjustmentOut, Arriving, TransferIn, TransferOut

EVENT_TYPES: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        Buy, Sell, ShortSell, BuyToCover, Rights, Redemption,
        Dividend, Reinvestment, Coupon, StakingReward, Airdrop,
        Interest, Fee, Tax, Deposit, Withdrawal, FxExchange, AdjustmentOfCash,
        TransferIn, TransferOut, AdjustmentIn, AdjustmentOut,
        Split, StockDividend, SpinOff, Merger, SymbolChange, ReturnOfCapital,
    )
}  # fmt: skip

__all__ = [
    "CORPORATE_ACTION",
    "EVENT_TYPES",
    "ONE",
    "OTHER",
    "UNITS_IN",
    "UNITS_OUT",
    "ZERO",
    "AdjustmentIn",
    "AdjustmentOfCash",
    "AdjustmentOut",
    "Airdrop",
    "Arriving",
    "Buy",
    "BuyToCover",
    "Coupon",
    "Deposit",
    "Dividend",
    "Event",
    "Fee",
    "FxExchange",
    "Income",
    "Interest",
    "Leg",
    "LotChoice",
    "Merger",
    "Purchase",
    "Redemption",
    "Reinvestment",
    "Reorganisation",
    "ReturnOfCapital",
    "Reward",
    "Rights",
    "Sale",
    "Sell",
    "ShortSell",
    "SpinOff",
    "Split",
    "StakingReward",
    "StockDividend",
    "SymbolChange",
    "Tax",
    "Trade",
    "TransferIn",
    "TransferOut",
    "Withdrawal",
    "in_ledger_order",
]
