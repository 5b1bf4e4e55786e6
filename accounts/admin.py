"""Records of people in the administration.  Signing in goes through the site's own page; the audit can be read, not written.

Nobody sets somebody else's password or address here: whoever could, could sign in as them.
"""

from __future__ import annotations

from typing import Any, cast

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.idp.oidc.models import Client, Token
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_GET, require_POST
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule

from accounts import tokens
from accounts.errors import NotAllowedToLook
from accounts.factors import needs_second
from accounts.keys.models import ApiKey
from accounts.models import AuditEntry, Preferences, RefreshToken, SupportConsent, SupportView, User
from accounts.selectors import audit_is_append_only, verify_chain
from accounts.services import record_audit
from accounts.staff import grant_site_roles
from accounts.viewing.middleware import VIEW_KEY
from accounts.viewing.selectors import consent_for
from accounts.viewing.services import start_view, why_not
from portfolio_site.web.administration import ByRole, InlineByRole
from portfolio_site.web.site_roles import SiteRole

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


# ── pages of packages, by roles ─────────────────────────────────────────────

admin.site.unregister((Authenticator, Group, SocialApp, SocialToken))  # a group is a role, and what it may is no matter of a form
_KEPT_BACK: dict[type[Model], dict[str, Any]] = {
    EmailAddress: {},
    UserSession: {},
    SocialAccount: {},
    Client: {"readonly_fields": ("created_at",), "exclude": ("secret", "data")},
    Token: {"exclude": ("hash", "data")},
    PeriodicTask: {},
    ClockedSchedule: {"inlines": ()},
    CrontabSchedule: {"inlines": ()},
    IntervalSchedule: {"inlines": ()},
    SolarSchedule: {"inlines": ()},
}
for _model, _changes in _KEPT_BACK.items():
    _page = type(admin.site._registry[_model])
    admin.site.unregister(_model)
    admin.site.register(_model, type(_page.__name__, (ByRole, _page), _changes))


@admin.register(Authenticator)
class AuthenticatorAdmin(ByRole):
    """Which second factors there are, never what opens them; one that was lost can be taken away."""

    list_display = ("user", "type", "created_at", "last_used_at")
    list_select_related = ("user",)
    list_filter = ("type",)
    fields = list_display
    actions = None

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """As when the person takes it away: their log tells it, and what was signed in for calls is not any more."""
        with transaction.atomic():
            super().delete_model(request, obj)
            tokens.revoke_all(obj.user)
            record_audit(cast(User, request.user), "factor.removed", subject=obj.user_id, object_type="user", object_id=obj.user_id)


class SocialAppForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = SocialApp
        fields = ("provider", "provider_id", "name", "client_id", "secret", "key", "settings")
        widgets = {name: forms.PasswordInput(attrs={"autocomplete": "off"}, render_value=False) for name in ("secret", "key")}
        help_texts = dict.fromkeys(("secret", "key"), "Left empty, it stays as it is.")

    def clean_secret(self) -> str:
        return str(self.cleaned_data["secret"] or self.instance.secret)

    def clean_key(self) -> str:
        return str(self.cleaned_data["key"] or self.instance.key)


@admin.register(SocialApp)
class SocialAppAdmin(ByRole):
    """Services to sign in by.  What is typed as a secret is not shown again."""

    form = SocialAppForm
    list_display = ("name", "provider")

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if self.has_change_permission(request, obj):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["provider", "provider_id", "name", "client_id"]})]


# ── people ──────────────────────────────────────────────────────────────────


class PreferencesInline(InlineByRole, admin.StackedInline):  # type: ignore[type-arg]
    model = Preferences
    can_delete = False
    extra = 0
    max_num = 1


