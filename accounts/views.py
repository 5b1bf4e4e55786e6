"""Pages of this app: the front page, signing up, first steps, settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.signals import user_signed_up
from allauth.account.views import SignupView
from django import forms as django_forms
from django.conf import settings as site
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.hashers import make_password
from django.core.paginator import Paginator
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import forms, services
from accounts.adapter import AccountAdapter
from accounts.choices import Theme
from accounts.consents.texts import TEXTS, Purpose
from accounts.factors import factors_of
from accounts.log import asked_of, groups, lines_of, log_of
from accounts.log_files import log_file
from accounts.middleware import HIDDEN_COOKIE, THEME_COOKIE, use_preferences
from accounts.models import User
from accounts.selectors import accounts_elsewhere_of, preferences_of
from accounts.signals import user_registered
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page

_YEAR = 365 * 24 * 3600
LOG_PAGE = 50
SECTIONS = (
    ("profile", "Profile"),
    ("display", "Display"),
    ("money", "Money"),
    ("notifications", "Notifications"),
    ("security", "Security"),
    ("log", "Log"),
    ("data", "Your data"),
)


# ── before signing in ───────────────────────────────────────────────────────


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    """What the product is.  People who are signed in go to their dashboard."""
    if request.user.is_authenticated:
        return redirect("/dashboard/")
    return render_page(request, "accounts/landing.html", {})


class SignUpView(SignupView):  # type: ignore[misc]
    """allauth's sign-up, whole or not at all; two people who want one name at once get a form, not an error.

    Where SIGN_UP_SIGNS_IN is off, a new address and one that has an account get one answer, after one hash of the password and one mail.
    """

    def get_context_data(self, **more: Any) -> dict[str, Any]:
        return {**super().get_context_data(**more), "terms": TEXTS[Purpose.TERMS].words}

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            with transaction.atomic():
                if not site.SIGN_UP_SIGNS_IN:
                    return self._quietly(form)
                return super().form_valid(form)  # type: ignore[no-any-return]
        except IntegrityError:
            form.add_error(None, "Somebody took this address or username a moment ago. Choose another, or sign in.")
            return self.form_invalid(form)  # type: ignore[no-any-return]

    def _quietly(self, form: Any) -> HttpResponse:
        if form.account_already_exists:
            make_password(form.cleaned_data["password1"])
            AccountAdapter(self.request).tell_of_attempt(form.cleaned_data["email"])
        else:
            user = form.save(self.request)
            user_signed_up.send(sender=User, request=self.request, user=user)
            transaction.on_commit(partial(user_registered.send, User, user_id=user.pk), robust=True)  # asks for the confirmation
        self.request.session.flush()  # allauth left a note of the new address in it: a cookie would tell
        return redirect("account_email_verification_sent")


# ── first steps ─────────────────────────────────────────────────────────────


def _address_of(*names: str) -> str:
    """The address of the first URL name that some app serves; empty if none does."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


@login_required
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest) -> HttpResponse:
    """First steps: the basics, guessed and changeable, then the ways to bring holdings."""
    user: User = request.user  # type: ignore[assignment]
    preferences = preferences_of(user)
    form = forms.MoneyForm(request.POST or None, preferences=preferences)
    if request.method == "POST":
        if form.is_valid():
            services.update_preferences(user, **form.changes)
            messages.success(request, "Basics saved")
            return redirect("welcome")
        return _welcome_page(request, form, editing=True, status=422)
    return _welcome_page(request, form, editing="change" in request.GET)


def _welcome_page(request: HttpRequest, form: forms.MoneyForm, *, editing: bool, status: int = 200) -> HttpResponse:
    preferences = preferences_of(request.user)
    context = {
        "page": "welcome",
        "form": form,
        "editing": editing,
        "currency_name": forms.name_of_currency(preferences.base_currency),
        "country_name": forms.name_of_country(preferences.tax_residence),
        "cost_method_name": preferences.get_cost_method_display(),
        "import_url": _address_of("import"),
        "add_url": _address_of("transaction-add"),
        "sample_url": _address_of("sample-load"),
        "portfolio_url": _address_of("portfolio-add", "portfolios"),
    }
    return render_page(request, "accounts/welcome.html", context, status=status)


@login_required
@require_POST
def welcome_done(request: HttpRequest) -> HttpResponse:
    """Leave the first steps for good."""
    services.update_preferences(request.user, welcome_done=True)  # type: ignore[arg-type]
    return redirect("/dashboard/")


# ── settings ────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Part:
    """One form of a section: its name in the request, its class, and what it is called in the message after saving."""

    name: str
    form: type[Any]
    saved: str


_PARTS = {
    "display": (
        _Part("look", forms.LookForm, "Look saved"),
        _Part("format", forms.FormatForm, "Numbers and dates saved"),
        _Part("behaviour", forms.BehaviourForm, "Behaviour saved"),
    ),
    "money": (_Part("money", forms.MoneyForm, "Money settings saved"),),
}


