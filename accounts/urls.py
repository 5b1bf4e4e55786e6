"""Addresses of this app: pages in `urlpatterns`, the API in `api_patterns`."""

from __future__ import annotations

from allauth.mfa.base import views as code_views
from allauth.mfa.recovery_codes import views as recovery_views
from allauth.mfa.totp import views as app_views
from allauth.mfa.webauthn import views as passkey_views
from allauth.urls import build_provider_urlpatterns
from django.urls import include, path

from accounts import api, security_views, views
from accounts.consents import urls as consents
from accounts.data_rights import urls as data_rights
from accounts.keys import urls as keys
from accounts.oauth import urls as oauth
from accounts.tickets import urls as tickets
from accounts.viewing import urls as viewing
from portfolio_site.web import routes  # noqa: F401  (the converter of ids)

# Named as allauth names them: it goes from one to the other by these.
factor_patterns = [
    path("", security_views.factors, name="mfa_index"),
    path("authenticate/", code_views.authenticate, name="mfa_authenticate"),
    path("reauthenticate/", code_views.reauthenticate, name="mfa_reauthenticate"),
    path("app/on/", security_views.activate_app, name="mfa_activate_totp"),
    path("app/off/", app_views.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", recovery_views.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("codes/new/", recovery_views.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("codes/file/", recovery_views.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("passkeys/", security_views.passkeys, name="mfa_list_webauthn"),
    path("passkeys/add/", security_views.add_passkey, name="mfa_add_webauthn"),
    path("passkeys/<id:pk>/name/", security_views.rename_passkey, name="mfa_edit_webauthn"),
    path("passkeys/<id:pk>/remove/", security_views.remove_passkey, name="mfa_remove_webauthn"),
    path("passkeys/again/", passkey_views.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("passkeys/sign-in/", passkey_views.login_webauthn, name="mfa_login_webauthn"),
]

urlpatterns = [
    path("", views.landing, name="landing"),
    path("accounts/signup/", views.SignUpView.as_view(), name="account_signup"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/factors/", include(factor_patterns)),
    path("accounts/elsewhere/", include("allauth.socialaccount.urls")),
    path("accounts/", include(build_provider_urlpatterns())),
    path("welcome/", views.welcome, name="welcome"),
    path("welcome/done/", views.welcome_done, name="welcome-done"),
    path("settings/", views.settings, name="settings"),
    path("settings/profile/", views.settings_profile, name="settings-profile"),
    path("settings/display/", views.settings_display, name="settings-display"),
    path("settings/money/", views.settings_money, name="settings-money"),
    path("settings/security/", views.settings_security, name="settings-security"),
    path("settings/sessions/", security_views.sessions, name="usersessions_list"),
    path("settings/sessions/<id:pk>/end/", security_views.session_end, name="session-end"),
    path("settings/sessions/end/", security_views.sessions_end, name="sessions-end"),
    *keys.urlpatterns,
    *oauth.urlpatterns,
    path("settings/log/", views.settings_log, name="settings-log"),
    path("settings/toggle/", views.preferences_toggle, name="preferences-toggle"),
    *data_rights.urlpatterns,
    *consents.urlpatterns,
    *viewing.urlpatterns,
]

api_patterns = [
    path("auth/register", api.RegisterView.as_view(), name="api-auth-register"),
    path("auth/login", api.LoginView.as_view(), name="api-auth-login"),
    path("auth/refresh", api.RefreshView.as_view(), name="api-auth-refresh"),
    path("auth/logout", api.LogoutView.as_view(), name="api-auth-logout"),
    path("auth/me", api.MeView.as_view(), name="api-auth-me"),
    *keys.api_patterns,
    *tickets.api_patterns,
    path("auth/log", api.LogView.as_view(), name="api-auth-log"),
    *data_rights.api_patterns,
    *viewing.api_patterns,
]
