"""The page that takes many entries at once: typed, or pasted from a spreadsheet; recorded all or none."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.idempotency import first_time
from portfolio_site.web.pages import render_page
from portfolios import selectors, services
from portfolios.forms import TransactionGrid
from portfolios.forms.grid import AT_FIRST, COLUMNS, KINDS, MOST_ROWS, NUMBERS
from portfolios.models import Portfolio


@login_required
@require_http_methods(["GET", "POST"])
def transaction_grid(request: HttpRequest) -> HttpResponse:
    """A table to type or paste into; `do` says what is wanted: paste, more rows, check, record."""
    mine = selectors.writable_portfolios(request.user)
    if not mine:
        messages.info(request, "Make a portfolio first: transactions belong to one.")
        return redirect("portfolio-add")
    given = request.POST if request.method == "POST" else request.GET
    asked = given.get("portfolio") or given.get("p") or ""
    meant = next((one for one in mine if str(one.pk) == asked), None)
    chosen = meant or mine[0]
    grid = TransactionGrid.sent(request.POST) if request.method == "POST" else TransactionGrid()
    wanted = request.POST.get("do", "")
    if request.POST.get("pasted", "").strip():
        grid.paste(request.POST["pasted"])
    if wanted in {"check", "record"} and meant is None and asked:
        grid.problem = "The portfolio of these rows is not there any more. Choose the one that they belong to."
    elif wanted in {"check", "record"}:
        answer = _take(request, grid, chosen, keep=wanted == "record")
        if answer is not None:
            return answer
    checked = wanted == "check" and bool(grid.filled) and not grid.wrong and not grid.problem
    number = len(grid.filled)
    grid.lengthen(AT_FIRST - len(grid.rows) if not number else len(COLUMNS) if wanted == "more" else max(AT_FIRST - len(grid.rows), 0))
    refused = bool(grid.problem or grid.wrong)
    context: dict[str, Any] = {
        "page": "transactions",
        "portfolios": mine,
        "portfolio": chosen,
        "grid": grid,
        "columns": COLUMNS.items(),
        "numbers": NUMBERS,
        "kinds": [str(kind.label) for kind in KINDS],
        "instruments": selectors.instruments_in(request.user, (chosen.pk,)),
        "most": MOST_ROWS,
        "number": number,
        "checked": checked,
        "form_id": request.POST.get("form_id") or uuid.uuid4().hex,
    }
    return render_page(request, "portfolios/transaction_grid.html", context, status=422 if refused else 200)


def _take(request: HttpRequest, grid: TransactionGrid, portfolio: Portfolio, *, keep: bool) -> HttpResponse | None:
    """Records the rows, or only sees whether they could be; None where the page has something to say first."""
    drafts = grid.read(request.user, portfolio)
    if grid.problem:
        return None
    complete = keep and not grid.wrong
    try:
        if not complete:
            services.check_many(request.user, portfolio, drafts, unread=grid.unread)
            return None
        with transaction.atomic():
            if not first_time(request.user, request.POST.get("form_id", "")):
                messages.info(request, "This was recorded already.")
                return redirect("transactions")
            rows = services.record_many(request.user, portfolio, drafts)
    except DomainError as refused:
        grid.refuse(refused)
        return None
    messages.success(request, f"{len(rows):,} transaction{'' if len(rows) == 1 else 's'} recorded in {portfolio.name}")
    return redirect(f"{reverse('transactions')}?p={portfolio.pk}")
