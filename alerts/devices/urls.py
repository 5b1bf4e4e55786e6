"""Addresses of browsers and telephones."""

from __future__ import annotations

from typing import Any

from django.urls import path

from alerts.devices import api, views
from portfolio_site.web import routes  # noqa: F401  (the converter of ids)

urlpatterns: list[Any] = [
    path("push-worker.js", views.push_worker, name="push-worker"),
    path("settings/notifications/devices/<id:pk>/remove/", views.device_remove, name="device-remove"),
    path("settings/notifications/phone/", views.phone, name="phone"),
    path("notifications/sms/status/", views.sms_status, name="sms-status"),
]
api_patterns: list[Any] = [
    path("notifications/devices", api.DevicesView.as_view(), name="api-devices"),
    path("notifications/devices/<id:pk>", api.DeviceView.as_view(), name="api-device"),
]
