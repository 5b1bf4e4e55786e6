"""Addresses of reconciling: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.reconciling import api, views

urlpatterns = [
    path("portfolios/<id:pk>/reconcile/", views.reconcile, name="portfolio-reconcile"),
    path("portfolios/<id:pk>/reconcile/<id:number>/", views.comparison, name="portfolio-reconciliation"),
    path("portfolios/<id:pk>/reconcile/<id:number>/correct/", views.correct, name="portfolio-reconciliation-correct"),
    path("portfolios/<id:pk>/reconcile/<id:number>/undo/", views.undo, name="portfolio-reconciliation-undo"),
    path("portfolios/<id:pk>/reconcile/<id:number>/remove/", views.remove, name="portfolio-reconciliation-remove"),
]
api_patterns = [
    path("portfolios/<id:pk>/reconcile", api.ReconcileView.as_view(), name="api-portfolio-reconcile"),
    path("portfolios/<id:pk>/reconcile/<id:number>", api.ReconciliationView.as_view(), name="api-portfolio-reconciliation"),
    path("portfolios/<id:pk>/reconcile/<id:number>/correct", api.CorrectView.as_view(), name="api-portfolio-reconciliation-correct"),
    path("portfolios/<id:pk>/reconcile/<id:number>/undo", api.UndoView.as_view(), name="api-portfolio-reconciliation-undo"),
]
