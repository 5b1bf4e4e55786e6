"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios import api

urlpatterns: list[object] = []

api_patterns = [
    path("portfolios", api.PortfoliosView.as_view(), name="api-portfolios"),
    path("portfolios/<id:pk>", api.PortfolioView.as_view(), name="api-portfolio"),
    path("portfolios/<id:pk>/holdings", api.HoldingsView.as_view(), name="api-holdings"),
    path("portfolios/<id:pk>/holdings/<str:instrument>", api.HoldingView.as_view(), name="api-holding"),
    path("portfolios/<id:pk>/lots", api.LotsView.as_view(), name="api-lots"),
    path("portfolios/<id:pk>/transactions", api.PortfolioTransactionsView.as_view(), name="api-portfolio-transactions"),
    path("portfolios/<id:pk>/transactions/batch", api.BatchView.as_view(), name="api-transactions-batch"),
    path("portfolios/<id:pk>/export", api.ExportView.as_view(), name="api-export"),
    path("transactions", api.TransactionsView.as_view(), name="api-transactions"),
    path("transactions/<id:pk>", api.TransactionView.as_view(), name="api-transaction"),
    path("transactions/portfolio/<id:pk>", api.TransactionsOfPortfolioView.as_view(), name="api-transactions-of-portfolio"),
]
