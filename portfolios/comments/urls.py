"""Addresses of comments: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import path

from portfolio_site.web import routes  # noqa: F401  (the converter `id`)
from portfolios.comments import api, views

urlpatterns = [
    path("portfolios/<id:pk>/comments/", views.comments, name="portfolio-comments"),
    path("comments/<id:pk>/", views.comment, name="comment"),
]
api_patterns = [
    path("portfolios/<id:pk>/comments", api.CommentsView.as_view(), name="api-portfolio-comments"),
    path("comments/<id:pk>", api.CommentView.as_view(), name="api-comment"),
]
