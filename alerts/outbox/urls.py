"""Addresses of the outbox."""

from __future__ import annotations

from typing import Any

from django.urls import path

from alerts.outbox import api, views
from portfolio_site.web import routes  # noqa: F401  (the converter of ids)

urlpatterns: list[Any] = [
    path("settings/notifications/", views.settings_notifications, name="settings-notifications"),
    path("settings/notifications/test/<slug:channel>/", views.channel_test, name="channel-test"),
    path("settings/notifications/deliveries/", views.deliveries, name="deliveries"),
    path("settings/notifications/deliveries/<id:pk>/", views.delivery, name="delivery"),
    path("settings/notifications/deliveries/<id:pk>/replay/", views.delivery_replay, name="delivery-replay"),
    path("alerts/<id:pk>/test/", views.alert_test, name="alert-test"),
    path("notifications/unsubscribe/<str:token>/", views.unsubscribe, name="unsubscribe"),
]
api_patterns: list[Any] = [
    path("alerts/<id:pk>/test", api.AlertTestView.as_view(), name="api-alert-test"),
    path("notifications/settings", api.NotificationSettingsView.as_view(), name="api-notification-settings"),
    path("notifications/deliveries", api.DeliveriesView.as_view(), name="api-deliveries"),
    path("notifications/deliveries/<id:pk>/replay", api.DeliveryReplayView.as_view(), name="api-delivery-replay"),
]
