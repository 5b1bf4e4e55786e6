"""Records of people for administrators.  Signing in goes through the site's own page; the audit can be read, not written."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.http import HttpRequest

from accounts.keys.models import ApiKey
from accounts.models import AuditEntry, Preferences, RefreshToken, User

admin.site.site_header = "Plumbline administration"
admin.site.site_title = "Plumbline"
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]


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
