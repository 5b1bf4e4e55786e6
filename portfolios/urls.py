"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios import api, views
from portfolios.actions import urls as actions
from portfolios.blends import urls as blends
from portfolios.comments import urls as comments
from portfolios.imports import urls as imports
from portfolios.reconciling import urls as reconciling
from portfolios.sharing import urls as sharing
from portfolios.suggestions import urls as suggestions
from portfolios.transfers import urls as transfers

urlpatterns = [
    path("portfolios/", views.portfolios, name="portfolios"),
    path("portfolios/new/", views.portfolio_add, name="portfolio-add"),
    path("portfolios/<id:pk>/", views.portfolio, name="portfolio"),
    path("lots/", views.lots, name="lots"),
    path("portfolios/<id:pk>/lots/", views.portfolio_lots, name="portfolio-lots"),
    path("portfolios/<id:pk>/changes/", views.portfolio_changes, name="portfolio-changes"),
    path("portfolios/<id:pk>/lock/", views.portfolio_lock, name="portfolio-lock"),
    path("portfolios/<id:pk>/unlock/", views.portfolio_unlock, name="portfolio-unlock"),
    path("portfolios/<id:pk>/settings/", views.portfolio_edit, name="portfolio-edit"),
    path("portfolios/<id:pk>/delete/", views.portfolio_delete, name="portfolio-delete"),
    path("sample/", views.sample_load, name="sample-load"),
    path("sample/remove/", views.sample_remove, name="sample-remove"),
    path("transactions/", views.transactions, name="transactions"),
    path("transactions/new/", views.transaction_add, name="transaction-add"),
    path("transactions/grid/", views.transaction_grid, name="transaction-grid"),
    path("transactions/preview/", views.transaction_preview, name="transaction-preview"),
    path("transactions/instruments/", views.instrument_options, name="instrument-options"),
    path("transactions/<id:pk>/edit/", views.transaction_edit, name="transaction-edit"),
    path("transactions/<id:pk>/void/", views.transaction_void, name="transaction-void"),
    path("transactions/<id:pk>/restore/", views.transaction_restore, name="transaction-restore"),
    *actions.urlpatterns,
    *comments.urlpatterns,
    *imports.urlpatterns,
    *blends.urlpatterns,
    *reconciling.urlpatterns,
    *sharing.urlpatterns,
    *suggestions.urlpatterns,
    *transfers.urlpatterns,
]

api_patterns = [
    path("portfolios", api.PortfoliosView.as_view(), name="api-portfolios"),
    path("portfolios/<id:pk>", api.PortfolioView.as_view(), name="api-portfolio"),
    path("portfolios/<id:pk>/lock", api.LockView.as_view(), name="api-portfolio-lock"),
    path("portfolios/<id:pk>/holdings", api.HoldingsView.as_view(), name="api-holdings"),
    path("portfolios/<id:pk>/holdings/<str:instrument>", api.HoldingView.as_view(), name="api-holding"),
    path("portfolios/<id:pk>/lots", api.LotsView.as_view(), name="api-lots"),
    path("portfolios/<id:pk>/lots/methods", api.MethodsView.as_view(), name="api-lots-methods"),
    path("portfolios/<id:pk>/transactions", api.PortfolioTransactionsView.as_view(), name="api-portfolio-transactions"),
    path("portfolios/<id:pk>/transactions/batch", api.BatchView.as_view(), name="api-transactions-batch"),
    path("portfolios/<id:pk>/changes", api.ChangesView.as_view(), name="api-portfolio-changes"),
    path("portfolios/<id:pk>/export", api.ExportView.as_view(), name="api-export"),
    path("transactions", api.TransactionsView.as_view(), name="api-transactions"),
    path("transactions/<id:pk>", api.TransactionView.as_view(), name="api-transaction"),
    path("transactions/<id:pk>/restore", api.RestoreView.as_view(), name="api-transaction-restore"),
    path("transactions/portfolio/<id:pk>", api.TransactionsOfPortfolioView.as_view(), name="api-transactions-of-portfolio"),
    *actions.api_patterns,
    *comments.api_patterns,
    *imports.api_patterns,
    *blends.api_patterns,
    *reconciling.api_patterns,
    *sharing.api_patterns,
    *suggestions.api_patterns,
    *transfers.api_patterns,
]
