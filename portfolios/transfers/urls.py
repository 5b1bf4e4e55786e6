"""Addresses of transfers: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.transfers import api, views

urlpatterns = [
    path("transfers/new/", views.transfer_add, name="transfer-add"),
    path("transfers/preview/", views.transfer_preview, name="transfer-preview"),
]
api_patterns = [
    path("portfolios/<id:pk>/transfers", api.TransfersView.as_view(), name="api-portfolio-transfers"),
]
