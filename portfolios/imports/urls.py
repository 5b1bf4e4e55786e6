"""Addresses of imports: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.imports import api, views

urlpatterns = [
    path("import/", views.start, name="import"),
    path("import/<id:pk>/columns/", views.columns, name="import-columns"),
    path("import/<id:pk>/review/", views.review, name="import-review"),
    path("import/<id:pk>/rows/", views.change_rows, name="import-rows"),
    path("import/<id:pk>/instruments/", views.resolve, name="import-resolve"),
    path("import/<id:pk>/confirm/", views.confirm, name="import-confirm"),
    path("import/<id:pk>/done/", views.done, name="import-done"),
    path("import/<id:pk>/undo/", views.undo, name="import-undo"),
    path("import/<id:pk>/discard/", views.discard, name="import-discard"),
    path("import/<id:pk>/left-out.csv", views.left_out, name="import-left-out"),
]
api_patterns = [
    path("portfolios/<id:pk>/imports", api.PortfolioImportsView.as_view(), name="api-portfolio-imports"),
    path("imports/<id:pk>", api.ImportView.as_view(), name="api-import"),
    path("imports/<id:pk>/mapping", api.ImportMappingView.as_view(), name="api-import-mapping"),
    path("imports/<id:pk>/resolve", api.ImportResolveView.as_view(), name="api-import-resolve"),
    path("imports/<id:pk>/rows/<id:number>", api.ImportRowView.as_view(), name="api-import-row"),
    path("imports/<id:pk>/commit", api.ImportCommitView.as_view(), name="api-import-commit"),
    path("imports/<id:pk>/revert", api.ImportRevertView.as_view(), name="api-import-revert"),
]
