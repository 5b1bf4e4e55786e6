"""Addresses of the provider and of the pages about apps."""

from __future__ import annotations

from django.urls import include, path

from accounts.oauth import provider, views

_OIDC = [  # named as allauth asks for them
    path(".well-known/openid-configuration", provider.configuration, name="configuration"),
    path(".well-known/jwks.json", provider.jwks, name="jwks"),
    path("oauth/authorize", provider.authorize, name="authorization"),
    path("oauth/token", provider.token, name="token"),
    path("oauth/revoke", provider.revoke, name="revoke"),
    path("oauth/userinfo", provider.userinfo, name="userinfo"),
]
urlpatterns = [
    path("", include(([path("", include((_OIDC, "oidc")))], "idp"))),
    path("settings/apps/", views.apps, name="settings-apps"),
    path("settings/apps/new/", views.app_add, name="settings-app-add"),
    path("settings/apps/<slug:number>/", views.app_edit, name="settings-app"),
    path("settings/apps/<slug:number>/secret/", views.app_secret, name="settings-app-secret"),
    path("settings/apps/<slug:number>/remove/", views.app_remove, name="settings-app-remove"),
    path("settings/apps/<slug:number>/disconnect/", views.app_disconnect, name="settings-app-disconnect"),
]
