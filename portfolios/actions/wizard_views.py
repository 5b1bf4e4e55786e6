"""Recording a corporate action: its kind, its numbers, and beside them what every instrument comes to."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from market.selectors import get_instrument
from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.idempotency import first_time
from portfolio_site.web.pages import render_page
from portfolios.actions import deciding, selectors
from portfolios.actions.preview import preview_action
from portfolios.actions.wizard import KINDS, SAID, ActionForm, initial_of
from portfolios.choices import TransactionKind
from portfolios.kinds import REORGANISATIONS
from portfolios.models import ActionProposal, Portfolio, Transaction
from portfolios.roles import Action
from portfolios.selectors import get_transaction, instruments_in, writable_portfolios
from portfolios.services import record_transaction


@login_required
@require_http_methods(["GET", "POST"])
def action_add(request: HttpRequest) -> HttpResponse:
    """A corporate action by hand, or in the place of a proposal.  `clone` fills in another spin-off, merger or symbol change."""
    mine = writable_portfolios(request.user)
    if not mine:
        messages.info(request, "Make a portfolio first: corporate actions are about what it holds.")
        return HttpResponseRedirect(reverse("portfolio-add"))
    more = "more" in request.POST
    model = _model(request)
    if model is not None and model.kind not in REORGANISATIONS:
        return HttpResponseRedirect(f"{reverse('transaction-add')}?clone={model.entry}")
    if request.method == "POST" and not more:
        form = _form(request, mine, bound=True)
        if form.is_valid():
            answer = _record(request, form)
            if answer is not None:
                return answer
    else:
        form = _form(request, mine, bound=False, more=more, model=model)
    context = {
        "page": "actions",
        "form": form,
        "kinds": KINDS,
        "kind_said": SAID[form.kind_chosen],
        "model": model,
        "preview": None,
        "options": instruments_in(request.user)[:36],
    }
    return render_page(request, "portfolios/action_form.html", context, status=422 if form.is_bound else 200)


def _model(request: HttpRequest) -> Transaction | None:
    """The entry that the new one is filled in from.  Raises NotFound for somebody else's."""
    number = request.GET.get("clone", "")
    if not (request.method == "GET" and number.isascii() and number.isdigit() and len(number) <= 18):
        return None
    return get_transaction(request.user, int(number), with_voided=True)


def _form(request: HttpRequest, mine: list[Portfolio], *, bound: bool, more: bool = False, model: Transaction | None = None) -> ActionForm:
    given = request.POST if request.method == "POST" else request.GET
    proposal = _proposal(request, given.get("proposal", ""))
    if proposal is not None:
        mine = [one for one in mine if one.pk == proposal.portfolio_id] or mine
    kind = given.get("kind", "") if given.get("kind", "") in KINDS else TransactionKind.SPLIT.value
    if model is not None:
        initial = initial_of(model)
        return ActionForm(initial=initial, user=request.user, kind=model.kind, portfolios=mine, legs=initial["legs"])
    text = given.get("legs", "")
    legs = (int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 1) + more
    more_fields: dict[str, Any] = {"user": request.user, "kind": kind, "portfolios": mine, "legs": legs, "proposal": proposal}
    if bound:
        return ActionForm(request.POST, **more_fields)
    return ActionForm(initial=_initial(request, given, proposal, legs), **more_fields)


def _initial(request: HttpRequest, given: Any, proposal: ActionProposal | None, legs: int) -> dict[str, Any]:
    """What stands in the address, was typed before another line was asked for, or is proposed."""
    passing = {"csrfmiddlewaretoken", "more", "kind", "p", "proposal"}
    initial: dict[str, Any] = {name: value for name, value in given.items() if name not in passing and value}
    if given.get("p"):
        initial.setdefault("portfolio", given["p"])
    initial["legs"] = legs
    if proposal is not None:
        action = proposal.action
        initial |= {"portfolio": proposal.portfolio_id, "traded_on": action.ex_day}
        initial["instrument"] = f"{action.instrument.symbol} · {action.instrument.name}"
        if action.ratio_new is not None:
            initial |= {"ratio_new": action.ratio_new, "ratio_old": action.ratio_old}
    number = str(initial.get("instrument", ""))
    if request.method == "GET" and number.isascii() and number.isdigit() and len(number) <= 18:
        found = get_instrument(request.user, int(number))
        initial["instrument"] = f"{found.symbol} · {found.name}"
    return initial


def _proposal(request: HttpRequest, text: str) -> ActionProposal | None:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        return None
    return selectors.get_proposal(request.user, int(text), to=Action.WRITE)


def _record(request: HttpRequest, form: ActionForm) -> HttpResponse | None:
    """Records a valid form and goes on; None where it is refused."""
    draft = form.draft()
    try:
        with transaction.atomic():
            if not first_time(request.user, str(form.cleaned_data["form_id"])):
                messages.info(request, "This was recorded already.")
                return HttpResponseRedirect(reverse("transactions"))
            if form.answers is not None:
                row = deciding.accept_proposal(request.user, form.answers, draft=draft)
            else:
                row = record_transaction(request.user, form.chosen, **{name: getattr(draft, name) for name in draft.__dataclass_fields__})
    except DomainError as refused:
        form.refuse(refused)
        return None
    label = str(TransactionKind(row.kind).label)
    messages.success(request, f"{label} of {form.cleaned_data['instrument'].name} recorded", extra_tags=reverse("transaction-void", args=[row.entry]))
    return HttpResponseRedirect(reverse("actions" if form.answers is not None else "transactions"))


@login_required
@require_POST
def action_preview(request: HttpRequest) -> HttpResponse:
    """What the form, as it stands, would do."""
    mine = writable_portfolios(request.user)
    context: dict[str, Any] = {"preview": None}
    used: set[str] = set()
    if mine:
        form = _form(request, mine, bound=True)
        if form.is_valid():
            context["preview"] = preview_action(request.user, form.chosen, form.draft())
            used = {form.chosen.base_currency, *(code for code, _ in context["preview"].moves)}
    return render_page(request, "portfolios/action_preview.html", context, currencies=used)
