"""The page of one entry, and the drawer: adding, duplicating, editing, and what it would come to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from market.models import Instrument
from market.selectors import get_instrument, instruments_visible_to, price_on, rates
from market.services import can_search
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web import numbers, times
from portfolio_site.web.idempotency import first_time
from portfolio_site.web.pages import render_page
from portfolios import selectors, services
from portfolios.choices import CostMethod
from portfolios.choices import TransactionKind as Kind
from portfolios.forms import TransactionForm, initial_of
from portfolios.kinds import REORGANISATIONS
from portfolios.models import Portfolio, Transaction
from portfolios.roles import Action
from portfolios.views.common import address, go, next_of, said

FIRST_KINDS = (Kind.BUY, Kind.SELL, Kind.DIVIDEND, Kind.DEPOSIT)
KIND_GROUPS: tuple[tuple[str, tuple[Kind, ...]], ...] = (
    ("Trades", (Kind.BUY, Kind.SELL, Kind.SHORT_SELL, Kind.BUY_TO_COVER, Kind.REDEMPTION)),
    ("Income", (Kind.DIVIDEND, Kind.COUPON, Kind.INTEREST, Kind.STAKING_REWARD, Kind.AIRDROP, Kind.RETURN_OF_CAPITAL)),
    ("Cash", (Kind.DEPOSIT, Kind.WITHDRAWAL, Kind.FX_EXCHANGE, Kind.FEE, Kind.TAX)),
    ("Transfers", (Kind.TRANSFER_IN, Kind.TRANSFER_OUT, Kind.ADJUSTMENT)),
    ("Corporate actions", (Kind.SPLIT, Kind.STOCK_DIVIDEND, Kind.RIGHTS, Kind.SPIN_OFF, Kind.MERGER, Kind.SYMBOL_CHANGE)),
)
_SHORTS = frozenset({Kind.SHORT_SELL, Kind.BUY_TO_COVER})
_NO_CLOSE = frozenset({Kind.DIVIDEND, Kind.COUPON, Kind.TRANSFER_IN})
WIZARD, TRANSFER = "action-add", "transfer-add"  # pages of other parts
MOST_OPTIONS = 12
PASSING = frozenset({"csrfmiddlewaretoken", "refresh", "more", "kind", "p", "clone", "next"})


# ── adding and duplicating ──────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def transaction_add(request: HttpRequest) -> HttpResponse:
    """One new entry: the type first, then the fields of that type.  A page, and in the drawer.  `clone` fills in another entry."""
    mine = selectors.writable_portfolios(request.user)
    if not mine:
        messages.info(request, "Make a portfolio first: transactions belong to one.")
        return go(request, reverse("portfolio-add"))
    given = request.POST if request.method == "POST" else request.GET
    model = _model(request) if request.method == "GET" else None
    kind = model.kind if model is not None else kind_of(given.get("kind", ""))
    if kind in REORGANISATIONS and address(WIZARD):
        about: dict[str, Any] = {"kind": kind, "p": given.get("portfolio") or given.get("p") or "", "instrument": given.get("instrument", "")}
        if model is not None:
            about = {"clone": model.entry}
        return go(request, f"{address(WIZARD)}?{urlencode(about)}")
    chosen = _portfolio(mine, str(model.portfolio_id) if model is not None else given.get("portfolio") or given.get("p") or "")
    refresh = "refresh" in request.POST
    if request.method == "POST" and not refresh:
        form = TransactionForm(request.POST, user=request.user, kind=kind, portfolios=mine, portfolio=chosen)
        answer = _record(request, form, chosen)
        if answer is not None:
            return answer
    else:
        initial = _copied(model) if model is not None else typed_before(request, given)
        form = TransactionForm(initial=initial, user=request.user, kind=kind, portfolios=mine, portfolio=chosen)
    title = f"Duplicate {str(Kind(kind).label).lower()}" if model is not None else "Add a transaction"
    return entry_page(request, form, {"title": title, "action": reverse("transaction-add"), "refresh": refresh})


def _model(request: HttpRequest) -> Transaction | None:
    """The entry that the new one is filled in from.  Raises NotFound for somebody else's."""
    number = request.GET.get("clone", "")
    return (
        selectors.get_transaction(request.user, int(number), with_voided=True)
        if number.isascii() and number.isdigit() and len(number) <= 18
        else None
    )


