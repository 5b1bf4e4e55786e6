"""Addresses of what people agreed to."""

from __future__ import annotations

from django.urls import path

from accounts.consents import views

urlpatterns = [
    path("settings/data/consents/", views.settings_consents, name="settings-consents"),
    path("settings/data/consents/withdraw/", views.consent_withdraw, name="settings-consent-withdraw"),
    path(".well-known/gpc.json", views.gpc, name="gpc"),
]
