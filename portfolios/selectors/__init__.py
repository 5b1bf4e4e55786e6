"""Answers about what people own and did.  Nothing here writes."""

from portfolios.selectors.portfolios import (
    chosen_portfolios,
    get_portfolio,
    get_transaction,
    held_instrument_ids,
    holdings_counts,
    ledger_version,
    locked_portfolio,
    portfolios_of,
)
from portfolios.selectors.shapes import (
    CashRow,
    HoldingRow,
    HoldingsTable,
    InstrumentView,
    LotsTable,
    LotView,
    MatchView,
    MonthGroup,
    TransactionFilter,
    TransactionRow,
    TransactionsPage,
)

__all__ = [
    "CashRow",
    "HoldingRow",
    "HoldingsTable",
    "InstrumentView",
    "LotView",
    "LotsTable",
    "MatchView",
    "MonthGroup",
    "TransactionFilter",
    "TransactionRow",
    "TransactionsPage",
    "chosen_portfolios",
    "get_portfolio",
    "get_transaction",
    "held_instrument_ids",
    "holdings_counts",
    "ledger_version",
    "locked_portfolio",
    "portfolios_of",
]
