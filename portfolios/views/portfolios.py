"""Pages of portfolios: the list, making one, changing one, deleting one; and the sample."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.selectors import preferences_of
from market.choices import AssetClass
from portfolio_site.kernel.errors import DomainError, Invalid
from portfolio_site.web.pages import render_page
from portfolios import selectors, services
from portfolios.forms import DeletePortfolioForm, LockForm, PortfolioForm
from portfolios.models import Portfolio
from portfolios.roles import Action
from portfolios.selectors import HoldingsTable


@dataclass(frozen=True, slots=True)
class ClassPart:
    """One asset class of a portfolio, with the colour that its bar and its legend share."""

    name: str
    weight: Decimal
    colour: str


@dataclass(frozen=True, slots=True)
class Card:
    """One portfolio in the list."""

    portfolio: Portfolio
    table: HoldingsTable
    parts: tuple[ClassPart, ...]

    @property
    def weights(self) -> list[Decimal]:
        return [part.weight for part in self.parts]


def _parts(table: HoldingsTable) -> tuple[ClassPart, ...]:
    weights: dict[str, Decimal] = defaultdict(Decimal)
    for row in table.rows:
        if isinstance(row.weight.value, Decimal) and row.weight.value > 0:
            weights[str(AssetClass(row.instrument.asset_class).label)] += row.weight.value
    cash = sum((row.weight.value for row in table.cash if isinstance(row.weight.value, Decimal)), Decimal(0))
    if cash > 0:
        weights["Cash"] += cash
    ordered = sorted(weights.items(), key=lambda item: -item[1])
    return tuple(ClassPart(name, weight, f"c{place % 8 + 1}") for place, (name, weight) in enumerate(ordered))


@login_required
@require_GET
def portfolios(request: HttpRequest) -> HttpResponse:
    """All one's portfolios, a card each, and their sum."""
    mine = list(selectors.portfolios_of(request.user))
    tables = selectors.tables_of(mine)
    currency = mine[0].base_currency if len(mine) == 1 else preferences_of(request.user).base_currency
    context = {
        "page": "portfolios",
        "cards": [Card(one, tables[one.pk], _parts(tables[one.pk])) for one in mine],
        "total": selectors.holdings_of(mine, currency=currency) if mine else None,
        "currency": currency,
        "shared": list(selectors.shared_portfolios(request.user)),
    }
    used = {currency, *(one.base_currency for one in mine)}
    return render_page(request, "portfolios/portfolios.html", context, currencies=used)


@login_required
@require_GET
def portfolio(request: HttpRequest, pk: int) -> HttpResponse:
    """One portfolio is the dashboard, about it alone."""
    selectors.get_portfolio(request.user, pk)
    return redirect(f"{reverse('dashboard')}?p={pk}")


@login_required
@require_http_methods(["GET", "POST"])
def portfolio_add(request: HttpRequest) -> HttpResponse:
    """A new portfolio, with the person's own currency and cost method filled in."""
    preferences = preferences_of(request.user)
    initial = {"base_currency": preferences.base_currency, "cost_method": preferences.cost_method, "dividend_treatment": "income"}
    form = PortfolioForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            made = services.create_portfolio(request.user, **form.cleaned_data)
        except Invalid as refused:
            form.refuse(refused)
        else:
            messages.success(request, f"{made.name} made")
            return redirect("portfolios")
    return _form_page(request, form, {"title": "New portfolio", "portfolio": None})


@login_required
@require_http_methods(["GET", "POST"])
def portfolio_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change name, rules and benchmark."""
    found = selectors.get_portfolio(request.user, pk, to=Action.CONFIGURE)
    initial = {name: getattr(found, name) for name in services.CHANGEABLE}
    form = PortfolioForm(request.POST or None, user=request.user, portfolio=found, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_portfolio(request.user, found, **form.cleaned_data)
        except DomainError as refused:
            form.refuse(refused)
        else:
            messages.success(request, "Saved")
            return redirect("portfolios")
    return _form_page(request, form, {"title": found.name, "portfolio": found, "lock_form": LockForm(initial={"until": found.locked_until})})


def _form_page(request: HttpRequest, form: PortfolioForm, context: dict[str, Any]) -> HttpResponse:
    status = 422 if form.is_bound and form.errors else 200
    return render_page(request, "portfolios/portfolio_form.html", {"page": "portfolios", "form": form, **context}, status=status)


@login_required
@require_http_methods(["GET", "POST"])
def portfolio_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for the name first: what is deleted is gone.  A sample goes at once."""
    found = selectors.get_portfolio(request.user, pk, to=Action.DELETE)
    form = DeletePortfolioForm(request.POST or None, portfolio=found)
    if request.method == "POST" and (found.is_sample or form.is_valid()):
        name = found.name
        services.delete_portfolio(request.user, found)
        messages.success(request, f"{name} deleted")
        return redirect("portfolios")
    context = {
        "page": "portfolios",
        "form": form,
        "portfolio": found,
        "entries": found.transactions.count(),
        "members": found.memberships.count(),
    }
    return render_page(request, "portfolios/portfolio_delete.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def sample_load(request: HttpRequest) -> HttpResponse:
    """A sample portfolio for the person who is signed in; then to the dashboard."""
    found = services.load_sample(request.user)
    services.finish_welcome(request.user)
    messages.info(request, "This is a sample. Remove it under Portfolios whenever you like.")
    return redirect(f"{reverse('dashboard')}?p={found.pk}")


@login_required
@require_POST
def sample_remove(request: HttpRequest) -> HttpResponse:
    """Takes the sample away."""
    if services.remove_sample(request.user):
        messages.success(request, "Sample removed")
    return redirect("portfolios")