def _settings_page(request: HttpRequest, section: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
    frame = {"page": "settings", "section": section, "sections": SECTIONS}
    return render_page(request, f"accounts/settings/{section}.html", frame | context, status=status)


@login_required
@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Settings open at the first section."""
    return redirect("settings-profile")


@login_required
@require_http_methods(["GET", "POST"])
def settings_profile(request: HttpRequest) -> HttpResponse:
    """Name and username; the address has a page of its own."""
    user: User = request.user  # type: ignore[assignment]
    form = forms.ProfileForm(request.POST or None, initial={"name": user.first_name, "username": user.username})
    if request.method == "POST" and form.is_valid():
        try:
            services.update_profile(user, **form.cleaned_data)
        except DomainError as problem:
            _show(problem, form, {"first_name": "name"})
        else:
            messages.success(request, "Profile saved")
            return redirect("settings-profile")
    return _settings_page(request, "profile", {"form": form, "address": _address(user)}, 422 if form.errors else 200)


def _preferences_section(section: str) -> Callable[[HttpRequest], HttpResponse]:
    @login_required
    @require_http_methods(["GET", "POST"])
    def view(request: HttpRequest) -> HttpResponse:
        """A section of preferences; each card of it is saved by itself."""
        user: User = request.user  # type: ignore[assignment]
        preferences, parts = preferences_of(user), _PARTS[section]
        sent = next((part for part in parts if part.name == request.POST.get("part", parts[0].name)), parts[0]) if request.method == "POST" else None
        shown = {part.name: part.form(request.POST if part is sent else None, preferences=preferences) for part in parts}
        if sent is not None and shown[sent.name].is_valid():
            services.update_preferences(user, **shown[sent.name].changes)
            messages.success(request, sent.saved)
            return redirect(f"settings-{section}")
        return _settings_page(request, section, {"forms": shown, "now": timezone.now()}, 200 if sent is None else 422)

    return view


settings_display = _preferences_section("display")
settings_money = _preferences_section("money")


@login_required
@require_GET
def settings_security(request: HttpRequest) -> HttpResponse:
    """What signs in, the state of each factor, and where the person is signed in."""
    user: User = request.user  # type: ignore[assignment]
    context = {
        "address": _address(user),
        "factors": factors_of(user),
        "has_password": user.has_usable_password(),
        "elsewhere": accounts_elsewhere_of(user),
    }
    return _settings_page(request, "security", context)


@login_required
@require_GET
def settings_log(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """What was done with the person's things, newest first, a page at a time; the group and the days that the address names, or their file."""
    user: User = request.user  # type: ignore[assignment]
    asked = asked_of(request.GET)
    if request.GET.get("export") == "csv" and not asked.refused:
        return log_file(user, asked)
    listing = Paginator(log_of(user, asked), LOG_PAGE).get_page(request.GET.get("page"))
    context = {
        "listing": listing,
        "lines": lines_of(user, listing.object_list),
        "groups": groups(),
        "asked": asked,
        "now": timezone.now(),
    }
    return _settings_page(request, "log", context)


def _address(user: User) -> EmailAddress | None:
    return EmailAddress.objects.filter(user=user, email=user.email).first()


def _show(problem: DomainError, form: django_forms.Form, names: dict[str, str]) -> None:
    """A refusal of the service under the fields of the form."""
    for error in problem.errors:
        field = names.get(error.field, error.field)
        form.add_error(field if field in form.fields else None, error.detail)
    if not problem.errors:
        form.add_error(None, problem.detail)


# ── the toggles of the top bar ──────────────────────────────────────────────

_ON = {"on": True, "true": True, "1": True, "off": False, "false": False, "0": False}


@require_POST
def preferences_toggle(request: HttpRequest) -> HttpResponse:
    """Theme, or hidden amounts.  With `value` it is set, without it is switched.  204 for scripts; without, back to the page.

    Before signing in the choice is kept in a cookie.
    """
    name, value = request.POST.get("name", ""), request.POST.get("value", "")
    preferences = preferences_of(request.user) if request.user.is_authenticated else request.preferences  # type: ignore[attr-defined]
    change: dict[str, Any]
    if name == "theme":
        following = Theme.LIGHT if preferences.theme == Theme.DARK else Theme.DARK
        change = {"theme": value if value in Theme.values else following}
    elif name == "hide_amounts":
        change = {"hide_amounts": _ON.get(value, not preferences.hide_amounts)}
    else:
        return HttpResponse("Name the setting: theme or hide_amounts.", status=400, content_type="text/plain")
    response = HttpResponse(status=204) if _by_script(request) else HttpResponseRedirect(_back(request))
    if request.user.is_authenticated:
        use_preferences(services.update_preferences(request.user, **change))
    else:
        cookie = THEME_COOKIE if name == "theme" else HIDDEN_COOKIE
        kept = change["theme"] if name == "theme" else ("on" if change["hide_amounts"] else "off")
        response.set_cookie(cookie, kept, max_age=_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


def _by_script(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request") or request.headers.get("X-Requested-With"))


def _back(request: HttpRequest) -> str:
    """The page that the form was on, if it is one of ours."""
    page = request.headers.get("Referer", "")
    safe = url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return page if safe else "/"
