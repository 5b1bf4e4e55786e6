"""Addresses of one's own data."""

from __future__ import annotations

from django.urls import path

from accounts.data_rights import api, views
from portfolio_site.web import routes  # noqa: F401  (registers the id converter)

urlpatterns = [
    path("privacy/", views.privacy, name="privacy"),
    path("settings/data/", views.settings_data, name="settings-data"),
    path("settings/data/export/", views.data_export, name="data-export"),
    path("settings/data/export/<id:pk>/", views.data_export_take, name="data-export-take"),
    path("settings/data/erase/", views.settings_erase, name="settings-erase"),
    path("settings/data/keep/", views.erase_cancel, name="erase-cancel"),
    path("settings/data/pause/", views.data_pause, name="settings-data-pause"),
    path("settings/data/resume/", views.data_resume, name="settings-data-resume"),
    path("settings/data/bring/", views.data_bring, name="data-bring"),
]

api_patterns = [
    path("auth/erase", api.EraseView.as_view(), name="api-auth-erase"),
    path("auth/export", api.ExportsView.as_view(), name="api-auth-exports"),
    path("auth/export/<id:pk>", api.ExportView.as_view(), name="api-auth-export"),
    path("auth/export/<id:pk>/file", api.ExportFileView.as_view(), name="api-auth-export-file"),
]
