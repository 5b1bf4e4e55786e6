"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from typing import Any

from django.urls import path

from analytics import views

urlpatterns: list[Any] = [
    path("dashboard/", views.dashboard, name="dashboard"),
    path("holdings/", views.holdings, name="holdings"),
    path("holdings/<id:pk>/", views.holding, name="holding"),
    path("search/", views.search, name="search"),
]
api_patterns: list[Any] = []
