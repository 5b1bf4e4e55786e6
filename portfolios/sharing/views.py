"""Pages of sharing: who has a role in a portfolio, the invitation of somebody, and leaving."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portfolio_site.kernel.errors import DomainError
from portfolio_site.web.pages import came_from, render_page
from portfolios.models import Portfolio
from portfolios.roles import SAID, Action, Role
from portfolios.selectors import allowed, get_portfolio
from portfolios.sharing import links, services
from portfolios.sharing.forms import InviteForm, LinkForm
from portfolios.sharing.household import household_of
from portfolios.sharing.overview import sharing_of
from portfolios.sharing.selectors import called, shares_of


@login_required
@require_http_methods(["GET", "POST"])
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Everybody with a role; `do` says what is wanted: invite, resend, withdraw, role, remove, link, revoke."""
    portfolio = get_portfolio(request.user, pk, to=Action.SHARE)
    form = None
    if request.method == "POST":
        wanted = request.POST.get("do", "invite")
        if wanted == "link":
            return _link(request, portfolio)
        if wanted == "invite":
            form = InviteForm(request.POST, gives=shares_of(request.user, portfolio).gives)
            if not form.is_valid():
                return _page(request, portfolio, form)
        try:
            messages.success(request, _do(request, portfolio, wanted, form))
        except DomainError as refused:
            if form is not None:
                form.refuse(refused)
                return _page(request, portfolio, form)
            messages.error(request, refused.detail)
        return redirect(came_from(request, but=request.path, otherwise=reverse("portfolio-share", args=[pk])))
    return _page(request, portfolio, None)


def _do(request: HttpRequest, portfolio: Portfolio, wanted: str, form: InviteForm | None) -> str:
    """What was asked for, and what to say of it."""
    if form is not None:
        made = services.invite(request.user, portfolio, **form.cleaned_data)
        return f"{made.email} invited"
    number = _number(request.POST.get("number", ""))
    if wanted == "role":
        services.change_role(request.user, portfolio, number, request.POST.get("role", ""))
        return "Role changed"
    if wanted == "remove":
        services.end_share(request.user, portfolio, number)
        return "Not shared any more"
    if wanted == "revoke":
        links.revoke_link(request.user, portfolio, number)
        return "Link revoked"
    if wanted == "resend":
        return f"{services.resend(request.user, portfolio, number).email} invited again"
    services.withdraw(request.user, portfolio, number)
    return "Invitation withdrawn"


def _link(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """Makes a public link; its address stands on the page that answers, and nowhere after."""
    form = LinkForm(request.POST, may_publish=allowed(request.user, portfolio, Action.PUBLISH))
    if not form.is_valid():
        return _page(request, portfolio, None, link_form=form)
    try:
        _, secret = links.make_link(request.user, portfolio, **form.cleaned_data)
    except DomainError as refused:
        form.refuse(refused)
        return _page(request, portfolio, None, link_form=form)
    return _page(request, portfolio, None, address=links.address_of(secret))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


def _page(
    request: HttpRequest, portfolio: Portfolio, form: InviteForm | None, *, link_form: LinkForm | None = None, address: str = ""
) -> HttpResponse:
    shares = shares_of(request.user, portfolio)
    context: dict[str, Any] = {
        "page": "portfolios",
        "portfolio": portfolio,
        "shares": shares,
        "form": form or InviteForm(gives=shares.gives),
        "links": links.links_of(portfolio),
        "link_form": link_form or LinkForm(may_publish=allowed(request.user, portfolio, Action.PUBLISH)),
        "may_publish": allowed(request.user, portfolio, Action.PUBLISH),
        "address": address,
    }
    return render_page(request, "portfolios/share.html", context, status=200 if form is None and link_form is None else 422)


@login_required
@require_GET
def sharing(request: HttpRequest) -> HttpResponse:
    """Everything that is shared, with the way out of each."""
    return render_page(request, "portfolios/sharing.html", {"page": "settings", "section": "sharing", "sharing": sharing_of(request.user)})


@login_required
@require_GET
def household(request: HttpRequest) -> HttpResponse:
    """One's own portfolios and those that others share, added up."""
    house = household_of(request.user)
    used = {house.currency, *(row.base_currency for row in house.rows)}
    return render_page(request, "portfolios/household.html", {"page": "portfolios", "house": house}, currencies=used)


@login_required
@require_POST
def leave(request: HttpRequest, pk: int) -> HttpResponse:
    """Gives one's role up."""
    portfolio = get_portfolio(request.user, pk)
    try:
        services.end_share(request.user, portfolio, int(request.user.pk or 0))
    except DomainError as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, f"You left {portfolio.name}")
    return redirect(came_from(request, but=request.path, otherwise=reverse("portfolios")))


@login_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """What is offered, to the person with the address that it was sent to; answered once."""
    found = services.open_invitation(request.user, token)
    if request.method == "POST":
        accepts = request.POST.get("answer") == "accept"
        portfolio = services.answer(request.user, token, accept=accepts)
        if accepts:
            messages.success(request, f"{portfolio.name} is shared with you")
            return redirect(f"{reverse('dashboard')}?p={portfolio.pk}")
        messages.info(request, "Invitation declined")
        return redirect("portfolios")
    context = {
        "page": "portfolios",
        "who": called(found.invited_by),
        "address": found.invited_by.email,
        "name": found.portfolio.name,
        "role": found.role,
        "says": SAID[Role(found.role)],
        "goes": services.about_to_go(found.portfolio),
    }
    # The address is the secret: it goes to this host alone (Referrer-Policy: same-origin).  With “no-referrer” browsers would send the form with
    # “Origin: null”, which is refused.
    return render_page(request, "portfolios/invitation.html", context)
