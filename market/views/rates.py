"""Exchange rates of one's own: entered, looked at, and removed."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from market import selectors, services
from market.forms import RateForm
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page


@login_required
@require_http_methods(["GET", "POST"])
def own_rates(request: HttpRequest) -> HttpResponse:
    """`?base=` and `?quote=` fill the form in."""
    first = {"base": request.GET.get("base", "EUR"), "quote": request.GET.get("quote", "USD"), "day": timezone.localdate()}
    form = RateForm(request.POST if request.method == "POST" else None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            services.set_own_rates(request.user, form.rows())
        except DomainError as problem:
            form.refuse(problem)
        else:
            messages.success(request, "The rate is saved.")
            return redirect("own-rates")
    context = {"page": "instruments", "form": form, "rates": selectors.own_rates_of(request.user)}
    return render_page(request, "market/rates.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def remove_rate(request: HttpRequest, pk: int) -> HttpResponse:
    services.remove_own_rate(request.user, pk)
    messages.success(request, "The rate is removed.")
    return redirect("own-rates")
