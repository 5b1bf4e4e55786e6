"""Addresses of keys."""

from __future__ import annotations

from django.urls import path

from accounts.keys import api, views
from portfolio_site.web import routes  # noqa: F401  (the converter of ids)

urlpatterns = [
    path("settings/keys/", views.keys, name="settings-keys"),
    path("settings/keys/new/", views.key_add, name="settings-key-add"),
    path("settings/keys/<id:pk>/", views.key, name="settings-key"),
    path("settings/keys/<id:pk>/revoke/", views.key_revoke, name="settings-key-revoke"),
]
api_patterns = [
    path("auth/keys", api.KeysView.as_view(), name="api-auth-keys"),
    path("auth/keys/<id:pk>", api.KeyDetailView.as_view(), name="api-auth-key"),
    path("auth/keys/<id:pk>/calls", api.KeyCallsView.as_view(), name="api-auth-key-calls"),
]
