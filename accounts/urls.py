"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from django.urls import include, path

from accounts import api, views

urlpatterns = [
    path("", views.landing, name="landing"),
    path("accounts/signup/", views.SignUpView.as_view(), name="account_signup"),
    path("accounts/", include("allauth.account.urls")),
    path("welcome/", views.welcome, name="welcome"),
    path("welcome/done/", views.welcome_done, name="welcome-done"),
    path("settings/", views.settings, name="settings"),
    path("settings/profile/", views.settings_profile, name="settings-profile"),
    path("settings/display/", views.settings_display, name="settings-display"),
    path("settings/money/", views.settings_money, name="settings-money"),
    path("settings/security/", views.settings_security, name="settings-security"),
    path("settings/log/", views.settings_log, name="settings-log"),
    path("settings/toggle/", views.preferences_toggle, name="preferences-toggle"),
]

api_patterns = [
    path("auth/register", api.RegisterView.as_view(), name="api-auth-register"),
    path("auth/login", api.LoginView.as_view(), name="api-auth-login"),
    path("auth/refresh", api.RefreshView.as_view(), name="api-auth-refresh"),
    path("auth/logout", api.LogoutView.as_view(), name="api-auth-logout"),
    path("auth/me", api.MeView.as_view(), name="api-auth-me"),
    path("auth/log", api.LogView.as_view(), name="api-auth-log"),
]
