"""Pages of reconciling: enter a statement, see the lamps, put right what differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from market.models import Instrument
from portfolio_site.kernel.decimals import plain
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.numbers import money, qty
from portfolio_site.web.pages import render_page
from portfolio_site.web.times import day as day_text
from portfolios import selectors
from portfolios.imports.errors import FileTooLarge
from portfolios.models import Portfolio, Reconciliation
from portfolios.reconciling import cash_causes, causes, services
from portfolios.reconciling.forms import LinesForm, StatementForm, day_of
from portfolios.reconciling.reading import Stated
from portfolios.reconciling.selectors import comparison_of, get_reconciliation, present_of, reconciliations_of, summaries_of
from portfolios.reconciling.shapes import CauseView, Comparison, EntryMark, Line
from portfolios.reconciling.words import sentence
from portfolios.roles import Action

STATEMENTS_A_PAGE = 25
_BUTTONS = {
    "adjust": "Adjust",
    "split": "Record the split",
    "void": "Void it",
    "restore": "Count it again",
    "turn": "Turn it round",
    "amount": "Correct the amount",
    "costs": "Correct the costs",
}
_DONE = {
    "adjust": "Adjustment recorded",
    "split": "Split recorded",
    "void": "Entry voided",
    "restore": "The entry counts again",
    "turn": "Entry turned round",
    "amount": "Amount corrected",
    "costs": "Costs corrected",
}


@login_required
@require_http_methods(["GET", "POST"])
def reconcile(request: HttpRequest, pk: int) -> HttpResponse:
    """Statements with their lamps, and the form of another: `?day=` fills it with what the ledger says of that day."""
    portfolio = selectors.get_portfolio(request.user, pk, to=Action.VIEW if request.method == "GET" else Action.WRITE)
    given = request.POST.get("day", "") if request.method == "POST" else request.GET.get("day", "")
    present = present_of(portfolio, day_of(given))
    grid = StatementForm(user=request.user, portfolio=portfolio, present=present)
    lines = LinesForm(initial={"day": present.day})
    if request.method == "POST":
        as_lines = request.POST.get("do") == "lines"
        if as_lines:
            lines = LinesForm(request.POST, request.FILES)
        else:
            grid = StatementForm(request.POST, user=request.user, portfolio=portfolio, present=present)
        answer = _enter(request, portfolio, lines if as_lines else grid)
        if answer is not None:
            return answer
    page = Paginator(reconciliations_of(portfolio), STATEMENTS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": "portfolios",
        "portfolio": portfolio,
        "form": grid,
        "lines": lines,
        "day": present.day,
        "listing": page,
        "statements": summaries_of(portfolio, page.object_list),
        "options": selectors.instruments_in(request.user),
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "portfolios/reconcile.html", context, status=status, currencies={code for code, _ in present.cash})


def _enter(request: HttpRequest, portfolio: Portfolio, form: StatementForm | LinesForm) -> HttpResponse | None:
    """Keeps a valid statement and goes to its comparison; None where it is refused."""
    if not form.is_valid():
        return None
    try:
        stated = _stated(request, portfolio, form)
        made = services.reconcile(request.user, portfolio, day=form.cleaned_data["day"], positions=stated.positions, cash=stated.cash)
    except DomainError as refused:
        form.refuse(refused)
        return None
    return redirect("portfolio-reconciliation", portfolio.pk, made.pk)


def _stated(request: HttpRequest, portfolio: Portfolio, form: StatementForm | LinesForm) -> Stated:
    if isinstance(form, StatementForm):
        return form.stated()
    file = form.cleaned_data.get("file")
    if file is not None and file.size > settings.IMPORT_MAX_BYTES:
        raise FileTooLarge("The file is too large for a statement. Keep only the lines of holdings and cash.")
    return form.stated(request.user, list(Instrument.objects.filter(pk__in=selectors.held_instrument_ids([portfolio]))))


# ── one statement ───────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Link:
    """What to look at; `is_drawer` where it opens beside the page."""

    name: str
    url: str
    is_drawer: bool = True


@dataclass(frozen=True, slots=True)
class ShownCause:
    """A cause in words, with the button that puts it right (`fix` blank: none) and the links of what to look at."""

    said: str
    fix: str
    button: str
    entry: int | None
    links: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class ShownLine:
    line: Line
    causes: tuple[ShownCause, ...]


@login_required
@require_GET
def comparison(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A statement beside the ledger as it is now: a lamp for each holding and balance, and what differences come from."""
    portfolio = selectors.get_portfolio(request.user, pk)
    found = comparison_of(get_reconciliation(portfolio, number))
    context = {
        "page": "portfolios",
        "portfolio": portfolio,
        "found": found,
        "positions": [_shown(portfolio, found, line) for line in found.positions],
        "cash": [_shown(portfolio, found, line) for line in found.cash],
        "here": request.path,
    }
    return render_page(request, "portfolios/comparison.html", context, currencies={line.currency for line in found.cash})


