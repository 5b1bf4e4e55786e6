"""Locking a portfolio up to a day, and unlocking it again: what gives entries free is asked for once more."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page
from portfolio_site.web.times import day
from portfolios import selectors, services
from portfolios.forms import LockForm
from portfolios.models import Portfolio
from portfolios.roles import Action


@login_required
@require_POST
def portfolio_lock(request: HttpRequest, pk: int) -> HttpResponse:
    """Locks up to a day.  An earlier day than before gives entries free, which is asked for once more."""
    portfolio = selectors.get_portfolio(request.user, pk, to=Action.CONFIGURE)
    form = LockForm(request.POST)
    if form.is_valid():
        until = form.cleaned_data["until"]
        if portfolio.locked_until is not None and until < portfolio.locked_until and "confirmed" not in request.POST:
            return _ask(request, portfolio, form)
        try:
            services.lock_portfolio(request.user, portfolio, until)
        except DomainError as refused:
            form.refuse(refused)
        else:
            messages.success(request, f"Locked up to {day(until)}")
            return redirect("portfolio-edit", pk)
    messages.error(request, str(form.errors["until"][0]) if "until" in form.errors else "The portfolio was not locked.")
    return redirect("portfolio-edit", pk)


@login_required
@require_http_methods(["GET", "POST"])
def portfolio_unlock(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks first; then every entry can be changed again.  Both stand in the audit log."""
    portfolio = selectors.get_portfolio(request.user, pk, to=Action.CONFIGURE)
    if portfolio.locked_until is None:
        messages.info(request, "This portfolio is not locked.")
        return redirect("portfolio-edit", pk)
    if request.method == "GET":
        return _ask(request, portfolio, None)
    services.unlock_portfolio(request.user, portfolio)
    messages.success(request, "Unlocked")
    return redirect("portfolio-edit", pk)


def _ask(request: HttpRequest, portfolio: Portfolio, form: LockForm | None) -> HttpResponse:
    """The question before entries are given free: all of them, or those after the day of the form."""
    context = {
        "page": "portfolios",
        "portfolio": portfolio,
        "until": None if form is None else form.cleaned_data["until"],
        "action": reverse("portfolio-unlock" if form is None else "portfolio-lock", args=[portfolio.pk]),
    }
    return render_page(request, "portfolios/portfolio_unlock.html", context)
