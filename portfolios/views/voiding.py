"""Pages that take an entry out of the ledger, and back: what a void changes is said before it is done."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page
from portfolios import selectors, services
from portfolios.models import Transaction
from portfolios.roles import Action
from portfolios.views.common import go, next_of, said


@login_required
@require_http_methods(["GET", "POST"])
def transaction_void(request: HttpRequest, pk: int) -> HttpResponse:
    """First what it would change; then it is done, and the toast takes it back."""
    row = selectors.get_transaction(request.user, pk, to=Action.WRITE)
    if request.method == "GET":
        return _page(request, row)
    try:
        services.void_transaction(request.user, row)
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, f"{said(row)} voided", extra_tags=reverse("transaction-restore", args=[row.entry]))
    return go(request, next_of(request))


def _page(request: HttpRequest, row: Transaction) -> HttpResponse:
    impact = services.impact_of_void(request.user, row)
    context = {"page": "transactions", "entry": row, "name": said(row), "portfolio": row.portfolio, "impact": impact, "next": next_of(request)}
    currencies = {impact.base, *(one.currency for one in impact.cash)}
    return render_page(request, "portfolios/transaction_void.html", context, fragment="drawer", currencies=currencies)


@login_required
@require_POST
def transaction_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a void back."""
    row = selectors.get_transaction(request.user, pk, with_voided=True, to=Action.WRITE)
    try:
        services.restore_transaction(request.user, row)
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, f"{said(row)} counts again")
    return go(request, next_of(request))
