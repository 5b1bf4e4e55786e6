"""The API of portfolios, holdings and transactions."""

from portfolios.api.changes import ChangesView
from portfolios.api.exports import ExportView
from portfolios.api.holdings import HoldingsView, HoldingView
from portfolios.api.locks import LockView
from portfolios.api.lots import LotsView, MethodsView
from portfolios.api.portfolios import PortfoliosView, PortfolioView
from portfolios.api.transactions import (
    BatchView,
    PortfolioTransactionsView,
    RestoreView,
    TransactionsOfPortfolioView,
    TransactionsView,
    TransactionView,
)

__all__ = [
    "BatchView",
    "ChangesView",
    "ExportView",
    "HoldingView",
    "HoldingsView",
    "LockView",
    "LotsView",
    "MethodsView",
    "PortfolioTransactionsView",
    "PortfolioView",
    "PortfoliosView",
    "RestoreView",
    "TransactionView",
    "TransactionsOfPortfolioView",
    "TransactionsView",
]
