"""The pages of one's own data: taking it along, bringing it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.confirming import confirmed_on_page
from accounts.consents.middleware import says_no_sale
from accounts.consents.texts import TEXTS, Purpose
from accounts.data_rights import bringing, erasing, exporting, pausing, retention
from accounts.data_rights.arriving import LARGEST_UPLOAD
from accounts.data_rights.selectors import data_page_of, get_export
from accounts.middleware import HIDDEN_COOKIE, THEME_COOKIE
from accounts.models import User
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.downloads import file_name
from portfolio_site.web.pages import render_page


class BringForm(forms.Form):
    """An export of Plumbline."""

    file = forms.FileField(
        label="Export of Plumbline", max_length=255, allow_empty_file=True, widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"})
    )


COOKIES = (
    ("sessionid", "that you are signed in (in production __Host-session)"),
    ("csrftoken", "that a form was sent by you (in production __Host-csrf)"),
    ("device", "a browser that signed in before, so that you hear of new ones (in production __Host-device)"),
    ("messages", "what the next page tells you, once"),
    (THEME_COOKIE, "light or dark, chosen before signing in"),
    (HIDDEN_COOKIE, "hidden amounts, chosen before signing in"),
)


class EraseForm(forms.Form):
    """Asks for the username, because it cannot be undone once the week is over."""

    confirm = forms.CharField(max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["confirm"].label = f"Type your username, {user.username}, to erase the account"


def _page(request: HttpRequest, form: BringForm, status: int = 200) -> HttpResponse:
    from accounts.views import SECTIONS

    context: dict[str, Any] = {
        "page": "settings",
        "section": "data",
        "sections": SECTIONS,
        "data": data_page_of(request.user),  # type: ignore[arg-type]
        "form": form,
        "limit": LARGEST_UPLOAD // 1024**2,
    }
    return render_page(request, "accounts/settings/data.html", context, fragment="state", status=status)


@login_required
@require_GET
def settings_data(request: HttpRequest) -> HttpResponse:
    """What can be done with everything that is kept about oneself."""
    return _page(request, BringForm())


@login_required
@require_POST
def data_export(request: HttpRequest) -> HttpResponse:
    """Ask for a file of everything."""
    try:
        exporting.ask_for_export(request.user)  # type: ignore[arg-type]
    except DomainError as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "Your data is being put together")
    return redirect("settings-data")


@login_required
@require_POST
def data_export_take(request: HttpRequest, pk: int) -> HttpResponse:
    """The file, once, after the password."""
    export = get_export(request.user, pk)  # type: ignore[arg-type]
    confirmed_on_page(request)
    return as_file(exporting.take_export(request.user, export.pk), export.ready_at)  # type: ignore[arg-type]


def as_file(content: bytes, made_at: Any) -> HttpResponse:
    """The ZIP as an attachment that nothing between may keep."""
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{file_name("plumbline-export", made_at.date() if made_at else None)}.zip"'
    response["Cache-Control"] = "no-store"
    return response


@login_required
@require_POST
def data_bring(request: HttpRequest) -> HttpResponse:
    """Read an export of Plumbline in."""
    form = BringForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, 422)
    try:
        file = form.cleaned_data["file"]
        bringing.bring_export(request.user, file.read(LARGEST_UPLOAD + 1))  # type: ignore[arg-type]
    except DomainError as problem:
        form.add_error("file", problem.detail)
        return _page(request, form, 422)
    messages.success(request, "Your export is being read in")
    return redirect("settings-data")


@login_required
@require_POST
def data_pause(request: HttpRequest) -> HttpResponse:
    """No job works on one's data any more; it stays."""
    pausing.pause_processing(request.user)  # type: ignore[arg-type]
    messages.success(request, "Nothing is worked out from your data by itself any more")
    return redirect("settings-data")


@login_required
@require_POST
def data_resume(request: HttpRequest) -> HttpResponse:
    """Go on: one press, on any page."""
    pausing.resume_processing(request.user)  # type: ignore[arg-type]
    messages.success(request, "Snapshots, alerts and prices of what you hold go on")
    return redirect("settings-data")


@login_required
@require_http_methods(["GET", "POST"])
def settings_erase(request: HttpRequest) -> HttpResponse:
    """What goes and what stays; then, with the password and the name typed, a week to think again."""
    user: User = request.user  # type: ignore[assignment]
    form = EraseForm(request.POST or None, user=user)
    if request.method == "POST":
        confirmed_on_page(request)
        if form.is_valid():
            try:
                erasing.schedule_erasure(user, typed=form.cleaned_data["confirm"])
            except DomainError as problem:
                for error in problem.errors:
                    form.add_error("confirm", error.detail)
                if not problem.errors:
                    form.add_error(None, problem.detail)
            else:
                messages.success(request, "Your account will be erased in seven days")
                return redirect("settings-erase")
    from accounts.views import SECTIONS

    context = {
        "page": "settings",
        "section": "data",
        "sections": SECTIONS,
        "form": form,
        "erasure": erasing.open_erasure(user),
        "goes": erasing.what_goes(),
        "stays": erasing.what_stays(),
        "blockers": erasing.blockers_of(user),
        "shares": erasing.what_others_see(user),
    }
    return render_page(request, "accounts/settings/erase.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def erase_cancel(request: HttpRequest) -> HttpResponse:
    """Stay after all: one press, on any page."""
    erasing.cancel_erasure(request.user)  # type: ignore[arg-type]
    messages.success(request, "Your account stays, with everything in it")
    return redirect("settings-data")


@require_GET
def privacy(request: HttpRequest) -> HttpResponse:
    """What is kept about people, made from the lists that export and erasure go by."""
    context = {
        "kinds": erasing.what_goes(),
        "stays": erasing.what_stays(),
        "rules": [(rule.what, _time(rule.kept)) for rule in retention.RULES],
        "cookies": COOKIES,
        "purposes": [
            {"label": purpose.label, "words": text.words, "version": text.version, "optional": text.optional}
            for purpose, text in TEXTS.items()
            if purpose != Purpose.SALE
        ],
        "no_sale": says_no_sale(request),
    }
    response = render_page(request, "accounts/privacy.html", context)
    patch_vary_headers(response, ["Sec-GPC"])
    return response


def _time(kept: timedelta) -> str:
    if not kept:
        return "at once"
    return f"{kept.days} days" if kept.days > 1 else "24 hours"
