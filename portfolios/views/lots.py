"""The page of lots: what was bought when, what is left of it, what each sale took, under any cost method and on any day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from portfolio_site.web.moments import chosen_moment
from portfolio_site.web.pages import render_page
from portfolios import selectors
from portfolios.choices import METHODS_SAID, CostMethod, TransactionKind
from portfolios.errors import HoldingNotFound
from portfolios.forms import LotsForm
from portfolios.models import Portfolio
from portfolios.selectors import InstrumentView, LotsTable, LotView, SaleView
from portfolios.selectors.lot_shapes import STATUSES

ON_A_PAGE = 100


@dataclass(frozen=True, slots=True)
class LotLine:
    """One lot with its instrument; `heads` where it is the first of its instrument on the page."""

    instrument: InstrumentView
    lot: LotView
    heads: bool


@dataclass(frozen=True, slots=True)
class SaleLine:
    """One sale with its instrument and what kind of entry it was."""

    instrument: InstrumentView
    sale: SaleView
    label: str


@login_required
@require_GET
def portfolio_lots(request: HttpRequest, pk: int) -> HttpResponse:
    """Lots and sales of a portfolio, or of one instrument in it; with `show=methods` all cost methods side by side."""
    portfolio = selectors.get_portfolio(request.user, pk)
    form = LotsForm(request.GET)
    asked = form.conditions()
    instrument = None
    if request.GET.get("instrument"):
        instrument = selectors.held_instrument(portfolio, asked["instrument"]) if asked["instrument"] else None
        if instrument is None:
            raise HoldingNotFound("There is no such holding in this portfolio.")
    method = asked["method"] or portfolio.cost_method
    moment = chosen_moment({"known_at": request.GET.get("known_at", "")} | ({"as_of": asked["as_of"].isoformat()} if asked["as_of"] else {}))
    context: dict[str, Any] = {
        "page": "lots",
        "portfolio": portfolio,
        "portfolios": list(selectors.portfolios_of(request.user)) if instrument is None else [],
        "instrument": instrument,
        "form": form,
        "asked": asked,
        "left_out": form.left_out,
        "method": CostMethod(method),
        "method_said": METHODS_SAID[CostMethod(method)],
        "methods": CostMethod.choices,
        "today": timezone.localdate(),
        "is_own": method == portfolio.cost_method,
        "moment": moment,
        "about": portfolio,
    }
    only = None if instrument is None else int(instrument.pk)
    if asked["show"] == "methods":
        results = selectors.compare_methods(portfolio, only, as_of=asked["as_of"], known_at=moment.known_at)
        context |= {"results": results, "warnings": list(dict.fromkeys(said for one in results for said in one.unrealised.warnings))}
    else:
        table = selectors.lots_of(portfolio, only, as_of=asked["as_of"], known_at=moment.known_at, method=method)
        shown = _sales(request, portfolio, table) if asked["show"] == "sales" else _lots(request, table, asked["status"] or "")
        context |= {"table": table, "warnings": table.warnings, "totals": _totals(table), **shown}
    return render_page(request, "portfolios/lots.html", context, fragment="listing", currencies={portfolio.base_currency})


@login_required
@require_GET
def lots(request: HttpRequest) -> HttpResponse:
    """To the lots of the first portfolio, with the conditions of the address; with none, to making one."""
    first = selectors.portfolios_of(request.user).first()
    if first is None:
        return redirect("portfolios")
    conditions = request.GET.urlencode()
    return redirect(reverse("portfolio-lots", args=[first.pk]) + (f"?{conditions}" if conditions else ""))


def _lots(request: HttpRequest, table: LotsTable, status: str) -> dict[str, Any]:
    order = sorted(table.instruments.items(), key=lambda item: item[1].name.casefold())
    pairs = [(view, lot) for pk, view in order for lot in table.every(pk)]
    counts = {value: sum(lot.status == value for _, lot in pairs) for value in STATUSES}
    page = _page(request, [pair for pair in pairs if not status or pair[1].status == status])
    chosen = list(page.object_list)
    lines = [LotLine(view, lot, place == 0 or chosen[place - 1][0].id != view.id) for place, (view, lot) in enumerate(chosen)]
    chips = [("", "All", len(pairs)), *((value, label, counts[value]) for value, label in STATUSES.items())]
    return {"listing": page, "lines": lines, "chips": chips}


def _sales(request: HttpRequest, portfolio: Portfolio, table: LotsTable) -> dict[str, Any]:
    every = [(table.instruments[pk], sale) for pk, sales in table.sales.items() for sale in sales]
    page = _page(request, sorted(every, key=lambda pair: (pair[1].closed_on, pair[1].sale_id), reverse=True))
    kinds = selectors.kinds_of(portfolio, (sale.sale_id for _, sale in page.object_list))
    labels = {number: str(TransactionKind(kind).label) for number, kind in kinds.items()}
    return {"listing": page, "sales": [SaleLine(view, sale, labels.get(sale.sale_id, "Sale")) for view, sale in page.object_list]}


def _page(request: HttpRequest, rows: list[Any]) -> Page[Any]:
    return Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page"))


def _totals(table: LotsTable) -> dict[str, int]:
    return {
        "lots": sum(len(one) for one in table.lots.values()) + sum(len(one) for one in table.closed.values()),
        "sales": sum(len(one) for one in table.sales.values()),
    }
