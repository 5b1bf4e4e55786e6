"""The list of transactions, by month, with the conditions that stand in the address."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from market.models import Instrument
from portfolio_site.web.pages import render_page
from portfolios import selectors
from portfolios.choices import TransactionKind
from portfolios.forms import FilterForm
from portfolios.selectors import TransactionFilter


@login_required
@require_GET
def transactions(request: HttpRequest) -> HttpResponse:
    """All entries by month, with the conditions that stand in the address."""
    mine = list(selectors.portfolios_of(request.user))
    chosen = selectors.chosen_portfolios(request.user, request.GET.get("p")) if request.GET.get("p") else []
    form = FilterForm(request.GET)
    asked = form.conditions()
    conditions = TransactionFilter(
        text=asked["q"] or "",
        kinds=tuple(asked["kind"] or ()),
        instrument_id=asked["instrument"],
        portfolio_ids=tuple(one.pk for one in chosen),
        start=asked["start"],
        end=asked["end"],
        source=asked["source"] or "",
        tag=asked["tag"] or "",
        with_voided=bool(asked["voided"]),
    )
    cursor, left_out = request.GET.get("cursor", ""), form.left_out
    if cursor and not selectors.is_cursor(cursor):
        left_out.append("This place in the list is not known any more; it starts again at the newest.")
    listing = selectors.transactions_of(request.user, conditions, cursor=cursor)
    instruments = selectors.instruments_in(request.user, conditions.portfolio_ids)
    context = {
        "page": "transactions",
        "portfolios": mine,
        "chosen": chosen[0] if request.GET.get("p") not in (None, "", "all") and chosen else None,
        "may_write": selectors.may_write_in(chosen),
        "listing": listing,
        "conditions": conditions,
        "left_out": left_out,
        "pills": _pills(conditions, instruments),
        "instruments": instruments,
        "kinds": TransactionKind.choices,
        "periods": _periods(timezone.localdate()),
        "here": request.get_full_path(),
    }
    used = {one.base_currency for one in mine} | {row.currency for month in listing.months for row in month.rows}
    return render_page(request, "portfolios/transactions.html", context, fragment="listing", currencies=used)


def _pills(conditions: TransactionFilter, instruments: list[Instrument]) -> list[dict[str, Any]]:
    """The conditions in words, each with the parameters that it stands in."""
    pills = []
    if conditions.kinds:
        labels = ", ".join(str(TransactionKind(kind).label) for kind in conditions.kinds)
        pills.append({"name": "Type is", "value": labels, "parameter": "kind"})
    if conditions.instrument_id is not None:
        named = next((one.name for one in instruments if one.pk == conditions.instrument_id), "not in the list")
        pills.append({"name": "Instrument is", "value": named, "parameter": "instrument"})
    if conditions.tag:
        pills.append({"name": "Tag is", "value": conditions.tag, "parameter": "tag"})
    if conditions.source:
        pills.append({"name": "Source is", "value": "hand" if conditions.source == "hand" else "import", "parameter": "source"})
    return pills


def _periods(today: date) -> list[tuple[str, str, str]]:
    """Name, first and last day of the periods on offer."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    last_year = year.replace(year=year.year - 1)
    spans = [
        ("This month", month, today),
        ("Last month", before, month - timedelta(days=1)),
        ("This year", year, today),
        (str(last_year.year), last_year, year - timedelta(days=1)),
    ]
    return [(name, first.isoformat(), last.isoformat()) for name, first, last in spans]
