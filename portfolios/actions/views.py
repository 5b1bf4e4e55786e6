"""The inbox of corporate actions: what the market reported, waiting for a yes or a no."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from market.choices import ActionKind
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import render_page
from portfolios.actions import deciding, selectors
from portfolios.actions.forms import AcceptForm
from portfolios.choices import ProposalStatus
from portfolios.models import ActionProposal
from portfolios.roles import Action
from portfolios.selectors import chosen_portfolios, portfolios_of

ON_A_PAGE = 50
SHOWN = {"": "Open", "decided": "Decided"}


@login_required
@require_GET
def actions(request: HttpRequest) -> HttpResponse:
    """Proposals that wait, and under another tab those that were decided."""
    return _inbox(request, request.GET)


@login_required
@require_GET
def actions_count(request: HttpRequest) -> HttpResponse:
    """The number beside the inbox in the navigation; nothing where nothing waits."""
    return render_page(request, "portfolios/actions_count.html", {"waiting": selectors.open_count(request.user)})


def _inbox(request: HttpRequest, asked: Any, *, said: str = "", undo: str = "", problem: str = "") -> HttpResponse:
    """The page, or only its list where htmx asked; `said` and `problem` are what the last deed came to."""
    mine = list(portfolios_of(request.user))
    chosen = chosen_portfolios(request.user, asked.get("p")) if asked.get("p") else mine
    show = "decided" if asked.get("show") == "decided" else ""
    found = selectors.proposals_of(chosen)
    found = found.exclude(status=ProposalStatus.OPEN) if show else found.open()
    page = Paginator(found, ON_A_PAGE).get_page(asked.get("page"))
    rows = selectors.views_of(list(page.object_list), chosen)
    context = {
        "page": "actions",
        "portfolios": mine,
        "chosen": chosen[0] if asked.get("p") not in (None, "", "all") and chosen else None,
        "rows": rows,
        "listing": page,
        "show": show,
        "waiting": selectors.open_count(request.user),
        "said": said,
        "undo": undo,
        "problem": problem,
    }
    used = {row.currency for row in rows} | {one.base_currency for one in chosen}
    response = render_page(request, "portfolios/actions.html", context, fragment="inbox", status=422 if problem else 200, currencies=used)
    if said:
        response["HX-Trigger"] = "actions-changed"
    return response


@login_required
@require_http_methods(["GET", "POST"])
def proposal_accept(request: HttpRequest, pk: int) -> HttpResponse:
    """Records what a proposal says, at once or with what is corrected in the form."""
    proposal = selectors.get_proposal(request.user, pk, to=Action.WRITE)
    if request.method == "GET":
        return _correct(request, proposal, AcceptForm(proposal=proposal))
    form = AcceptForm(request.POST, proposal=proposal)
    if not form.is_valid():
        return _correct(request, proposal, form)
    try:
        row = deciding.accept_proposal(request.user, proposal, **form.corrected())
    except DomainError as refused:
        if "amount" in request.POST:  # it was typed: it stays
            form.refuse(refused)
            return _correct(request, proposal, form)
        return _refused(request, refused.detail)
    return _done(request, f"{_what(proposal)} recorded", reverse("transaction-void", args=[row.entry]))


@login_required
@require_POST
def proposal_dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Leaves an action out; the toast takes that back."""
    proposal = selectors.get_proposal(request.user, pk, to=Action.WRITE)
    try:
        deciding.dismiss_proposal(request.user, proposal)
    except DomainError as refused:
        return _refused(request, refused.detail)
    return _done(request, f"{_what(proposal)} left out", reverse("proposal-reopen", args=[proposal.pk]))


@login_required
@require_POST
def proposal_reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """Takes a dismissal back."""
    proposal = selectors.get_proposal(request.user, pk, to=Action.WRITE)
    try:
        deciding.reopen_proposal(request.user, proposal)
    except DomainError as refused:
        return _refused(request, refused.detail)
    return _done(request, f"{_what(proposal)} waits again", "")


def _correct(request: HttpRequest, proposal: ActionProposal, form: AcceptForm) -> HttpResponse:
    """The form of one dividend; a split has nothing to correct."""
    if proposal.action.kind != ActionKind.DIVIDEND or proposal.status != ProposalStatus.OPEN:
        return HttpResponseRedirect(reverse("actions"))
    (row,) = selectors.views_of([proposal], [proposal.portfolio])
    context = {"page": "actions", "form": form, "row": row}
    used = {row.currency, proposal.portfolio.base_currency}
    return render_page(request, "portfolios/proposal_form.html", context, fragment="drawer", status=422 if form.is_bound else 200, currencies=used)


def _what(proposal: ActionProposal) -> str:
    return f"{proposal.action.get_kind_display()} of {proposal.action.instrument.name}"


def _done(request: HttpRequest, said: str, undo: str) -> HttpResponse:
    if getattr(request, "htmx", None):
        return _inbox(request, request.POST, said=said, undo=undo)
    messages.success(request, said, extra_tags=undo)
    return HttpResponseRedirect(reverse("actions"))


def _refused(request: HttpRequest, problem: str) -> HttpResponse:
    return _inbox(request, request.POST, problem=problem)
