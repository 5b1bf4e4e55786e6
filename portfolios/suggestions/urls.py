"""Addresses of suggestions: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.suggestions import api, views

urlpatterns = [
    path("portfolios/<id:pk>/suggestions/", views.suggestions, name="portfolio-suggestions"),
    path("portfolios/<id:pk>/suggestions/new/", views.suggestion_add, name="portfolio-suggestion-add"),
    path("transactions/<id:pk>/suggest/", views.suggestion_change, name="transaction-suggest"),
    path("suggestions/<id:pk>/", views.suggestion, name="suggestion"),
]
api_patterns = [
    path("portfolios/<id:pk>/suggestions", api.SuggestionsView.as_view(), name="api-portfolio-suggestions"),
    path("suggestions/<id:pk>", api.SuggestionView.as_view(), name="api-suggestion"),
    path("suggestions/<id:pk>/accept", api.AcceptView.as_view(), name="api-suggestion-accept"),
    path("suggestions/<id:pk>/decline", api.DeclineView.as_view(), name="api-suggestion-decline"),
]
