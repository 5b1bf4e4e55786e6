"""Settings > Apps: what was let in, and what a person builds."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.models import User
from accounts.oauth import services
from accounts.oauth.forms import AppForm
from accounts.oauth.selectors import OwnApp, connected_apps, in_words, own_app, own_apps
from accounts.sections import render_section
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.administration import may


def _may_register(user: User) -> bool:
    return bool(settings.OAUTH_PROVIDER and (settings.OAUTH_OPEN or may(user, "add", "allauth_idp_oidc.Client")))


@login_required
@require_GET
def apps(request: HttpRequest) -> HttpResponse:
    """What may act for the person, and what the person builds."""
    user: User = request.user  # type: ignore[assignment]
    context = {"connected": connected_apps(user), "own": own_apps(user), "may_register": _may_register(user)}
    return render_section(request, "apps", "accounts/apps/list.html", context)


@login_required
@require_POST
def app_disconnect(request: HttpRequest, number: str) -> HttpResponse:
    """Ends a connection at once; no password is asked for, so that it is quick."""
    services.disconnect_app(request.user, number)  # type: ignore[arg-type]
    messages.success(request, "App disconnected. It can do nothing for you any more.")
    return redirect("settings-apps")


@login_required
@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def app_add(request: HttpRequest) -> HttpResponse:
    """Registers an app; the page that answers is the only one that shows its secret."""
    user: User = request.user  # type: ignore[assignment]
    if not _may_register(user):
        raise Http404
    form = AppForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            client, secret = services.register_app(user, form.draft())
        except DomainError as problem:
            _show(problem, form)
        else:
            return _once(request, own_app(user, client.pk), secret)
    return render_section(request, "apps", "accounts/apps/form.html", {"form": form, "app": None}, 422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def app_edit(request: HttpRequest, number: str) -> HttpResponse:
    """Name, addresses, scopes; below, a new secret and the end of the app."""
    user: User = request.user  # type: ignore[assignment]
    app = own_app(user, number)
    start = {"name": app.name, "addresses": "\n".join(app.addresses), "scopes": list(app.scopes), "for_owner": app.for_owner}
    form = AppForm(request.POST or None, initial=start, changing=True)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_app(user, number, form.draft(confidential=app.confidential))
        except DomainError as problem:
            _show(problem, form)
        else:
            messages.success(request, "App saved")
            return redirect("settings-apps")
    return render_section(request, "apps", "accounts/apps/form.html", {"form": form, "app": app}, 422 if form.errors else 200)


@login_required
@require_POST
@reauthentication_required  # type: ignore[untyped-decorator]
def app_secret(request: HttpRequest, number: str) -> HttpResponse:
    """A new secret, shown once."""
    user: User = request.user  # type: ignore[assignment]
    secret = services.renew_secret(user, number)
    return _once(request, own_app(user, number), secret)


@login_required
@require_POST
def app_remove(request: HttpRequest, number: str) -> HttpResponse:
    """The app and everything that it was given."""
    services.remove_app(request.user, number)  # type: ignore[arg-type]
    messages.success(request, "App removed, and with it every connection to it.")
    return redirect("settings-apps")


def _once(request: HttpRequest, app: OwnApp, secret: str) -> HttpResponse:
    answer = render_section(request, "apps", "accounts/apps/made.html", {"app": app, "secret": secret, "words": in_words(app.scopes)})
    answer["Cache-Control"] = "no-store"
    return answer


def _show(problem: DomainError, form: AppForm) -> None:
    for error in problem.errors:
        form.add_error(error.field if error.field in form.fields else None, error.detail)
    if not problem.errors:
        form.add_error(None, problem.detail)
