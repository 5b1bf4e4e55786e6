"""Answers about what people own and did.  Nothing here writes."""

from portfolios.selectors.holdings import holdings_of
from portfolios.selectors.ledger import book_of, books_of, cash_effect, event_of, events_of, events_of_all, rules_of
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
    "book_of",
    "books_of",
    "cash_effect",
    "chosen_portfolios",
    "event_of",
    "events_of",
    "events_of_all",
    "get_portfolio",
    "get_transaction",
    "held_instrument_ids",
    "holdings_counts",
    "holdings_of",
    "ledger_version",
    "locked_portfolio",
    "portfolios_of",
    "rules_of",
]
