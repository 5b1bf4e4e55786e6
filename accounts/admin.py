"""Records of people for administrators.  Signing in goes through the site's own page; the audit can be read, not written."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.factors import needs_second
from accounts.keys.models import ApiKey
from accounts.models import AuditEntry, Preferences, RefreshToken, User

admin.site.site_header = "Plumbline administration"
admin.site.site_title = "Plumbline"
_may_enter = admin.site.has_permission


def _with_second_factor(request: HttpRequest) -> bool:
    """Staff come in with a second factor only, where the settings say so: sign-in asks for it once it is on."""
    return _may_enter(request) and (not settings.ADMIN_SECOND_FACTOR or needs_second(request.user))  # type: ignore[arg-type]


def _login(request: HttpRequest, extra_context: Any = None) -> HttpResponse:
    """By the site's own page; who is signed in and lacks the factor is sent to where one is added."""
    if _may_enter(request) and not _with_second_factor(request):
        messages.warning(request, "The administration needs a second factor. Turn one on here, then open it again")
        return redirect("settings-security")
    answer: HttpResponse = _sign_in(request, extra_context)
    return answer


_sign_in = secure_admin_login(admin.site.login)
admin.site.has_permission = _with_second_factor  # type: ignore[method-assign]
admin.site.login = _login  # type: ignore[method-assign]


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]
    """Looked at, never changed."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class PreferencesInline(admin.StackedInline):  # type: ignore[type-arg]
    model = Preferences
    can_delete = False
    extra = 0
    max_num = 1


@admin.register(User)
class UserAdmin(DjangoUserAdmin):  # type: ignore[type-arg]
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    search_fields = ("username", "email")
    ordering = ("-date_joined",)
    inlines = (PreferencesInline,)
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "email", "usable_password", "password1", "password2")}),)

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A person who is being added gets their preferences from the model."""
        return () if obj is None else super().get_inlines(request, obj)


@admin.register(RefreshToken)
class RefreshTokenAdmin(ReadOnly):
    list_display = ("user", "family", "issued_at", "expires_at", "used_at", "revoked_at")
    list_select_related = ("user",)
    date_hierarchy = "issued_at"
    exclude = ("digest", "password_mark")


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ("user", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    exclude = ("name", "digest", "password_mark")


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("at", "subject", "sequence", "actor", "action", "object_type", "object_id", "request_id")
    list_filter = ("action",)
    search_fields = ("=subject", "=actor", "=request_id")
    date_hierarchy = "at"
    show_full_result_count = False
