"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from typing import Any

urlpatterns: list[Any] = []
api_patterns: list[Any] = []