def _copied(model: Transaction) -> dict[str, Any]:
    """The fields of an entry for another one of today: without what belongs to that one alone."""
    own = {"traded_on", "traded_time", "settles_on", "external_id", "reference", "fx_rate", "costs_rate", "lots"}
    fields = initial_of(model)
    kept = {name: value for name, value in fields.items() if name not in own and value is not None}
    return {**kept, "traded_on": timezone.localdate()}


def typed_before(request: HttpRequest, given: Any) -> dict[str, Any]:
    """What stands in the address, or was typed before the type was changed."""
    emptied = request.method == "POST"  # what was emptied stays empty
    initial: dict[str, Any] = {name: value for name, value in given.items() if name not in PASSING and (value or emptied)}
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
                return go(request, reverse("transactions"))
            row = services.record_transaction(request.user, portfolio, **fields)
    except DomainError as refused:
        form.refuse(refused)
        return None
    messages.success(request, f"{said(row)} recorded", extra_tags=reverse("transaction-void", args=[row.entry]))
    if "another" in request.POST:
        return go(request, f"{reverse('transaction-add')}?kind={row.kind}&p={portfolio.pk}")
    return go(request, next_of(request))


# ── editing ─────────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def transaction_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another version of an entry takes its place; the one before stays in the record."""
    entry = selectors.get_transaction(request.user, pk, to=Action.WRITE)
    portfolio = entry.portfolio
    more = "more" in request.POST  # one instrument more, of what the units become
    refresh = more or "refresh" in request.POST
    about: dict[str, Any] = {"user": request.user, "kind": entry.kind, "portfolios": [portfolio], "portfolio": portfolio, "entry": entry}
    if request.method == "POST" and not refresh:
        form = TransactionForm(request.POST, **about)
        if form.is_valid():
            try:
                row = services.edit_transaction(request.user, entry, **form.values())
            except DomainError as refused:
                form.refuse(refused)
            else:
                messages.success(request, f"{said(row)} changed")
                return go(request, next_of(request))
    else:
        initial = initial_of(entry) | (typed_before(request, request.POST) if refresh else {})
        form = TransactionForm(initial=initial, more_legs=more, **about)
    context = {"title": f"Edit {str(Kind(entry.kind).label).lower()}", "entry": entry, "action": reverse("transaction-edit", args=[pk])}
    return entry_page(request, form, {**context, "refresh": refresh})


def entry_page(request: HttpRequest, form: TransactionForm, context: dict[str, Any]) -> HttpResponse:
    """The form of an entry; `context` may name another address to add at, another word for saving, and the form of a suggestion's note."""
    if context.get("refresh"):
        form.keep_typing()
    context = {
        "page": "transactions",
        "form": form,
        "portfolio": form.portfolio,
        "first_kinds": FIRST_KINDS,
        "groups": context.get("groups") or kind_groups(form.portfolio),
        "transfer_url": address(TRANSFER),
        "hints": _hints(form),
        "options": _options(request.user, ""),
        "options_url": reverse("instrument-options"),
        "find_url": _unknown_url(form) if "entry" not in context else "",
        "next": next_of(request),
        "method": CostMethod(form.portfolio.cost_method).label,
        "add_url": reverse("transaction-add"),
        "save": "Save",
        "suggesting": None,
        **context,
    }
    fragment = "fields" if context.get("refresh") else "drawer"
    status = 422 if form.is_bound and form.errors else 200
    return render_page(request, "portfolios/transaction_form.html", context, fragment=fragment, status=status)


def _unknown_url(form: TransactionForm) -> str:
    """As `_find_url`, where what was typed into the form means no instrument."""
    field = form.instrument_field
    return _find_url(str(field.value() or "")[:100], str(form.kind_chosen), str(form.portfolio.pk)) if field is not None and field.errors else ""


def kind_groups(portfolio: Portfolio) -> list[tuple[str, list[tuple[Kind, str]]]]:
    """The types by group; each with the address of its own page, "" where it is a form of this one."""
    wizard = address(WIZARD)
    found = []
    for name, kinds in KIND_GROUPS:
        shown = [kind for kind in kinds if (kind not in _SHORTS or portfolio.allows_short) and (kind not in REORGANISATIONS or wizard)]
        found.append((name, [(kind, f"{wizard}?kind={kind.value}&p={portfolio.pk}" if kind in REORGANISATIONS else "") for kind in shown]))
    return found