class RolesForm(forms.ModelForm):  # type: ignore[type-arg]
    """A person as an administrator changes them."""

    site_roles = forms.MultipleChoiceField(
        required=False,
        label="Roles in running the site",
        choices=[(role.value, role.value) for role in SiteRole],
        widget=forms.CheckboxSelectMultiple,
        help_text="Who has one comes into the administration, and sees there what the role needs. None of them opens anybody’s portfolio.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["site_roles"] = list(self.instance.groups.values_list("name", flat=True))


@admin.register(User)
class UserAdmin(ByRole, DjangoUserAdmin):  # type: ignore[type-arg]
    form = RolesForm
    change_form_template = "admin/accounts/user.html"
    list_display = ("username", "email", "is_active", "is_staff", "date_joined", "last_login")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("username", "email")
    ordering = ("-date_joined",)
    inlines = (PreferencesInline,)
    filter_horizontal = ()
    readonly_fields = ("username", "email", "is_staff", "date_joined", "last_login")
    fieldsets = (
        (None, {"fields": ("username", "email", "first_name", "last_name")}),
        ("How it stands", {"fields": ("is_active", "date_joined", "last_login")}),
        ("Roles", {"fields": ("site_roles", "shown_roles", "is_staff", "is_superuser")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "email", "usable_password", "password1", "password2")}),)

    def get_urls(self) -> list[URLPattern]:
        """Without the page that sets somebody's password: that is done by mail, by the person."""
        return [one for one in super().get_urls() if one.name != "auth_user_password_change"]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """A person who is being added gets their preferences from the model."""
        return () if obj is None else super().get_inlines(request, obj)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        left_out = "shown_roles" if self.has_change_permission(request, obj) else "site_roles"
        boxes = super().get_fieldsets(request, obj)
        return [(title, {**box, "fields": [name for name in box["fields"] if name != left_out]}) for title, box in boxes]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Superusers are made by superusers alone."""
        if obj is None:
            return ()
        return (*self.readonly_fields, "shown_roles", *(() if request.user.is_superuser else ("is_superuser",)))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody but a superuser changes a superuser."""
        above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not above and super().has_change_permission(request, obj)

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """With the way into the account as its person sees it, where they allow it."""
        staff = cast(User, request.user)
        allowed = consent_for(staff, int(object_id)) if object_id.isdecimal() and len(object_id) < 19 else None
        return super().change_view(request, object_id, form_url, {"support_consent": allowed, **(extra_context or {})})

    @admin.display(description="roles in running the site")
    def shown_roles(self, person: User) -> str:
        return ", ".join(sorted(person.groups.values_list("name", flat=True))) or "none"

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if change:
            grant_site_roles(request.user, obj, [SiteRole(name) for name in form.cleaned_data["site_roles"]])  # type: ignore[arg-type]


@admin.register(RefreshToken)
class RefreshTokenAdmin(ByRole):
    list_display = ("user", "family", "issued_at", "expires_at", "used_at", "revoked_at")
    list_select_related = ("user",)
    date_hierarchy = "issued_at"
    exclude = ("digest", "password_mark")


@admin.register(ApiKey)
class ApiKeyAdmin(ByRole):
    list_display = ("user", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_select_related = ("user",)
    date_hierarchy = "created_at"
    exclude = ("name", "digest", "password_mark")


@admin.register(SupportConsent)
class SupportConsentAdmin(ByRole):
    """What people allowed; looking at an account begins here, or on the page of the person."""

    list_display = ("id", "person", "given_at", "ends_at", "ended_at")
    list_select_related = ("person",)
    date_hierarchy = "given_at"
    fields = ("person", "given_at", "ends_at", "ended_at")
    change_form_template = "admin/accounts/support_consent.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_POST(self.look))
        return [path("<int:number>/look/", view, name="accounts_supportconsent_look"), *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        row = self.get_object(request, object_id) if self.has_work_permission(request) else None
        holds = row is not None and why_not(row) is None
        return super().change_view(request, object_id, form_url, {"support_consent": row if holds else None, **(extra_context or {})})

    def look(self, request: HttpRequest, number: int) -> HttpResponse:
        """Into the account: from here on this session sees its pages, until it leaves."""
        staff = cast(User, request.user)
        if not self.has_work_permission(request):
            raise PermissionDenied
        consent = self.get_object(request, str(number))
        if consent is None:
            raise NotAllowedToLook("There is no such consent.")
        request.session[VIEW_KEY] = start_view(staff, consent).pk
        return redirect("dashboard")


@admin.register(SupportView)
class SupportViewAdmin(ByRole):
    list_display = ("id", "consent", "staff", "started_at", "ended_at", "ending")
    list_select_related = ("consent", "staff")
    date_hierarchy = "started_at"
    fields = ("consent", "staff", "started_at", "ended_at", "ending")


@admin.register(AuditEntry)
class AuditEntryAdmin(ByRole):
    change_list_template = "admin/accounts/audit.html"
    list_display = ("at", "subject", "sequence", "actor", "action", "object_type", "object_id", "request_id")
    list_filter = ("action",)
    search_fields = ("=subject", "=actor", "=request_id")
    date_hierarchy = "at"
    show_full_result_count = False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(require_GET(self.check_chain))
        return [path("check/", view, name="accounts_auditentry_check"), *super().get_urls()]

    def check_chain(self, request: HttpRequest) -> HttpResponse:
        """Whether one person's chain is all there and as it was written, and whether the database refuses changes."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        asked = request.GET.get("person", "").strip()
        number = int(asked) if asked.isdecimal() and len(asked) < 19 else None
        context = {
            **self.admin_site.each_context(request),
            "title": "Check of the audit",
            "opts": self.opts,
            "asked": asked,
            "report": None if number is None else verify_chain(number),
            "unreadable": bool(asked) and number is None,
            "append_only": audit_is_append_only(),
        }
        return TemplateResponse(request, "admin/accounts/audit_check.html", context)
