"""Pages of suggestions: those of a portfolio, one of them, and making one with the form of an entry."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from portfolio_site.kernel.errors import DomainError, NotFound
from portfolio_site.web.pages import render_page
from portfolios.choices import TransactionKind as Kind
from portfolios.comments.models import LONGEST
from portfolios.forms import TransactionForm, initial_of
from portfolios.forms.common import RefusableForm
from portfolios.kinds import REORGANISATIONS
from portfolios.models import Portfolio, Suggestion, Transaction
from portfolios.roles import Action, may
from portfolios.selectors import get_portfolio, get_transaction
from portfolios.selectors.access import role_of
from portfolios.services import preview_edit, preview_transaction
from portfolios.services.drafts import TransactionDraft
from portfolios.services.impact import impact_of_void
from portfolios.suggestions import services
from portfolios.suggestions.keeping import as_meant
from portfolios.suggestions.models import Deed
from portfolios.suggestions.selectors import get_suggestion, open_and_decided, views_of
from portfolios.views.common import go
from portfolios.views.entries import entry_page, kind_groups, kind_of, typed_before


class NoteForm(RefusableForm):
    """Why it is suggested.  What was typed stays when the fields above change."""

    suggestion_note = forms.CharField(
        label="Why you suggest it",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 2, "hx-preserve": "true"}),
        help_text="Those who decide read it.",
    )
    renamed = {"note": "suggestion_note"}


class ReasonForm(RefusableForm):
    """Why it is declined."""

    reason = forms.CharField(label="Why not", required=False, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 2}))


@login_required
@require_GET
def suggestions(request: HttpRequest, pk: int) -> HttpResponse:
    """What waits, and what became of the others."""
    portfolio = get_portfolio(request.user, pk)
    waiting, decided = open_and_decided(request.user, portfolio)
    context = {
        "page": "portfolios",
        "portfolio": portfolio,
        "waiting": waiting,
        "decided": decided,
        "may_suggest": may(role_of(request.user, portfolio), Action.SUGGEST),
    }
    return render_page(request, "portfolios/suggestions.html", context)


# ── making one ──────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def suggestion_add(request: HttpRequest, pk: int) -> HttpResponse:
    """Suggest a new entry: the form of one, which records nothing."""
    portfolio = get_portfolio(request.user, pk, to=Action.SUGGEST)
    given = request.POST if request.method == "POST" else request.GET
    kind, refresh = kind_of(given.get("kind", "")), "refresh" in request.POST
    if kind in REORGANISATIONS:
        kind = Kind.BUY.value
    about: dict[str, Any] = {"user": request.user, "kind": kind, "portfolios": [portfolio], "portfolio": portfolio}
    note = NoteForm(request.POST if request.method == "POST" and not refresh else None, initial=request.POST.dict() if refresh else None)
    if request.method == "POST" and not refresh:
        form = TransactionForm(request.POST, **about)
        if form.is_valid() and note.is_valid():
            draft = form.draft()
            fields = {name: getattr(draft, name) for name in draft.__dataclass_fields__}
            made = _made(form, lambda: services.suggest_entry(request.user, portfolio, note=note.cleaned_data["suggestion_note"], **fields))
            if made is not None:
                return _done(request, made)
    else:
        form = TransactionForm(initial=typed_before(request, given), **about)
    here = reverse("portfolio-suggestion-add", args=[pk])
    context = {"title": "Suggest an entry", "action": here, "add_url": here, "refresh": refresh, "groups": _without_wizard(portfolio)}
    return _form_page(request, form, note, context)


@login_required
@require_http_methods(["GET", "POST"])
def suggestion_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Suggest another version of an entry, or (`do=void`) that it counts no more."""
    entry = get_transaction(request.user, pk, to=Action.SUGGEST)
    refresh = "refresh" in request.POST
    about: dict[str, Any] = {"user": request.user, "kind": entry.kind, "portfolios": [entry.portfolio], "portfolio": entry.portfolio, "entry": entry}
    posted = request.method == "POST" and not refresh
    note = NoteForm(request.POST if posted else None, initial=request.POST.dict() if refresh else None)
    form = TransactionForm(request.POST, **about) if posted else TransactionForm(initial=initial_of(entry) | _typed(request, refresh), **about)
    if posted and note.is_valid():
        made = _suggested(request, form, entry, note.cleaned_data["suggestion_note"])
        if made is not None:
            return _done(request, made)
    title = f"Suggest a change: {str(Kind(entry.kind).label).lower()}"
    return _form_page(request, form, note, {"title": title, "entry": entry, "action": reverse("transaction-suggest", args=[pk]), "refresh": refresh})