def _hints(form: TransactionForm) -> dict[str, Any]:
    """What the page knows about the chosen instrument and day: units held, the close, the reference rate."""
    hints: dict[str, Any] = {"held": None, "price": "", "rate": ""}
    instrument, day = form.chosen, form.present_day()
    if instrument is not None:
        hints["held"] = selectors.quantity_held(form.portfolio, instrument.pk, day)
        close = price_on(instrument.pk, day)
        if close is not None and form.kind_chosen not in _NO_CLOSE:
            hints["price"] = f"Close of {times.day(close.day)}: {numbers.price(close.close, '%' if form.now.in_percent else instrument.currency)}"
    base, quote = form.rate_pair
    if base != quote:
        known = rates([(base, quote, day)], user=form.user).get((base, quote, day))
        if known is not None:
            hints["rate"] = f"Empty: the reference rate, {numbers.rate_text(base, quote, known.rate)} on {times.day(known.day)}"
        else:
            hints["rate"] = "No reference rate is known for this day; enter the rate of the trade."
    return hints


# ── what it would come to ───────────────────────────────────────────────────


@login_required
@require_POST
def transaction_preview(request: HttpRequest) -> HttpResponse:
    """What the form, as it stands, would come to, and what else it would change.  Also for those who only suggest."""
    number = request.POST.get("entry", "")
    entry = (
        selectors.get_transaction(request.user, int(number), to=Action.SUGGEST)
        if number.isascii() and number.isdigit() and len(number) <= 18
        else None
    )
    mine = [entry.portfolio] if entry else selectors.writable_portfolios(request.user, Action.SUGGEST)
    if not mine:
        return HttpResponse(status=204)
    portfolio = entry.portfolio if entry else _portfolio(mine, request.POST.get("portfolio", ""))
    kind = entry.kind if entry else kind_of(request.POST.get("kind", ""))
    form = TransactionForm(request.POST, user=request.user, kind=kind, portfolios=mine, portfolio=portfolio, entry=entry)
    preview = None
    if form.is_valid() and entry is not None:
        preview = services.preview_edit(request.user, entry, **form.values())
    elif form.is_valid():
        preview = services.preview_transaction(request.user, portfolio, form.draft())
    method = form.cleaned_data.get("method") or portfolio.cost_method
    context = {"preview": preview, "portfolio": portfolio, "method": CostMethod(method).label, "kind": kind, "entry": entry}
    currencies = {portfolio.base_currency, form.settlement, *(code for code, _ in preview.moves)} if preview else {portfolio.base_currency}
    return render_page(request, "portfolios/transaction_preview.html", context, currencies=currencies)


@login_required
@require_GET
def instrument_options(request: HttpRequest) -> HttpResponse:
    """Suggestions for what is being typed into an instrument field; of several in a form, they are numbered."""
    typed = next((name for name in request.GET if name == "instrument" or name.startswith("instrument_")), "")
    text = request.GET.get(typed, "")[:100]
    options, kind = _options(request.user, text), request.GET.get("kind", "")
    context: dict[str, Any] = {"options": options}
    if kind in Kind.values:  # the form of one entry; the others keep what is typed elsewhere
        known = any(one.symbol.casefold() == text.strip().casefold().partition(" · ")[0] for one in options)
        context |= {"answers": True, "find_url": "" if known else _find_url(text, kind, request.GET.get("portfolio", ""))}
    return render_page(request, "portfolios/instrument_options.html", context)


def _find_url(text: str, kind: str, portfolio: str) -> str:
    """Where sources are searched for what was typed, to come back with what is found; empty where there is none."""
    if not text.strip() or not can_search():
        return ""
    back = f"{reverse('transaction-add')}?{urlencode({'kind': kind, 'p': portfolio})}"
    return f"{reverse('instrument-find')}?{urlencode({'q': text.strip(), 'next': back})}"


def _options(user: Any, text: str) -> list[Instrument]:
    text = text.strip()
    visible = instruments_visible_to(user)
    if not text:
        return selectors.instruments_in(user)[: MOST_OPTIONS * 3]
    return list(visible.matching(text.partition(" · ")[0])[:MOST_OPTIONS])


def kind_of(text: str) -> str:
    return text if text in Kind.values else Kind.BUY.value


def _portfolio(mine: list[Portfolio], text: str) -> Portfolio:
    return next((one for one in mine if str(one.pk) == text), mine[0])