def _shown(portfolio: Portfolio, found: Comparison, line: Line) -> ShownLine:
    def amount(value: Any) -> str:
        return str(money(value, line.currency) if line.currency else qty(value))

    return ShownLine(
        line,
        tuple(
            ShownCause(
                said=sentence(line, view, amount, day_text),
                fix=view.fix,
                button=_BUTTONS.get(view.fix, ""),
                entry=view.entries[0].id if view.entries else None,
                links=tuple(_entry_link(portfolio, entry) for entry in view.entries[:3]) + _links(portfolio, found, line, view),
            )
            for view in line.causes
        ),
    )


def _entry_link(portfolio: Portfolio, entry: EntryMark) -> Link:
    name = f"{entry.label}, {day_text(entry.day)}"
    if entry.is_voided:
        query = {"voided": "1", "p": portfolio.pk, "start": entry.day.isoformat(), "end": entry.day.isoformat()}
        return Link(name, f"{reverse('transactions')}?{urlencode(query)}", is_drawer=False)
    return Link(name, reverse("transaction-edit", args=[entry.id]))


def _links(portfolio: Portfolio, found: Comparison, line: Line, view: CauseView) -> tuple[Link, ...]:
    """Where what is missing can be recorded, with the form filled in."""
    given: dict[str, Any] = {"p": portfolio.pk, "traded_on": found.day.isoformat()}
    size, more = plain(abs(line.difference)), line.difference > 0
    if line.instrument is not None:
        given["instrument"] = line.instrument.id
    match view.code:
        case causes.MISSING_TRADE:
            given |= {"kind": "buy" if more else "sell", "quantity": size}
        case causes.SPLIT_UNREPORTED:
            ratio = view.cause.splits[0]
            given |= {"kind": "split", "ratio_new": plain(ratio.new), "ratio_old": plain(ratio.old)}
        case cash_causes.DIVIDEND | cash_causes.DIVIDEND_NET if view.cause.paid is not None:
            given |= {"kind": "dividend", "instrument": view.cause.paid[0], "traded_on": view.cause.paid[1].isoformat(), "amount": size}
            given["settlement"] = line.currency
        case cash_causes.MISSING_CASH:
            given |= {"kind": "deposit" if more else "withdrawal", "amount": size, "settlement": line.currency}
        case _:
            return ()
    return (Link("Record it", f"{reverse('transaction-add')}?{urlencode(given)}"),)


@login_required
@require_http_methods(["GET", "POST"])
def correct(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Asked for: what a correction would change.  Sent: it makes one line agree, and the toast takes that back."""
    statement = get_reconciliation(selectors.get_portfolio(request.user, pk, to=Action.WRITE), number)
    given = request.GET if request.method == "GET" else request.POST
    entry = given.get("entry", "")
    asked: dict[str, Any] = {"key": given.get("key", "")[:24], "fix": given.get("fix", "")[:10], "entry": _number(entry)}
    try:
        if request.method == "GET":
            return _what_changes(request, statement, asked)
        done = services.correct_difference(request.user, statement, **asked)
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        made = {"versions": ".".join(map(str, done.versions))} if done.versions else {}
        query = urlencode({"fix": done.fix, "entries": ".".join(map(str, done.entries)), **made})
        messages.success(request, _DONE[done.fix], extra_tags=f"{reverse('portfolio-reconciliation-undo', args=[pk, number])}?{query}")
    return redirect("portfolio-reconciliation", pk, number)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def _what_changes(request: HttpRequest, statement: Reconciliation, asked: dict[str, Any]) -> HttpResponse:
    impact = services.preview_correction(request.user, statement, **asked)
    context = {
        "page": "portfolios",
        "portfolio": statement.portfolio,
        "statement": statement,
        "asked": asked,
        "button": _BUTTONS[asked["fix"]],
        "impact": impact,
        "next": reverse("portfolio-reconciliation", args=[statement.portfolio_id, statement.pk]),
    }
    sides = [impact, *(other for _, other in impact.beside)]
    currencies = {one.base for one in sides} | {cash.currency for one in sides for cash in one.cash}
    return render_page(request, "portfolios/comparison_preview.html", context, fragment="drawer", currencies=currencies)


@login_required
@require_POST
def undo(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Takes the correction in the address back: `?fix=` what was done, `?entries=` to which, `?versions=` that it made, with points between."""
    statement = get_reconciliation(selectors.get_portfolio(request.user, pk, to=Action.WRITE), number)
    entries, versions = _numbers(request.GET.get("entries", "")), _numbers(request.GET.get("versions", ""))
    fix = request.GET.get("fix", "")
    if fix in services.FIXES and entries:
        try:
            services.undo_correction(request.user, statement, services.Correction(fix, entries, versions))
        except DomainError as refused:
            messages.error(request, refused.detail)
        else:
            messages.success(request, "Taken back")
    return redirect("portfolio-reconciliation", pk, number)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(number for one in text.split(".")[: services.MOST_UNDONE] if (number := _number(one)) is not None)


@login_required
@require_POST
def remove(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Forgets a statement; the ledger stays as it is."""
    services.discard_reconciliation(request.user, get_reconciliation(selectors.get_portfolio(request.user, pk, to=Action.WRITE), number))
    messages.success(request, "Statement removed")
    return redirect("portfolio-reconcile", pk)
