"""Settings > Your data > Let support look; and leaving an account that support looks at."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.confirming import confirmed_on_page
from accounts.models import SupportView, User
from accounts.sections import render_section
from accounts.viewing.middleware import VIEW_KEY
from accounts.viewing.models import Ending
from accounts.viewing.selectors import allowance_of
from accounts.viewing.services import HOURS, allow_support, end_support, end_view
from portfolio_site.kernel.errors import DomainError
from portfolio_site.kernel.words import counted

WAYS = [(str(hours), counted(hours, "hour")) for hours in HOURS]


class AllowForm(forms.Form):
    """For how long support may look."""

    hours = forms.TypedChoiceField(label="For how long?", choices=WAYS, initial=WAYS[0][0], coerce=int, widget=forms.RadioSelect)


@login_required
@require_http_methods(["GET", "POST"])
def settings_support(request: HttpRequest) -> HttpResponse:
    """Whether support may look at the account, allowing it after the password, and who looked."""
    user: User = request.user  # type: ignore[assignment]
    form = AllowForm(request.POST or None)
    if request.method == "POST":
        confirmed_on_page(request)
        if form.is_valid():
            try:
                allow_support(user, hours=form.cleaned_data["hours"])
            except DomainError as problem:
                form.add_error(None, problem.detail)
            else:
                messages.success(request, "Support may look at your account now")
                return redirect("settings-support")
    context = {"form": form, "allowance": allowance_of(user)}
    return render_section(request, "data", "accounts/settings/support.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def support_end(request: HttpRequest) -> HttpResponse:
    """One press: nobody looks any more."""
    end_support(request.user)  # type: ignore[arg-type]
    messages.success(request, "Support may not look at your account any more")
    return redirect("settings-support")


# ── for who looks ───────────────────────────────────────────────────────────


@login_required
@require_GET
def view_state(request: HttpRequest) -> HttpResponse:
    """Asked by open pages of a view every few seconds: nothing as long as it goes on.  The first page that asks after the end is led away
    by the middleware; the others of the same session are led away here, since it is in no view any more."""
    answer = HttpResponse(status=204)
    if getattr(request, "viewing", None) is None:
        answer["HX-Redirect"] = reverse("admin:index") if request.user.is_staff else "/"
    return answer


@login_required
@require_POST
def view_leave(request: HttpRequest) -> HttpResponse:
    """Back to the administration, as oneself."""
    staff: User = request.user  # type: ignore[assignment]
    number = request.session.pop(VIEW_KEY, None)
    view = SupportView.objects.select_related("consent__person", "staff").filter(pk=number, staff=staff).first()
    if view is None:
        return redirect("/")
    end_view(view, Ending.LEFT, by=staff)
    messages.success(request, f"You left the account of {view.consent.person.username}")
    return redirect("admin:accounts_user_change", view.consent.person_id)
