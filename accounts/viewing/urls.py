"""Addresses of what support may look at."""

from __future__ import annotations

from django.urls import path

from accounts.viewing import api, views
from accounts.viewing.pages import LEAVE, STATE

urlpatterns = [
    path("settings/data/support/", views.settings_support, name="settings-support"),
    path("settings/data/support/end/", views.support_end, name="settings-support-end"),
    path("support/view/", views.view_state, name=STATE),
    path("support/view/leave/", views.view_leave, name=LEAVE),
]

api_patterns = [path("auth/support", api.SupportView.as_view(), name="api-auth-support")]
