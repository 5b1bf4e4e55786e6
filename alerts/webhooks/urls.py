"""Addresses of webhooks."""

from __future__ import annotations

from typing import Any

from django.urls import path

from alerts.webhooks import api, views
from portfolio_site.web import routes  # noqa: F401  (the converter of ids)

urlpatterns: list[Any] = [
    path("settings/notifications/webhooks/", views.webhooks, name="webhooks"),
    path("settings/notifications/webhooks/<id:pk>/", views.webhook, name="webhook"),
    path("settings/notifications/webhooks/<id:pk>/switch/", views.webhook_switch, name="webhook-switch"),
    path("settings/notifications/webhooks/<id:pk>/rotate/", views.webhook_rotate, name="webhook-rotate"),
    path("settings/notifications/webhooks/<id:pk>/test/", views.webhook_test, name="webhook-test"),
    path("settings/notifications/webhooks/<id:pk>/delete/", views.webhook_delete, name="webhook-delete"),
]
api_patterns: list[Any] = [
    path("webhooks", api.WebhooksView.as_view(), name="api-webhooks"),
    path("webhooks/<id:pk>", api.WebhookView.as_view(), name="api-webhook"),
    path("webhooks/<id:pk>/rotate", api.WebhookRotateView.as_view(), name="api-webhook-rotate"),
    path("webhooks/<id:pk>/test", api.WebhookTestView.as_view(), name="api-webhook-test"),
    path("webhooks/<id:pk>/deliveries", api.WebhookDeliveriesView.as_view(), name="api-webhook-deliveries"),
]
