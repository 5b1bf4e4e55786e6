"""Pages of this app.  Each view reads the address or the form, asks one selector or one service, and answers."""

from portfolios.views.changes import portfolio_changes
from portfolios.views.entries import instrument_options, transaction_add, transaction_edit, transaction_preview
from portfolios.views.grid import transaction_grid
from portfolios.views.locks import portfolio_lock, portfolio_unlock
from portfolios.views.lots import lots, portfolio_lots
from portfolios.views.portfolios import portfolio, portfolio_add, portfolio_delete, portfolio_edit, portfolios, sample_load, sample_remove
from portfolios.views.transactions import transactions
from portfolios.views.voiding import transaction_restore, transaction_void

__all__ = [
    "instrument_options",
    "lots",
    "portfolio",
    "portfolio_add",
    "portfolio_changes",
    "portfolio_delete",
    "portfolio_edit",
    "portfolio_lock",
    "portfolio_lots",
    "portfolio_unlock",
    "portfolios",
    "sample_load",
    "sample_remove",
    "transaction_add",
    "transaction_edit",
    "transaction_grid",
    "transaction_preview",
    "transaction_restore",
    "transaction_void",
    "transactions",
]
