"""What each kind of event does to a ledger: one function each, named in the table here.

Every function keeps numbers.md's identity by itself: what it adds to cost (of units and of cash) less what it adds to the flows
is what it adds to realised gains and income less expenses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portfolios.ledger import events as of
from portfolios.ledger.handlers import cash, corporate, income, reorganisations, trades, transfers
from portfolios.ledger.run import Run

HANDLERS: dict[type[of.Event], Callable[[Run, Any], None]] = {
    of.Buy: trades.buy,
    of.Rights: trades.buy,
    of.BuyToCover: trades.buy_to_cover,
    of.Sell: trades.sell,
    of.ShortSell: trades.short_sell,
    of.Redemption: trades.redemption,
    of.Dividend: income.dividend,
    of.Coupon: income.dividend,
    of.Reinvestment: income.reinvestment,
    of.StakingReward: income.reward,
    of.Airdrop: income.reward,
    of.Interest: cash.interest,
    of.Fee: cash.cost,
    of.Tax: cash.cost,
    of.Deposit: cash.deposit,
    of.Withdrawal: cash.withdrawal,
    of.FxExchange: cash.fx_exchange,
    of.AdjustmentOfCash: cash.adjustment_of_cash,
    of.TransferIn: transfers.transfer_in,
    of.AdjustmentIn: transfers.transfer_in,
    of.TransferOut: transfers.transfer_out,
    of.AdjustmentOut: transfers.transfer_out,
    of.Split: corporate.split,
    of.StockDividend: corporate.stock_dividend,
    of.ReturnOfCapital: corporate.return_of_capital,
    of.SpinOff: reorganisations.reorganise,
    of.Merger: reorganisations.reorganise,
    of.SymbolChange: reorganisations.reorganise,
}
