"""Addresses of benchmarks: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.blends import api, views

urlpatterns = [
    path("benchmarks/", views.benchmark_list, name="benchmarks"),
    path("benchmarks/add/", views.blend_add, name="blend-add"),
    path("benchmarks/<id:pk>/edit/", views.blend_edit, name="blend-edit"),
    path("benchmarks/<id:pk>/delete/", views.blend_delete, name="blend-delete"),
    path("benchmarks/<id:pk>/restore/", views.blend_restore, name="blend-restore"),
]
api_patterns = [
    path("benchmarks", api.BenchmarksView.as_view(), name="api-benchmarks"),
    path("benchmarks/<id:pk>", api.BenchmarkDetail.as_view(), name="api-benchmark"),
    path("benchmarks/<id:pk>/restore", api.BenchmarkRestore.as_view(), name="api-benchmark-restore"),
]
