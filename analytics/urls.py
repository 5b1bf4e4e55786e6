"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from typing import Any

from django.urls import path

from analytics import api, views

urlpatterns: list[Any] = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("holdings/", views.holdings, name="holdings"),
    path("holdings/<id:pk>/", views.holding, name="holding"),
    path("search/", views.search, name="search"),
]
api_patterns: list[Any] = [
    path("portfolios/<id:pk>/value", api.ValueView.as_view(), name="api-value"),
    path("portfolios/<id:pk>/gains", api.GainsView.as_view(), name="api-gains"),
    path("portfolios/<id:pk>/performance", api.PerformanceView.as_view(), name="api-performance"),
    path("portfolios/<id:pk>/explain", api.ExplainView.as_view(), name="api-explain"),
    path("portfolios/all/value", api.AllValueView.as_view(), name="api-value-all"),
    path("portfolios/all/gains", api.AllGainsView.as_view(), name="api-gains-all"),
    path("portfolios/all/explain", api.AllExplainView.as_view(), name="api-explain-all"),
    path("portfolios/all/performance", api.AllPerformanceView.as_view(), name="api-performance-all"),
]
