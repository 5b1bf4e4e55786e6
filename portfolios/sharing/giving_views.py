"""Pages of giving a portfolio away: the owner's, with what it means, and that of whoever it is offered to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.confirming import confirmed_on_page
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page
from portfolios.models import Portfolio
from portfolios.roles import Action
from portfolios.selectors import get_portfolio
from portfolios.sharing import giving
from portfolios.sharing.consequences import arrival_of, consequences_of, told_to_taker
from portfolios.sharing.forms import OfferForm
from portfolios.sharing.selectors import called


@login_required
@require_http_methods(["GET", "POST"])
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """What giving it away means, and the offer; `do=back` takes an open one back."""
    portfolio = get_portfolio(request.user, pk, to=Action.TRANSFER)
    if request.method != "POST":
        return _give_page(request, portfolio, OfferForm(takers=giving.takers_of(portfolio)))
    if request.POST.get("do") == "back":
        try:
            giving.take_back(request.user, portfolio)
            messages.success(request, "The offer is taken back")
        except DomainError as refused:
            messages.error(request, refused.detail)
        return redirect("portfolio-give", pk)
    form = OfferForm(request.POST, takers=giving.takers_of(portfolio))
    if not form.is_valid():
        return _give_page(request, portfolio, form)
    confirmed_on_page(request)
    try:
        giving.offer_portfolio(request.user, portfolio, **form.cleaned_data)
    except DomainError as refused:
        form.refuse(refused)
        return _give_page(request, portfolio, form)
    messages.success(request, "The portfolio is offered; nothing changes until it is accepted")
    return redirect("portfolio-give", pk)


def _give_page(request: HttpRequest, portfolio: Portfolio, form: OfferForm) -> HttpResponse:
    made = giving.offer_of(portfolio)
    context: dict[str, Any] = {
        "page": "portfolios",
        "portfolio": portfolio,
        "form": form,
        "offer": made,
        "to": called(made.to) if made is not None else "",
        "means": consequences_of(portfolio, stays=made is None or made.stays),
        "ends": consequences_of(portfolio, stays=False),
    }
    return render_page(request, "portfolios/give.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "POST"])
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """What is offered and what it means for whoever takes it; answered once."""
    found = giving.open_offer(request.user, pk)
    problem = ""
    if request.method == "POST":
        accept = request.POST.get("answer") == "accept"
        try:
            portfolio = giving.answer_offer(request.user, pk, accept=accept, copies=request.POST.get("copies") == "on")
        except DomainError as refused:
            problem = refused.detail
        else:
            if accept:
                messages.success(request, f"{portfolio.name} is yours")
                return redirect(f"{reverse('dashboard')}?p={portfolio.pk}")
            messages.info(request, "Offer declined")
            return redirect("portfolios")
    context = {
        "page": "portfolios",
        "offer": found,
        "who": called(found.portfolio.owner),
        "name": found.portfolio.name,
        "means": told_to_taker(found),
        "arrival": arrival_of(found),
        "problem": problem,
    }
    return render_page(request, "portfolios/offer.html", context, status=409 if problem else 200)
