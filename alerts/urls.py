"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from typing import Any

from django.urls import path

from alerts import api, views
from alerts.devices import urls as devices
from alerts.outbox import urls as outbox
from alerts.webhooks import urls as webhooks
from portfolio_site.web import routes  # noqa: F401  (the converter of ids)

urlpatterns: list[Any] = [
    *outbox.urlpatterns,
    *webhooks.urlpatterns,
    *devices.urlpatterns,
    path("alerts/", views.alerts, name="alerts"),
    path("alerts/add/", views.alert_add, name="alert-add"),
    path("alerts/card/", views.alerts_card, name="alerts-card"),
    path("alerts/count/", views.alerts_count, name="alerts-count"),
    path("alerts/<id:pk>/", views.alert, name="alert"),
    path("alerts/<id:pk>/edit/", views.alert_edit, name="alert-edit"),
    path("alerts/<id:pk>/switch/", views.alert_switch, name="alert-switch"),
    path("alerts/<id:pk>/delete/", views.alert_delete, name="alert-delete"),
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/read/", views.notifications_read, name="notifications-read"),
    path("notifications/people/<id:pk>/read/", views.notice_read, name="notice-read"),
    path("notifications/<id:pk>/read/", views.notification_read, name="notification-read"),
]
api_patterns: list[Any] = [
    *outbox.api_patterns,
    *webhooks.api_patterns,
    *devices.api_patterns,
    path("alerts", api.AlertsView.as_view(), name="api-alerts"),
    path("alerts/events", api.AlertEventsView.as_view(), name="api-alert-events"),
    path("alerts/rehearsal", api.AlertRehearsalView.as_view(), name="api-alert-rehearsal"),
    path("alerts/kinds", api.AlertKindsView.as_view(), name="api-alert-kinds"),
    path("alerts/<id:pk>", api.AlertView.as_view(), name="api-alert"),
    path("notifications", api.NotificationsView.as_view(), name="api-notifications"),
    path("notifications/people", api.NoticesView.as_view(), name="api-notices"),
    path("notifications/people/<id:pk>/read", api.NoticeReadView.as_view(), name="api-notice-read"),
    path("notifications/<id:pk>/read", api.NotificationReadView.as_view(), name="api-notification-read"),
]
