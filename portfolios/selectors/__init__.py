"""Answers about what people own and did.  Nothing here writes."""

from portfolios.selectors.changes import Changes, EntryChange, changes_between
from portfolios.selectors.holdings import holdings_of, tables_of
from portfolios.selectors.ledger import book_of, books_of, cash_effect, cash_worth, connected_to, event_of, events_of, events_of_all, rules_of
from portfolios.selectors.lot_shapes import LotsTable, LotView, MatchView, MethodResult, SaleView
from portfolios.selectors.lots import kinds_of, lot_view, lots_of, open_lots, quantity_held
from portfolios.selectors.methods import compare_methods
from portfolios.selectors.portfolios import (
    chosen_portfolios,
    get_portfolio,
    get_transaction,
    held_instrument,
    held_instrument_ids,
    holdings_counts,
    ledger_version,
    locked_portfolios,
    portfolios_of,
    under_method,
)
from portfolios.selectors.restated import Told, books_in, events_in, told_in, transfer_entries
from portfolios.selectors.shapes import (
    CashRow,
    HoldingRow,
    HoldingsTable,
    InstrumentView,
    MonthGroup,
    TransactionFilter,
    TransactionRow,
    TransactionsPage,
)
from portfolios.selectors.traced import Trace, traces_of
from portfolios.selectors.transactions import ORDERINGS, KeyPage, instruments_in, is_cursor, matching, page_by_key, row_of, transactions_of

__all__ = [
    "ORDERINGS",
    "CashRow",
    "Changes",
    "EntryChange",
    "HoldingRow",
    "HoldingsTable",
    "InstrumentView",
    "KeyPage",
    "LotView",
    "LotsTable",
    "MatchView",
    "MethodResult",
    "MonthGroup",
    "SaleView",
    "Told",
    "Trace",
    "TransactionFilter",
    "TransactionRow",
    "TransactionsPage",
    "book_of",
    "books_in",
    "books_of",
    "cash_effect",
    "cash_worth",
    "changes_between",
    "chosen_portfolios",
    "compare_methods",
    "connected_to",
    "event_of",
    "events_in",
    "events_of",
    "events_of_all",
    "get_portfolio",
    "get_transaction",
    "held_instrument",
    "held_instrument_ids",
    "holdings_counts",
    "holdings_of",
    "instruments_in",
    "is_cursor",
    "kinds_of",
    "ledger_version",
    "locked_portfolios",
    "lot_view",
    "lots_of",
    "matching",
    "open_lots",
    "page_by_key",
    "portfolios_of",
    "quantity_held",
    "row_of",
    "rules_of",
    "tables_of",
    "told_in",
    "traces_of",
    "transactions_of",
    "transfer_entries",
    "under_method",
]
