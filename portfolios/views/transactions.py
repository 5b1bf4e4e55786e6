"""Pages of transactions: the list, adding, editing, voiding and taking that back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from market.models import Instrument
from market.selectors import get_instrument, instruments_visible_to, price_on, rates
from portfolio_site.kernel.dates import EARLIEST
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import numbers, times
from portfolio_site.web.idempotency import first_time
from portfolio_site.web.pages import render_page
from portfolios import selectors, services
from portfolios.choices import CostMethod, TransactionKind
from portfolios.forms import FilterForm, TransactionForm, initial_of
from portfolios.models import Portfolio, Transaction
from portfolios.selectors import TransactionFilter

FIRST_KINDS = (TransactionKind.BUY, TransactionKind.SELL, TransactionKind.DIVIDEND, TransactionKind.DEPOSIT)
MORE_KINDS = tuple(kind for kind in TransactionKind if kind not in FIRST_KINDS)
MOST_OPTIONS = 12


# ── the list ────────────────────────────────────────────────────────────────


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
        with_voided=bool(asked["voided"]),
    )
    listing = selectors.transactions_of(request.user, conditions, cursor=request.GET.get("cursor", ""))
    instruments = selectors.instruments_in(request.user, conditions.portfolio_ids)
    context = {
        "page": "transactions",
        "portfolios": mine,
        "chosen": chosen[0] if request.GET.get("p") not in (None, "", "all") and chosen else None,
        "listing": listing,
        "conditions": conditions,
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


# ── adding and editing ──────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def transaction_add(request: HttpRequest) -> HttpResponse:
    """One new entry: the type first, then the fields of that type.  A page, and in the drawer."""
    mine = list(selectors.portfolios_of(request.user))
    if not mine:
        messages.info(request, "Make a portfolio first: transactions belong to one.")
        return _go(request, reverse("portfolio-add"))
    given = request.POST if request.method == "POST" else request.GET
    kind = _kind(given.get("kind", ""))
    chosen = _portfolio(mine, given.get("portfolio") or given.get("p") or "")
    refresh = "refresh" in request.POST
    if request.method == "POST" and not refresh:
        form = TransactionForm(request.POST, user=request.user, kind=kind, portfolios=mine, portfolio=chosen)
        answer = _record(request, form, chosen)
        if answer is not None:
            return answer
    else:
        form = TransactionForm(initial=_initial(request, given), user=request.user, kind=kind, portfolios=mine, portfolio=chosen)
    return _entry_page(request, form, {"title": "Add a transaction", "action": reverse("transaction-add"), "refresh": refresh})


def _initial(request: HttpRequest, given: Any) -> dict[str, Any]:
    """What stands in the address, or was typed before the type was changed."""
    emptied = request.method == "POST"  # what was emptied stays empty
    passing = {"csrfmiddlewaretoken", "refresh", "kind", "p"}
    initial: dict[str, Any] = {name: value for name, value in given.items() if name not in passing and (value or emptied)}
    number = str(initial.get("instrument", ""))
    if number.isascii() and number.isdigit() and len(number) <= 18 and request.method == "GET":
        initial["instrument"] = get_instrument(request.user, int(number))
    return initial


def _record(request: HttpRequest, form: TransactionForm, portfolio: Portfolio) -> HttpResponse | None:
    """Records a valid form and goes on; None where it is refused."""
    if not form.is_valid():
        return None
    draft = form.draft()
    fields = {name: getattr(draft, name) for name in draft.__dataclass_fields__}
    try:
        with transaction.atomic():
            if not first_time(request.user, str(form.cleaned_data.get("form_id", ""))):
                messages.info(request, "This was recorded already.")
                return _go(request, reverse("transactions"))
            row = services.record_transaction(request.user, portfolio, **fields)
    except DomainError as refused:
        form.refuse(refused)
        return None
    messages.success(request, f"{_said(row)} recorded", extra_tags=reverse("transaction-void", args=[row.entry]))
    if "another" in request.POST:
        return _go(request, f"{reverse('transaction-add')}?kind={row.kind}&p={portfolio.pk}")
    return _go(request, _next(request))


@login_required
@require_http_methods(["GET", "POST"])
def transaction_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another version of an entry takes its place; the one before stays in the record."""
    entry = selectors.get_transaction(request.user, pk)
    portfolio = entry.portfolio
    refresh = "refresh" in request.POST
    if request.method == "POST" and not refresh:
        form = TransactionForm(request.POST, user=request.user, kind=entry.kind, portfolios=[portfolio], portfolio=portfolio, entry=entry)
        if form.is_valid():
            try:
                row = services.edit_transaction(request.user, entry, **form.values())
            except DomainError as refused:
                form.refuse(refused)
            else:
                messages.success(request, f"{_said(row)} changed")
                return _go(request, _next(request))
    else:
        initial = initial_of(entry) | (_initial(request, request.POST) if refresh else {})
        form = TransactionForm(initial=initial, user=request.user, kind=entry.kind, portfolios=[portfolio], portfolio=portfolio, entry=entry)
    context = {"title": f"Edit {str(TransactionKind(entry.kind).label).lower()}", "entry": entry, "action": reverse("transaction-edit", args=[pk])}
    return _entry_page(request, form, {**context, "refresh": refresh})


