"""Addresses of corporate actions: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.actions import api, preview_api, views, wizard_views

urlpatterns = [
    path("actions/", views.actions, name="actions"),
    path("actions/count/", views.actions_count, name="actions-count"),
    path("actions/new/", wizard_views.action_add, name="action-add"),
    path("actions/preview/", wizard_views.action_preview, name="action-preview"),
    path("actions/<id:pk>/accept/", views.proposal_accept, name="proposal-accept"),
    path("actions/<id:pk>/dismiss/", views.proposal_dismiss, name="proposal-dismiss"),
    path("actions/<id:pk>/reopen/", views.proposal_reopen, name="proposal-reopen"),
]
api_patterns = [
    path("portfolios/<id:pk>/actions", api.ActionsView.as_view(), name="api-portfolio-actions"),
    path("portfolios/<id:pk>/actions/preview", preview_api.PreviewView.as_view(), name="api-portfolio-actions-preview"),
    path("portfolios/<id:pk>/actions/<id:number>/accept", api.AcceptView.as_view(), name="api-portfolio-action-accept"),
    path("portfolios/<id:pk>/actions/<id:number>/dismiss", api.DismissView.as_view(), name="api-portfolio-action-dismiss"),
    path("portfolios/<id:pk>/actions/<id:number>/reopen", api.ReopenView.as_view(), name="api-portfolio-action-reopen"),
]