def _typed(request: HttpRequest, refresh: bool) -> dict[str, Any]:
    return typed_before(request, request.POST) if refresh else {}


def _suggested(request: HttpRequest, form: TransactionForm, entry: Transaction, note: str) -> Suggestion | None:
    if request.POST.get("do") == "void":
        form.is_valid()
        return _made(form, lambda: services.suggest_void(request.user, entry, note=note))
    return _made(form, lambda: services.suggest_change(request.user, entry, note=note, **form.values())) if form.is_valid() else None


def _made(form: TransactionForm, suggest: Any) -> Suggestion | None:
    """None where it is refused; the form says why."""
    try:
        made: Suggestion = suggest()
    except NotFound:
        raise
    except DomainError as refused:
        form.refuse(refused)
        return None
    return made


def _done(request: HttpRequest, made: Suggestion) -> HttpResponse:
    messages.success(request, "Suggested. You are told what becomes of it")
    return go(request, reverse("portfolio-suggestions", args=[made.portfolio_id]))


def _without_wizard(portfolio: Portfolio) -> list[Any]:
    """The types that are a form of this page."""
    return [(name, left) for name, kinds in kind_groups(portfolio) if (left := [(kind, "") for kind, _ in kinds if kind not in REORGANISATIONS])]


def _form_page(request: HttpRequest, form: TransactionForm, note: NoteForm, context: dict[str, Any]) -> HttpResponse:
    back = reverse("portfolio-suggestions", args=[form.portfolio.pk])
    return entry_page(request, form, {"suggesting": note, "save": "Suggest", "next": back, "transfer_url": "", "find_url": "", **context})


# ── one of them ─────────────────────────────────────────────────────────────


@login_required
@require_http_methods(["GET", "POST"])
def suggestion(request: HttpRequest, pk: int) -> HttpResponse:
    """What is suggested and what it would do; `do` is accept, decline or take_back."""
    found = get_suggestion(request.user, pk)
    do = request.POST.get("do", "")
    if request.method == "POST":
        get_portfolio(request.user, found.portfolio_id, to=Action.SUGGEST if do == "take_back" else Action.WRITE)
    reason = ReasonForm(request.POST if do == "decline" else None)
    problem = ""
    if request.method == "POST":
        try:
            said = _decide(request, found, do, reason)
        except NotFound:
            raise
        except DomainError as refused:
            if do == "decline" and refused.errors:
                reason.refuse(refused)
            problem = refused.detail
        else:
            messages.success(request, said)
            return redirect("portfolio-suggestions", found.portfolio_id)
    portfolio = get_portfolio(request.user, found.portfolio_id)
    one = views_of(request.user, portfolio, [get_suggestion(request.user, pk)])[0]
    preview, impact, problem_now = _outcome(request.user, portfolio, found) if one.is_open else (None, None, "")
    context = {
        "page": "portfolios",
        "portfolio": portfolio,
        "one": one,
        "form": reason,
        "preview": preview,
        "impact": impact,
        "problem": problem or problem_now,
        "method": portfolio.get_cost_method_display(),
    }
    return render_page(request, "portfolios/suggestion.html", context, status=422 if problem else 200)


def _decide(request: HttpRequest, found: Suggestion, do: str, reason: ReasonForm) -> str:
    if do == "accept":
        services.accept_suggestion(request.user, found)
        return "Accepted, and in the ledger now"
    if do == "take_back":
        services.take_back_suggestion(request.user, found)
        return "Taken back"
    services.decline_suggestion(request.user, found, reason=reason.cleaned_data["reason"] if reason.is_valid() else "")
    return "Declined"


def _outcome(user: Any, portfolio: Portfolio, row: Suggestion) -> tuple[Any, Any, str]:
    """What it would come to now: a preview of an entry or a change, the impact of a void, and what keeps it from being accepted."""
    try:
        if row.deed == Deed.ENTRY:
            fields: dict[str, Any] = {"traded_on": None, **as_meant(user, portfolio, row.fields)}
            return preview_transaction(user, portfolio, TransactionDraft(**fields)), None, ""
        entry = services.current_entry(portfolio, row)
        if row.deed == Deed.CHANGE:
            return preview_edit(user, entry, **as_meant(user, portfolio, row.fields)), None, ""
        return None, impact_of_void(user, entry), ""
    except DomainError as refused:
        return None, None, refused.detail