def _entry_page(request: HttpRequest, form: TransactionForm, context: dict[str, Any]) -> HttpResponse:
    if context.get("refresh"):
        form.keep_typing()
    context = {
        "page": "transactions",
        "form": form,
        "portfolio": form.portfolio,
        "first_kinds": FIRST_KINDS,
        "more_kinds": MORE_KINDS,
        "hints": _hints(form),
        "options": _options(request.user, ""),
        "options_url": reverse("instrument-options"),
        "next": _next(request),
        "method": CostMethod(form.portfolio.cost_method).label,
        **context,
    }
    fragment = "fields" if context.get("refresh") else "drawer"
    status = 422 if form.is_bound and form.errors else 200
    return render_page(request, "portfolios/transaction_form.html", context, fragment=fragment, status=status)


def _hints(form: TransactionForm) -> dict[str, Any]:
    """What the page knows about the chosen instrument and day: units held, the close, the reference rate."""
    hints: dict[str, Any] = {"held": None, "price": "", "fx_rate": ""}
    instrument, day = form.chosen, _day_of(form)
    if instrument is not None:
        hints["held"] = selectors.quantity_held(form.portfolio, instrument.pk, day)
        close = price_on(instrument.pk, day)
        if close is not None and form.kind_chosen != TransactionKind.DIVIDEND:
            hints["price"] = f"Close of {times.day(close.day)}: {numbers.price(close.close, instrument.currency)}"
    if "fx_rate" in form.fields:
        base, quote = form.rate_pair
        known = rates([(base, quote, day)], user=form.user).get((base, quote, day))
        if known is not None:
            hints["fx_rate"] = f"Empty: the reference rate, {numbers.rate_text(base, quote, known.rate)} on {times.day(known.day)}"
        else:
            hints["fx_rate"] = "No reference rate is known for this day; enter the rate of the trade."
    return hints


def _day_of(form: TransactionForm) -> date:
    """The day that stands in the form; today where there is none, or one that no entry can have."""
    today = timezone.localdate()
    given = form.data.get("traded_on") if form.is_bound else form.initial.get("traded_on")
    try:
        day = given if isinstance(given, date) else date.fromisoformat(str(given))
    except ValueError:
        return today
    return day if EARLIEST <= day <= today else today


@login_required
@require_POST
def transaction_preview(request: HttpRequest) -> HttpResponse:
    """What the form, as it stands, would come to."""
    number = request.POST.get("entry", "")
    entry = selectors.get_transaction(request.user, int(number)) if number.isascii() and number.isdigit() and len(number) <= 18 else None
    mine = [entry.portfolio] if entry else list(selectors.portfolios_of(request.user))
    if not mine:
        return HttpResponse(status=204)
    portfolio = entry.portfolio if entry else _portfolio(mine, request.POST.get("portfolio", ""))
    kind = entry.kind if entry else _kind(request.POST.get("kind", ""))
    form = TransactionForm(request.POST, user=request.user, kind=kind, portfolios=mine, portfolio=portfolio, entry=entry)
    preview = None
    if form.is_valid():
        preview = services.preview_transaction(request.user, portfolio, form.draft(), replacing=entry)
    context = {"preview": preview, "portfolio": portfolio, "method": CostMethod(portfolio.cost_method).label, "kind": kind, "entry": entry}
    return render_page(request, "portfolios/transaction_preview.html", context, currencies={portfolio.base_currency, form.settlement})


@login_required
@require_GET
def instrument_options(request: HttpRequest) -> HttpResponse:
    """Suggestions for what is being typed into an instrument field."""
    text = request.GET.get("instrument", "")[:100]
    return render_page(request, "portfolios/instrument_options.html", {"options": _options(request.user, text)})


def _options(user: Any, text: str) -> list[Instrument]:
    text = text.strip()
    visible = instruments_visible_to(user)
    if not text:
        return selectors.instruments_in(user)[: MOST_OPTIONS * 3]
    return list(visible.matching(text.partition(" · ")[0])[:MOST_OPTIONS])


# ── voiding ─────────────────────────────────────────────────────────────────


@login_required
@require_POST
def transaction_void(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes an entry out of the ledger; the toast takes that back."""
    row = selectors.get_transaction(request.user, pk)
    try:
        services.void_transaction(request.user, row)
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, f"{_said(row)} voided", extra_tags=reverse("transaction-restore", args=[row.entry]))
    return _go(request, _next(request))


@login_required
@require_POST
def transaction_restore(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a void back."""
    row = selectors.get_transaction(request.user, pk, with_voided=True)
    try:
        services.restore_transaction(request.user, row)
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, f"{_said(row)} counts again")
    return _go(request, _next(request))


# ── small things ────────────────────────────────────────────────────────────


def _kind(text: str) -> str:
    return text if text in TransactionKind.values else TransactionKind.BUY.value


def _portfolio(mine: list[Portfolio], text: str) -> Portfolio:
    return next((one for one in mine if str(one.pk) == text), mine[0])


def _said(row: Transaction) -> str:
    """“Buy of ASML Holding N.V.”, for messages."""
    label = str(TransactionKind(row.kind).label)
    return f"{label} of {row.instrument.name}" if row.instrument is not None else label


def _next(request: HttpRequest) -> str:
    """Where the person came from, if it is a page of ours; else the list."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if not wanted:
        path = request.headers.get("HX-Current-URL", "")
        wanted = path if path and reverse("transaction-add") not in path else ""
    if wanted and url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        return wanted
    return reverse("transactions")


def _go(request: HttpRequest, url: str) -> HttpResponse:
    """A redirect, also for a form that htmx sent from a drawer."""
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response["HX-Redirect"] = url
        return response
    return HttpResponseRedirect(url)
